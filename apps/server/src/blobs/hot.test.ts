import { expect, test } from 'vitest';
import { createHotBlobs } from './hot.ts';

const content = (size: number) => async () => Buffer.alloc(size, 1);
const never = async (): Promise<Buffer> => {
  throw new Error('read although it is here');
};

test('the second read brings a blob in, the third finds it', async () => {
  const hot = createHotBlobs(1000);
  expect(hot.read('a', 100, never)).toBeNull();
  expect(await hot.read('a', 100, content(100))).toHaveLength(100);
  expect(hot.read('a', 100, never)).toHaveLength(100);
  expect(hot.bytes()).toBe(100);
});

test('many who ask at once share one reading', async () => {
  const hot = createHotBlobs(1000);
  void hot.read('a', 100, never);
  let loads = 0;
  const load = async () => {
    loads++;
    return Buffer.alloc(100);
  };
  await Promise.all(Array.from({ length: 50 }, async () => hot.read('a', 100, load)));
  expect(loads).toBe(1);
});

test('it never holds more than it may, and a crawl through everything does not put out what is hot', async () => {
  const hot = createHotBlobs(1000);
  for (let n = 0; n < 20; n++) await hot.read('hot', 400, content(400));
  for (let round = 0; round < 3; round++)
    for (let n = 0; n < 200; n++) {
      await hot.read(`crawled-${n}`, 300, content(300));
      expect(hot.bytes()).toBeLessThanOrEqual(1000);
    }
  expect(hot.read('hot', 400, never)).toHaveLength(400);
});

test('what becomes far hotter takes the place of what is not asked for any more', async () => {
  const hot = createHotBlobs(1000);
  for (let n = 0; n < 5; n++) await hot.read('old', 800, content(800));
  for (let n = 0; n < 11; n++) await hot.read('new', 800, content(800));
  expect(hot.read('new', 800, never)).toHaveLength(800);
  expect(hot.bytes()).toBe(800);
});

test('a blob that cannot be read is not remembered as one', async () => {
  const hot = createHotBlobs(1000);
  void hot.read('a', 100, never);
  await expect(hot.read('a', 100, never)).rejects.toThrow('read although');
  expect(hot.bytes()).toBe(0);
  expect(await hot.read('a', 100, content(100))).toHaveLength(100);
});

test('a blob that is too large for it is always read from the disk', () => {
  const hot = createHotBlobs();
  for (let n = 0; n < 5; n++) expect(hot.read('a', 17 * 1024 * 1024, never)).toBeNull();
});

test('what was hot a while ago keeps nothing out, and goes when room is needed', async () => {
  let now = 0;
  const hot = createHotBlobs(1000, () => now);
  for (let n = 0; n < 10_000; n++) await hot.read('favourite', 300, content(300));
  for (let n = 0; n < 3; n++) await hot.read('passing', 600, content(600));
  // The old favourite stays for now; what is worth less makes room.
  for (let n = 0; n < 7; n++) await hot.read('new', 700, content(700));
  expect(hot.read('new', 700, never)).toHaveLength(700);
  expect(hot.read('favourite', 300, never)).toHaveLength(300);
  for (let minute = 0; minute < 20; minute++) {
    now += 60_000;
    for (let n = 0; n < 5; n++) await hot.read('newer', 900, content(900));
  }
  expect(hot.read('newer', 900, never)).toHaveLength(900);
  expect(hot.bytes()).toBe(900);
});

test('among many that are asked for alike nothing moves', async () => {
  const hot = createHotBlobs(1000);
  let loads = 0;
  const load = async () => {
    loads++;
    return Buffer.alloc(300);
  };
  for (let round = 0; round < 50; round++) for (let n = 0; n < 20; n++) await hot.read(`equal-${n}`, 300, load);
  expect(loads).toBe(3);
});
