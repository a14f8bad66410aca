import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openBlobStore } from './store.ts';

const root = await mkdtemp(join(tmpdir(), 'pratique-store-'));
const store = await openBlobStore(root);
/** Another process that shares the folder: it knows only what the disk says. */
const other = await openBlobStore(root);
afterAll(() => rm(root, { recursive: true, force: true }));

const LIMIT = 1e8;
const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const text = async (digest: string, range?: { start: number; end: number }) => {
  const chunks: Buffer[] = [];
  for await (const chunk of store.read(digest, range)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};
async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const nothing = () => pieces(Buffer.alloc(0), 1);
async function* brokenAfter(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
  throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
}

describe('a blob in one stream', () => {
  test.each([
    ['of no bytes', 0, 1],
    ['of a few bytes', 10, 3],
    ['of a hundred thousand tiny pieces', 100_000, 1],
    ['of more than is gathered at once', 5_000_000, 65_536],
    ['in pieces larger than is gathered', 9_000_000, 3_000_000],
  ])('%s is stored whole', async (_, length, size) => {
    const bytes = randomBytes(length);
    expect(await store.receive(pieces(bytes, size), digestOf(bytes), LIMIT)).toBe(length);
    expect((await text(digestOf(bytes))).equals(bytes)).toBe(true);
    if (length > 10) expect(await text(digestOf(bytes), { start: 5, end: 9 })).toEqual(bytes.subarray(5, 10));
  });

  test.each([
    [
      'of another digest',
      async () => store.receive(pieces(randomBytes(3_000_000), 65_536), digestOf(Buffer.from('x')), LIMIT),
      null,
    ],
    [
      'beyond the limit',
      async () =>
        store
          .receive(pieces(randomBytes(3_000_000), 65_536), digestOf(Buffer.from('x')), 2_999_999)
          .catch((e) => e.code),
      'too-large',
    ],
    [
      'of a client that went away',
      async () =>
        store.receive(brokenAfter(randomBytes(2_000_000)), digestOf(Buffer.from('x')), LIMIT).catch((e) => e.code),
      'ECONNRESET',
    ],
  ])('%s leaves nothing behind', async (_, take, outcome) => {
    expect(await take()).toBe(outcome);
    expect(await readdir(join(root, 'uploads'))).toEqual([]);
    expect(await store.has(digestOf(Buffer.from('x')))).toBe(false);
  });

  test('from memory is stored once, whoever brings it', async () => {
    const bytes = Buffer.from('the same');
    const [first, second] = await Promise.all([store.put(bytes), other.put(bytes)]);
    expect([first, second]).toEqual([digestOf(bytes), digestOf(bytes)]);
    expect(await text(first)).toEqual(bytes);
  });
});

describe('an upload of several requests', () => {
  test('through two processes by turns is one blob', async () => {
    const bytes = randomBytes(300_000);
    let at = 0;
    for (const [process, size] of [
      [store, 100_000],
      [other, 50_000],
      [other, 1],
      [store, 99_999],
    ] as const) {
      expect(await process.upload('turns').append(pieces(bytes.subarray(at, at + size), 7777), LIMIT, at)).toEqual({
        outcome: 'appended',
        size: at + size,
      });
      at += size;
    }
    expect(await other.upload('turns').finish(pieces(bytes.subarray(at), 7777), LIMIT, at, digestOf(bytes))).toEqual({
      outcome: 'stored',
      size: bytes.length,
    });
    expect((await text(digestOf(bytes))).equals(bytes)).toBe(true);
    for (const process of [store, other]) {
      expect(await process.upload('turns').look()).toEqual({ state: 'ended' });
      await expect(process.upload('turns').append(nothing(), LIMIT, null)).rejects.toMatchObject({ code: 'not-found' });
    }
  });

  test('says where it ends to a chunk that begins elsewhere', async () => {
    const upload = store.upload('order');
    await upload.append(pieces(Buffer.from('0123456789'), 10), LIMIT, 0);
    for (const from of [0, 9, 11, 1e12])
      expect(await other.upload('order').append(pieces(Buffer.from('x'), 1), LIMIT, from)).toEqual({
        outcome: 'elsewhere',
        size: 10,
      });
    expect(await upload.finish(nothing(), LIMIT, 3, digestOf(Buffer.from('x')))).toEqual({
      outcome: 'elsewhere',
      size: 10,
    });
    expect(await store.upload('fresh').finish(nothing(), LIMIT, 3, digestOf(Buffer.from('x')))).toEqual({
      outcome: 'elsewhere',
      size: 0,
    });
    expect(await upload.finish(nothing(), LIMIT, null, digestOf(Buffer.from('0123456789')))).toMatchObject({
      outcome: 'stored',
    });
  });

  test('keeps what arrived before a connection broke, and goes on from there', async () => {
    await expect(store.upload('broken').append(brokenAfter(Buffer.from('abc')), LIMIT, null)).rejects.toThrow(
      'aborted',
    );
    expect(await other.upload('broken').look()).toEqual({ state: 'open', size: 3 });
    expect(
      await other.upload('broken').finish(pieces(Buffer.from('def'), 2), LIMIT, 3, digestOf(Buffer.from('abcdef'))),
    ).toMatchObject({
      outcome: 'stored',
      size: 6,
    });
  });

  test('of another digest is refused and gone', async () => {
    await store.upload('differs').append(pieces(Buffer.from('right'), 10), LIMIT, null);
    expect(await other.upload('differs').finish(nothing(), LIMIT, null, digestOf(Buffer.from('wrong')))).toEqual({
      outcome: 'differs',
    });
    expect(await store.upload('differs').look()).toEqual({ state: 'ended' });
    expect(await store.has(digestOf(Buffer.from('wrong')))).toBe(false);
  });

  test.each([
    ['in the same process', store],
    ['in another process', other],
  ])('belongs to one request at a time: a second one %s conflicts', async (_, second) => {
    const id = `alone-${String(second === store)}`;
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    async function* slow(): AsyncGenerator<Buffer> {
      yield Buffer.from('slow');
      begun.resolve();
      await gate.promise;
    }
    const first = store.upload(id).append(slow(), LIMIT, null);
    await begun.promise;
    const poison = () => pieces(Buffer.from('poison'), 6);
    const attempts = await Promise.allSettled([
      second.upload(id).append(poison(), LIMIT, null),
      second.upload(id).finish(poison(), LIMIT, null, digestOf(Buffer.from('poison'))),
      second.upload(id).discard(),
    ]);
    for (const attempt of attempts) expect(attempt).toMatchObject({ status: 'rejected', reason: { code: 'conflict' } });
    gate.resolve();
    expect(await first).toEqual({ outcome: 'appended', size: 4 });
    expect(await second.upload(id).finish(nothing(), LIMIT, 4, digestOf(Buffer.from('slow')))).toMatchObject({
      outcome: 'stored',
    });
  });

  test('of a process that died is taken over as a copy, and its owner, if it only slept, has lost it', async () => {
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    async function* asleep(): AsyncGenerator<Buffer> {
      begun.resolve();
      await gate.promise;
      yield Buffer.from(' and poison');
    }
    await store.upload('sleeper').append(pieces(Buffer.from('honest'), 6), LIMIT, null);
    const first = store.upload('sleeper').append(asleep(), LIMIT, null);
    const lost = expect(first).rejects.toMatchObject({ code: 'conflict' });
    await begun.promise;
    const [name = ''] = await readdir(join(root, 'uploads', 'sleeper'));
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(join(root, 'uploads', 'sleeper', name), longAgo, longAgo);
    const finished = await other.upload('sleeper').finish(nothing(), LIMIT, 6, digestOf(Buffer.from('honest')));
    expect(finished).toMatchObject({ outcome: 'stored', size: 6 });
    gate.resolve();
    await lost;
    expect((await text(digestOf(Buffer.from('honest')))).toString()).toBe('honest');
  });

  test.each(['012', '0123456789a'])('of which the disk has not what its name says is given up: %s', async (found) => {
    const id = `cut-${found.length}`;
    await store.upload(id).append(pieces(Buffer.from('0123456789'), 10), LIMIT, null);
    await writeFile(join(root, 'uploads', id, 'at-10'), found);
    await expect(other.upload(id).append(nothing(), LIMIT, 10)).rejects.toMatchObject({ code: 'not-found' });
  });

  test('stops at the limit, and takes back what went beyond it', async () => {
    const upload = store.upload('limit');
    await upload.append(pieces(Buffer.alloc(50), 30), 80, null);
    await expect(upload.append(pieces(Buffer.alloc(50), 30), 80, null)).rejects.toMatchObject({ code: 'too-large' });
    expect(await upload.look()).toEqual({ state: 'open', size: 50 });
  });

  test('that was discarded is gone, also before its first byte', async () => {
    await store.upload('never').discard();
    expect(await other.upload('never').look()).toEqual({ state: 'ended' });
    await store.upload('some').append(pieces(Buffer.from('x'), 1), LIMIT, null);
    await other.upload('some').discard();
    expect(await store.upload('some').look()).toEqual({ state: 'ended' });
  });
});
