import { expect, test } from 'vitest';
import { createGroupCommit } from './group-commit.ts';

const refusal = Object.assign(new Error('bad value'), { code: '22P02' });

test('items that come while a transaction commits share the next one, in their order', async () => {
  const batches: number[][] = [];
  const group = createGroupCommit<number>(async (items) => {
    batches.push(items);
    await new Promise((resolve) => setTimeout(resolve, 5));
  });
  await Promise.all([1, 2, 3, 4].map((n) => group.add(n)));
  await group.add(5);
  expect(batches).toEqual([[1], [2, 3, 4], [5]]);
});

test('one that the database refuses fails alone, and nothing is committed twice', async () => {
  const committed: number[] = [];
  const group = createGroupCommit<number>(async (items) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (items.includes(3)) throw refusal;
    committed.push(...items);
  });
  const outcomes = await Promise.allSettled([1, 2, 3, 4].map((n) => group.add(n)));
  expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  expect(committed).toEqual([1, 2, 4]);
});

test('where the database does not answer, all of the batch hear of it at once', async () => {
  let asked = 0;
  const group = createGroupCommit<number>(async () => {
    asked++;
    throw Object.assign(new Error('connection refused'), { code: 'ECONNREFUSED' });
  });
  const outcomes = await Promise.allSettled([1, 2, 3].map((n) => group.add(n)));
  expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(asked).toBe(2);
});

test('a batch that was committed may leave single items out', async () => {
  const group = createGroupCommit<number>(async () => (item) => (item % 2 === 0 ? null : new Error(`${item} is odd`)));
  const outcomes = await Promise.allSettled([1, 2].map((n) => group.add(n)));
  expect(outcomes).toEqual([
    { status: 'rejected', reason: new Error('1 is odd') },
    { status: 'fulfilled', value: undefined },
  ]);
});
