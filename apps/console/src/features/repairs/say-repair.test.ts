/** What a repair amounts to. */
import type { Repair, RepairResult } from '@pratique/contract';
import { describe, expect, test } from 'vitest';
import { en } from '../../catalogue/en/en.ts';
import { makeFormat } from '../../format/format.ts';
import { findingsOf, imageOf, inOrderOfLeft, linksOf, rowsOf, sayRepair, sumsOf } from './say-repair.ts';

const [A, B, C] = ['a', 'b', 'c'].map((letter) => `sha256:${letter.repeat(64)}`) as [string, string, string];
const format = makeFormat('en');
const told = { state: 'done', mode: 'repair', error: null, upgraded: 9, left: 2, repaired: B } as const;

describe('the sentence', () => {
  test.each([
    ['of what waits', { ...told, state: 'queued' }, 'It waits for its turn.'],
    ['of a preview', { ...told, mode: 'preview' }, 'Packages that would be upgraded: 9; that stay as they are: 2.'],
    ['of a repair', told, 'Packages upgraded: 9; left as they are: 2.'],
    [
      'of nothing to do, where packages stay',
      { ...told, repaired: null, upgraded: 0 },
      'Nothing was changed. Packages that stay as they are: 2.',
    ],
    [
      'of nothing to do at all',
      { ...told, repaired: null, upgraded: 0, left: 0 },
      'Nothing to repair: no package has a newer version that can be put in.',
    ],
    [
      'of a failure says that nothing was changed',
      { ...told, state: 'failed', error: 'the list is signed by nobody known' },
      'The repair failed, and nothing was changed: the list is signed by nobody known',
    ],
  ] as const)('%s', (_name, repair, sentence) => expect(sayRepair(repair, en.repairs, format)).toBe(sentence));
});

const upgraded = (name: string, size: number): RepairResult['upgraded'][number] => ({
  ...{ name, architecture: 'amd64', from: '1', to: '2', source: name, suite: 'bookworm-security' },
  ...{ url: `https://archive.example/${name}.deb`, sha256: '0'.repeat(64), size, files: 3 },
});
const result = (...packages: RepairResult['upgraded']): RepairResult => ({
  ...{ from: A, to: B, original: A, upgraded: packages, gone: [], left: [], new: [], scripts: [], differences: [] },
  layer: { digest: C, diffId: C, size: 700, bytes: 2000, packageBytes: 1500, replaces: null },
  ...{ sources: [], smoke: null },
});
const platform = (architecture: string, of: RepairResult | null): Repair['platforms'][number] => ({
  ...{ digest: A, os: 'linux', architecture, result: of, skipped: of ? null : 'an image of another system' },
});

test('sums go over all platforms; one that was skipped adds nothing', () =>
  expect(sumsOf([platform('amd64', result(upgraded('a', 10), upgraded('b', 5))), platform('s390x', null)])).toEqual({
    packages: 15,
    files: 6,
    layers: 700,
  }));

test('rows name their platform only where there are several', () => {
  const one = platform('amd64', result(upgraded('a', 10)));
  expect(rowsOf([one], (of) => of.upgraded).map((row) => row.platform)).toEqual(['']);
  expect(
    rowsOf([one, platform('', result(upgraded('a', 10)))], (of) => of.upgraded).map((row) => row.platform),
  ).toEqual(['linux/amd64', 'linux']);
});

test('of what stays, packages with a version on offer come first, then by name', () =>
  expect(
    inOrderOfLeft([
      { name: 'b', candidate: null },
      { name: 'z', candidate: '2' },
      { name: 'a', candidate: null },
      { name: 'c', candidate: '2' },
    ]).map((one) => one.name),
  ).toEqual(['c', 'z', 'a', 'b']));

test('findings that a repair brings stand before those that remain and those that are cleared', () => {
  const finding = (id: string) => ({ id, package: 'p', version: '1' });
  const rows = findingsOf({ gone: [finding('CVE-1')], remaining: [finding('CVE-2')], new: [finding('CVE-3')] });
  expect(rows.map((row) => `${row.id} ${row.outcome}`)).toEqual(['CVE-3 new', 'CVE-2 remaining', 'CVE-1 gone']);
});

describe('what an image has to do with repairs', () => {
  const repair = (id: string, digest: string, repaired: string | null, more: object = {}) =>
    ({ id, digest, repaired, mode: 'repair', state: 'done', ...more }) as const;
  test('the newest that made another image of it', () =>
    expect(linksOf([repair('2', A, C), repair('1', A, B)], A)).toMatchObject({ as: { id: '2' }, from: null }));
  test('the one that made it', () =>
    expect(linksOf([repair('1', A, B)], B)).toMatchObject({ as: null, from: { id: '1' } }));
  test('previews, failures and repairs of nothing made none', () =>
    expect(
      linksOf(
        [repair('4', A, null), { ...repair('3', A, B), mode: 'preview' }, { ...repair('2', A, B), state: 'failed' }],
        A,
      ),
    ).toEqual({ as: null, from: null }));
});

test('an image is named by its tag, or by a short digest', () => {
  expect(imageOf({ repository: 'web/shop', digest: A, tag: '1.0' })).toBe('web/shop:1.0');
  expect(imageOf({ repository: 'web/shop', digest: A, tag: null })).toBe('web/shop@sha256:aaaaaaaa…aaaaaa');
});
