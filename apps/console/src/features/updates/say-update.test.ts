/** What an update says of itself, and which are since yesterday. */
import { expect, test } from 'vitest';
import { en } from '../../catalogue/en/en.ts';
import { makeFormat } from '../../format/format.ts';
import { sayUpdate, sinceYesterday } from './say-update.ts';

const nobody = { images: 0, repositories: 0, containers: 0, clusters: 0, customers: 0 };
const update = { newlyAffected: nobody, newlyCleared: nobody, affected: 0, cleared: 0, changed: 0, holes: 1 };
const say = (changes: Partial<typeof update>) => sayUpdate({ ...update, ...changes }, en.updates, makeFormat('en'));

test.each([
  [{ changed: 2 }, 'No image is newly affected or cleared; of one hole something else is said.'],
  [
    { affected: 5, newlyAffected: { ...nobody, images: 3 } },
    'It made 3 images affected by something new. It cleared no image of anything.',
  ],
  [
    { affected: 1, cleared: 1, newlyAffected: { ...nobody, images: 1 }, newlyCleared: { ...nobody, images: 1200 } },
    'It made one image affected by something new. It cleared 1,200 images of something.',
  ],
])('%j', (changes, said) => expect(say(changes)).toBe(said));

test('what is older than a day is not since yesterday', () => {
  const now = Date.parse('2026-11-22T12:00:00Z');
  const at = (text: string) => ({ at: text });
  expect(sinceYesterday([at('2026-11-22T11:00:00Z'), at('2026-11-21T11:59:00Z')], now)).toEqual([
    at('2026-11-22T11:00:00Z'),
  ]);
});
