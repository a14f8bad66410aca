/** News is counted, and nothing that is read moves. */
import type { FindingRow } from '@pratique/contract';
import { expect, test } from 'vitest';
import { compareHead } from './compare-head.ts';

const row = (id: string, images = 1): FindingRow => ({
  id,
  aliases: [],
  title: null,
  severity: 'high',
  status: 'affected',
  fixedVersion: null,
  exploited: false,
  priority: 18,
  firstSeen: '2026-11-22T00:00:00Z',
  excepted: 'none',
  package: {
    ...{ type: 'deb', name: 'zlib', version: '1', purl: 'pkg:deb/debian/zlib@1' },
    ...{ sourceName: 'zlib', sourceVersion: '1', architecture: null, distribution: 'Debian 12' },
  },
  images,
  runningImages: 0,
});
const rows = (names: string): FindingRow[] => names.split('').map((name) => row(name));

test.each([
  ['nothing', 'abcd', 'ab', false, 0, 0],
  ['one before the first', 'abcd', 'xa', false, 1, 0],
  ['one gone, the next moved up', 'abcd', 'bc', false, 0, 1],
  ['one gone from the middle, one that was not loaded moved up', 'ab', 'ax', false, 1, 0],
  ['one gone from a list that has one page', 'abc', 'ac', true, 0, 1],
  ['one in the place of another, in a list that has one page', 'ab', 'ax', true, 1, 1],
  ['all gone', 'ab', '', true, 0, 2],
])('%s', (_, loaded, head, whole, arrived, gone) => {
  const news = compareHead(rows(loaded), rows(head), whole);
  expect([news.arrived, news.gone]).toEqual([arrived, gone]);
  expect(news.rows.map((one) => one.id).join('')).toBe(loaded);
});

test('what is said of a loaded row is the newest', () => {
  const news = compareHead([row('a'), row('b')], [row('b', 7), row('a')], false);
  expect(news.rows.map((one) => [one.id, one.images])).toEqual([
    ['a', 1],
    ['b', 7],
  ]);
});
