import { PassThrough, Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { consume } from './consume.ts';

test('every chunk arrives in order, and none while the stream must wait', async () => {
  const seen: number[] = [];
  let waiting = false;
  await consume(
    Readable.from(
      Array.from({ length: 100 }, (_, n) => Buffer.from([n])),
      { objectMode: false },
    ),
    (chunk) => {
      expect(waiting).toBe(false);
      seen.push(...chunk);
      if (seen.length % 7 !== 0) return null;
      waiting = true;
      return delay(1).then(() => {
        waiting = false;
      });
    },
  );
  expect(seen).toEqual(Array.from({ length: 100 }, (_, n) => n));
});

test.each<[string, (stream: PassThrough) => void, object]>([
  ['is destroyed', (stream) => stream.destroy(), { code: 'ECONNRESET' }],
  ['fails', (stream) => stream.destroy(new Error('broken')), { message: 'broken' }],
])('a stream that %s in the middle is an error', async (_, breakIt, error) => {
  const stream = new PassThrough();
  stream.write('abc');
  setTimeout(() => breakIt(stream), 10);
  await expect(consume(stream, () => null)).rejects.toMatchObject(error);
});

test('a stream that was gone before anybody listened is an error, not a wait for ever', async () => {
  const stream = new PassThrough();
  stream.on('error', () => {}).destroy();
  await delay(5);
  await expect(consume(stream, () => null)).rejects.toMatchObject({ code: 'ECONNRESET' });
});

test('what the taker throws ends the reading and leaves the stream', async () => {
  const stream = new PassThrough();
  stream.write('abc');
  for (const fail of [
    () => {
      throw new Error('full');
    },
    () => Promise.reject(new Error('full')),
  ]) {
    await expect(consume(stream, fail)).rejects.toThrow('full');
    expect(stream.destroyed).toBe(false);
    stream.write('more');
  }
});

test('an empty stream ends', async () => {
  await consume(Readable.from([]), () => null);
});
