/** The sentence under the stamp, and the reasons behind it. */
import type { Verdict } from '@pratique/contract';
import { describe, expect, test } from 'vitest';
import { en } from '../../catalogue/en/en.ts';
import { makeFormat } from '../../format/format.ts';
import { groupReasons } from './group-reasons.ts';
import { sentenceOf } from './sentence.ts';

type Reason = Verdict['reasons'][number];
const reason = (
  constraint: string,
  action: Reason['action'],
  message: string,
  details: Reason['details'] = {},
): Reason => ({ constraint, template: 'T', action, message, details });
const verdict = (decision: Verdict['decision'], state: Verdict['state'], reasons: Reason[] = []): Verdict => ({
  account: 'a',
  repository: 'r',
  digest: `sha256:${'0'.repeat(64)}`,
  decision,
  state,
  reasons,
  inputHash: 'sha256:x',
  decidedAt: '2026-11-01T00:00:00Z',
  validUntil: '2026-12-01T12:00:00Z',
});
const say = (given: Verdict | null, chain: 'queued' | 'failed' = 'queued') =>
  sentenceOf({ verdict: given, chain: { state: chain, run: null }, revocation: null }, en.image, makeFormat('en'));

describe('the sentence', () => {
  test.each([
    [verdict('allow', 'valid'), 'Every rule that denies is satisfied.'],
    [
      verdict('allow', 'valid', [reason('age', 'warn', 'Old.')]),
      'Every rule that denies is satisfied; one warning stands.',
    ],
    [verdict('deny', 'valid', [reason('fix', 'deny', 'Fix openssl.')]), 'Fix openssl.'],
    [
      verdict('deny', 'valid', [reason('fix', 'deny', 'A.'), reason('fix', 'deny', 'B.')]),
      'A. One more reason stands against it.',
    ],
    [verdict('allow', 'revoked'), 'The verdict was revoked; nothing admits this image.'],
    [
      verdict('allow', 'expired'),
      'The verdict ended on 1 Dec 2026 and was not renewed; until the chain decides anew, nothing admits this image.',
    ],
  ])('of %o', (given, sentence) => expect(say(given)).toBe(sentence));

  test('without a verdict says where the chain is', () => {
    expect(say(null)).toBe('The chain is about to start.');
    expect(say(null, 'failed')).toContain('nothing is admitted');
  });

  test('names who revoked it and why, before anything was decided as well', () => {
    const revocation = { by: 'anna', at: '2026-11-20T10:00:00Z', reason: 'built on a stolen runner.' };
    const sentence =
      'Revoked by anna on 20 Nov 2026: built on a stolen runner. Nothing admits this image; what runs goes on running.';
    for (const given of [verdict('deny', 'revoked'), null])
      expect(
        sentenceOf({ verdict: given, chain: { state: 'none', run: null }, revocation }, en.image, makeFormat('en')),
      ).toBe(sentence);
  });

  test('begins with a violation, not with the count of those the engine left out', () => {
    const reasons = [
      reason('fix', 'deny', '2037 more violations are not listed.', { omitted: 2037 }),
      reason('fix', 'deny', 'Fix zip.'),
    ];
    expect(say(verdict('deny', 'valid', reasons))).toBe('Fix zip. 2,037 more reasons stand against it.');
  });
});

test('a rule whose warnings end denies from the first of their days', () => {
  const [group] = groupReasons([
    reason('fix', 'warn', 'A.', { graceUntil: '2026-11-30T00:00:00Z' }),
    reason('fix', 'warn', 'B.', { graceUntil: '2026-11-28T00:00:00Z' }),
    reason('fix', 'deny', 'C.', { graceUntil: '2026-11-01T00:00:00Z' }),
  ]);
  expect(group?.graceUntil).toBe('2026-11-28T00:00:00Z');
  expect(groupReasons([reason('age', 'warn', 'Old.')])[0]?.graceUntil).toBeNull();
});

test('a rule is named once, denials before warnings, with what it left out counted', () => {
  const groups = groupReasons([
    reason('age', 'warn', 'Old.'),
    reason('fix', 'deny', '7 more violations are not listed.', { omitted: 7 }),
    reason('fix', 'deny', 'A.'),
    reason('fix', 'deny', 'B.'),
  ]);
  expect(groups.map(({ constraint, said, first, reasons }) => [constraint, said, first, reasons.length])).toEqual([
    ['fix', 9, 'A.', 2],
    ['age', 1, 'Old.', 1],
  ]);
});
