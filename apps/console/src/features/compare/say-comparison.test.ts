/** What a comparison says at its head, and in which order its packages stand. */
import type { ImageComparison, RankedFinding } from '@pratique/contract';
import { expect, test } from 'vitest';
import { en } from '../../catalogue/en/en.ts';
import { makeFormat } from '../../format/format.ts';
import { changesOf, sayComparison } from './say-comparison.ts';

const findings = (count: number): RankedFinding[] => Array.from({ length: count }, () => ({}) as RankedFinding);
const none: ImageComparison['packages'] = { added: [], removed: [], changed: [] };
const say = (packages: ImageComparison['packages'], brought: number, gone: number) =>
  sayComparison(
    { packages, findings: { new: findings(brought), gone: findings(gone), left: 7 } },
    en.compare,
    makeFormat('en'),
  );
const added = { type: 'deb', name: 'curl', version: '8' };

test('nothing differs', () => expect(say(none, 0, 0)).toBe(en.compare.same));
test('a new hole comes first', () =>
  expect(say({ ...none, added: [added] }, 1, 2)).toMatch(/^It brings one new finding\./));
test('what is left is said although nothing is new', () =>
  expect(say({ ...none, added: [added] }, 0, 2)).toBe(
    'It brings no new finding. Gone: 2; in both: 7. Packages: 1 added, 0 removed, 0 of another version.',
  ));

test('packages that went back to an older version stand first', () => {
  const changed = { type: 'deb', from: '2', to: '3' };
  const rows = changesOf({
    added: [added],
    removed: [{ type: 'deb', name: 'git', version: '1' }],
    changed: [
      { ...changed, name: 'a', downgraded: false },
      { ...changed, name: 'b', downgraded: true },
      { ...changed, name: 'c', downgraded: null },
    ],
  });
  expect(rows.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'downgraded b',
    'changed a',
    'changed c',
    'added curl',
    'removed git',
  ]);
});
