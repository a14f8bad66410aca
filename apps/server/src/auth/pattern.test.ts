import { expect, test } from 'vitest';
import { matchesPattern } from './pattern.ts';

test.each([
  ['**', 'a/b/c', true],
  ['*', 'a', true],
  ['*', 'a/b', false],
  ['team/*', 'team/app', true],
  ['team/*', 'team/app/x', false],
  ['team/**', 'team/app/x', true],
  ['**/app', 'a/b/app', true],
  ['**/app', 'a/b/apps', false],
  ['a*c/**/z', 'abc/1/2/z', true],
  ['demo', 'demo', true],
  ['demo', 'xdemo', false],
  ['demo', 'demox', false],
])('%s against %s is %s', (pattern, name, expected) => {
  expect(matchesPattern(pattern, name)).toBe(expected);
});

test('a pattern of many stars does not take exponential time', () => {
  expect(matchesPattern(`${'*a'.repeat(100)}b`, 'a'.repeat(255))).toBe(false);
});
