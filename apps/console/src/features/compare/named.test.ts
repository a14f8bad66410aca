/** How images are named, and which one is offered first to compare with. */
import type { ImageRow } from '@pratique/contract';
import { expect, test } from 'vitest';
import { nameOf, othersOf, parseName } from './named.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

test.each([
  ['web/shop:v1', { repository: 'web/shop', reference: 'v1' }],
  [' web/shop ', { repository: 'web/shop', reference: 'latest' }],
  [`web/shop@${DIGEST}`, { repository: 'web/shop', reference: DIGEST }],
  ['web/shop:', null],
  [':v1', null],
  ['@sha256:1', null],
  ['', null],
])('%s', (text, named) => {
  expect(parseName(text)).toEqual(named);
  if (named) expect(parseName(nameOf(named))).toEqual(named);
});

const row = (repository: string, tag: string, digest: string, pushedAt: string) =>
  ({ repository, tag, digest, pushedAt }) as ImageRow;

test('the one pushed just before comes first, then older ones, then newer ones; the same bytes do not come', () => {
  const rows = [
    row('web', 'v5', 'e', '2026-11-05T00:00:00Z'),
    row('web', 'v4', 'd', '2026-11-04T00:00:00Z'),
    row('web', 'v3', 'c', '2026-11-03T00:00:00Z'),
    row('web', 'stable', 'c', '2026-11-03T00:00:00Z'),
    row('web', 'v2', 'b', '2026-11-02T00:00:00Z'),
    row('other', 'v2', 'x', '2026-11-02T00:00:00Z'),
    row('web', 'v1', 'a', '2026-11-01T00:00:00Z'),
  ];
  const image = { repository: 'web', digest: 'c', pushedAt: '2026-11-03T00:00:00Z' };
  expect(othersOf(rows, image).map(({ tag }) => tag)).toEqual(['v2', 'v1', 'v4', 'v5']);
});
