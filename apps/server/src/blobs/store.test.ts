import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openBlobStore } from './store.ts';

const root = await mkdtemp(join(tmpdir(), 'pratique-store-'));
const store = await openBlobStore(root);
afterAll(() => rm(root, { recursive: true, force: true }));

const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const text = async (digest: string, range?: { start: number; end: number }) => {
  const chunks: Buffer[] = [];
  for await (const chunk of store.read(digest, range)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};
async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('the blob store', () => {
  test('keeps what was uploaded in chunks, and gives parts of it', async () => {
    const bytes = randomBytes(300_000);
    const upload = store.upload('one');
    await upload.append(pieces(bytes.subarray(0, 100_000), 7777), 1e6);
    await upload.append(pieces(bytes.subarray(100_000), 65_536), 1e6);
    expect(await upload.finish(digestOf(bytes))).toBe(bytes.length);
    expect(await text(digestOf(bytes))).toEqual(bytes);
    expect(await text(digestOf(bytes), { start: 5, end: 9 })).toEqual(bytes.subarray(5, 10));
  });

  test('goes on with an upload whose running hash was lost with its process', async () => {
    const bytes = randomBytes(50_000);
    await store.upload('two').append(pieces(bytes.subarray(0, 20_000), 999), 1e6);
    const restarted = await openBlobStore(root);
    await restarted.upload('two').append(pieces(bytes.subarray(20_000), 999), 1e6);
    expect(await restarted.upload('two').finish(digestOf(bytes))).toBe(bytes.length);
  });

  test('keeps what arrived before a connection broke', async () => {
    const broken = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from('abc');
      throw new Error('connection lost');
    };
    const upload = store.upload('three');
    await expect(upload.append(broken(), 100)).rejects.toThrow('connection lost');
    expect(await upload.size()).toBe(3);
    await upload.append(pieces(Buffer.from('def'), 10), 100);
    expect(await upload.finish(digestOf(Buffer.from('abcdef')))).toBe(6);
  });

  test('refuses bytes of another digest and keeps nothing of them', async () => {
    const upload = store.upload('four');
    await upload.append(pieces(Buffer.from('right'), 10), 100);
    expect(await upload.finish(digestOf(Buffer.from('wrong')))).toBeNull();
    expect(await upload.size()).toBe(0);
    expect(await store.has(digestOf(Buffer.from('wrong')))).toBe(false);
  });

  test('takes no byte between the hash of an upload and its place among the blobs', async () => {
    const bytes = randomBytes(200_000);
    const upload = store.upload('six');
    await upload.append(pieces(bytes, 65_536), 1e6);
    const finished = upload.finish(digestOf(bytes));
    await expect(upload.append(pieces(Buffer.from('poison'), 6), 1e6)).rejects.toMatchObject({ code: 'conflict' });
    await expect(upload.finish(digestOf(bytes))).rejects.toMatchObject({ code: 'conflict' });
    await expect(upload.discard()).rejects.toMatchObject({ code: 'conflict' });
    expect(await finished).toBe(bytes.length);
    expect(await text(digestOf(bytes))).toEqual(bytes);
  });

  test('stops at the limit', async () => {
    await expect(store.upload('five').append(pieces(Buffer.alloc(100), 30), 80)).rejects.toMatchObject({
      code: 'too-large',
    });
  });

  test('stores bytes from memory once, whoever brings them', async () => {
    const bytes = Buffer.from('the same');
    const [first, second] = await Promise.all([store.put(bytes), store.put(bytes)]);
    expect(first).toBe(second);
    expect(await text(first)).toEqual(bytes);
    expect((await readdir(join(root, 'uploads'))).filter((name) => name !== 'five')).toEqual([]);
  });
});
