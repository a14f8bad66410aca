import type { Violation } from '@pratique/contract';
import { expect, test } from 'vitest';
import { applyGrace, endOfGrace } from './grace.ts';

const now = new Date('2026-11-22T12:00:00Z');
const violation = (action: Violation['action'], graceUntil?: unknown): Violation => ({
  constraint: 'fixable-findings',
  template: 'FixableFindings',
  action,
  msg: 'CVE-1 affects x.',
  details: graceUntil === undefined ? { id: 'CVE-1' } : { id: 'CVE-1', graceUntil },
});

test.each<[string, Violation, Violation['action'], string]>([
  ['without grace denies', violation('deny'), 'deny', 'CVE-1 affects x.'],
  [
    'in its grace warns, and says from when it denies',
    violation('deny', '2026-11-25T09:30:00Z'),
    'warn',
    'CVE-1 affects x. It became known after the image was allowed and denies it from 2026-11-25 09:30 UTC on.',
  ],
  ['whose grace is over denies', violation('deny', '2026-11-22T12:00:00Z'), 'deny', 'CVE-1 affects x.'],
  ['whose grace is no time denies', violation('deny', 'for ever'), 'deny', 'CVE-1 affects x.'],
  ['whose grace is no text denies', violation('deny', 4102444800000), 'deny', 'CVE-1 affects x.'],
  ['that only notes goes on noting', violation('dryrun', '2026-11-25T09:30:00Z'), 'dryrun', 'CVE-1 affects x.'],
])('a violation %s', (_, given, action, msg) => {
  expect(applyGrace([given], now)[0]).toMatchObject({ action, msg });
});

test('the first end of a grace is when the image is judged again', () => {
  const some = applyGrace(
    [
      violation('deny', '2026-11-25T09:30:00Z'),
      violation('deny', '2026-11-24T00:00:00Z'),
      violation('deny'),
      violation('warn', '2026-11-23T00:00:00Z'),
    ],
    now,
  );
  expect(endOfGrace(some)?.toISOString()).toBe('2026-11-24T00:00:00.000Z');
  expect(endOfGrace([violation('deny')])).toBe(null);
});
