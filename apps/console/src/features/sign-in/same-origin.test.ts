/** After signing in, only a path of this console is followed. */
import { expect, test } from 'vitest';
import { sameOrigin } from './same-origin.ts';

test.each([
  ['/accounts/vendor/images?q=a', '/accounts/vendor/images?q=a'],
  ['//evil.example/', '/'],
  ['/\\evil.example', '/'],
  ['/\t/evil.example', '/'],
  ['https://evil.example/', '/'],
  ['javascript:alert(1)', '/'],
  ['', '/'],
  [null, '/'],
])('%j leads to %s', (next, path) => expect(sameOrigin(next)).toBe(path));
