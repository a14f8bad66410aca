/** What a verdict amounts to. */
import { expect, test } from 'vitest';
import { standingOf } from './verdict-mark.tsx';

test.each([
  ['allow', 'valid', 'allowed'],
  ['allow', 'expired', 'expired'],
  ['allow', 'revoked', 'revoked'],
  ['allow', 'superseded', 'pending'],
  ['allow', 'a state of a later server', 'pending'],
  ['deny', 'valid', 'refused'],
  ['deny', 'expired', 'refused'],
  ['deny', 'revoked', 'revoked'],
  [null, null, 'pending'],
] as const)('%s and %s is %s', (decision, state, standing) => expect(standingOf({ decision, state })).toBe(standing));

test('an image without a verdict is pending, never allowed', () => expect(standingOf(null)).toBe('pending'));
