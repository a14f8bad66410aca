import type { Reason } from '@pratique/contract';
import { expect, test } from 'vitest';
import { mendContents, selectorOf } from './contents.ts';

const reason = (details: Record<string, unknown>): Reason => ({
  constraint: 'c',
  template: 'T',
  action: 'deny',
  message: 'm',
  details,
});
const secret = reason({ kind: 'secret', secret: 'npm-token', fingerprint: 'a'.repeat(64) });
const malware = { kind: 'malware', rule: 'miner', path: "opt/it's" };

test.each([
  [secret, `--secret ${'a'.repeat(64)}`],
  [reason({ ...malware, sha256: 'b'.repeat(64) }), `--malware miner --sha256 ${'b'.repeat(64)}`],
  [reason({ ...malware, sha256: null }), String.raw`--malware miner --path 'opt/it'\''s'`],
  [reason({ kind: 'baseline', check: 'private-key' }), '--check private-key'],
  [reason({ kind: 'not-examined' }), '--constraint c'],
  [reason({ id: 'CVE-2026-1' }), '--id CVE-2026-1'],
])('an exception for %o is asked for with %s', (one, options) => expect(selectorOf(one)).toBe(options));

test('what to do is said once for each, and of many for some', () => {
  const many = Array.from({ length: 9 }, (_, n) => reason({ ...malware, path: `f${n}` }));
  const said = mendContents([secret, secret, ...many, reason({ kind: 'not-examined' })]);
  expect(said.map((one) => one.split(' ').slice(0, 3).join(' '))).toEqual([
    'Revoke the npm-token',
    ...Array.from({ length: 5 }, () => 'Find out how'),
    'and 4 more',
    'Have the contents',
  ]);
  expect(mendContents([{ ...secret, action: 'dryrun' }])).toEqual([]);
});
