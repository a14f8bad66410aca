/** A layer gives the same beside this thread as in it, and what is wrong with it is said in the same words. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { merge, refusal } from './merge.fixture.ts';
import type { LayerInput } from './read-layer.ts';
import { layerOf, sha256, tar } from './tar-fixture.ts';
import { type Unpacked, unpackHere } from './unpack.ts';
import { unpackBeside } from './unpack-beside.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-unpack-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const archive = tar({ path: 'a', content: randomBytes(3_000_000) }, { path: 'b', content: 'x'.repeat(9_000_000) });
const forms = { gzip: gzipSync(archive), zstd: zstdCompressSync(archive), none: archive };

/** Pieces of a size that fits nothing. */
function layer(bytes: Buffer, more: Partial<LayerInput> = {}): LayerInput {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 70_001) pieces.push(bytes.subarray(at, at + 70_001));
  return {
    descriptor: { mediaType: 'x', digest: sha256(bytes), size: bytes.length },
    diffId: null,
    open: async () => Readable.from(pieces, { objectMode: false }),
    ...more,
  };
}

async function collect(
  unpack: typeof unpackHere,
  input: LayerInput,
): Promise<{ told: Unpacked; content: Buffer; compressed: number }> {
  const pieces: Buffer[] = [];
  let compressed = 0;
  const told = await unpack(input, {
    onData: (piece, read) => {
      pieces.push(Buffer.from(piece));
      expect(read).toBeGreaterThanOrEqual(compressed);
      compressed = read;
    },
  });
  return { told, content: Buffer.concat(pieces), compressed };
}

describe.each(Object.entries(forms))('a layer packed as %s', (form, bytes) => {
  test('is the same here, beside from its source, and beside from its file', async () => {
    const file = join(folder, form);
    await writeFile(file, bytes);
    const here = await collect(unpackHere, layer(bytes));
    expect(here.told).toEqual({ blob: sha256(bytes), diff: sha256(archive) });
    expect(here.content.equals(archive)).toBe(true);
    for (const input of [layer(bytes), layer(bytes, { file })]) {
      const beside = await collect(unpackBeside, input);
      expect(beside.told).toEqual(here.told);
      expect(beside.content.equals(archive)).toBe(true);
      expect(beside.compressed).toBeLessThanOrEqual(bytes.length);
    }
  });
});

const spoiled = Buffer.from(forms.gzip);
spoiled.fill(0xff, 1_000_000, 1_000_400);
const wrongSize = (size: number) => ({ descriptor: { mediaType: 'x', digest: sha256(forms.gzip), size } });
test.each<[string, LayerInput, string, RegExp]>([
  ['that is damaged', layer(spoiled), 'layer-invalid', /cannot be decompressed/],
  ['shorter than its descriptor says', layer(forms.gzip, wrongSize(99_999_999)), 'size-mismatch', /has \d+ bytes/],
  ['longer than its descriptor says', layer(forms.gzip, wrongSize(1000)), 'size-mismatch', /has more than the 1000/],
])('a layer %s is refused alike', async (_, input, code, words) => {
  for (const unpack of [unpackHere, unpackBeside]) {
    const error = await refusal(unpack(input, { onData: () => {} }));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
  }
});

test('a file that is gone, a source that fails and a reader that has seen enough end the work beside', async () => {
  const gone = await refusal(unpackBeside(layer(forms.gzip, { file: join(folder, 'gone') }), { onData: () => {} }));
  expect(gone.code).toBe('not-found');
  const failing = layer(forms.gzip, { open: () => Promise.reject(new Error('the registry is on strike')) });
  await expect(unpackBeside(failing, { onData: () => {} })).rejects.toThrow('the registry is on strike');
  const enough = new Error('enough');
  const reading = unpackBeside(layer(forms.gzip), {
    onData: () => {
      throw enough;
    },
  });
  await expect(reading).rejects.toBe(enough);
  const stop = new AbortController();
  const stopped = unpackBeside(layer(forms.gzip), { onData: () => stop.abort(new Error('stop')), signal: stop.signal });
  await expect(stopped).rejects.toThrow('stop');
});

test('a large layer is merged, and a wrong digest or diff id of it is noticed', async () => {
  const content = randomBytes(3_000_000);
  const bytes = tar({ path: 'big', content });
  const large = layerOf(gzipSync(bytes));
  const merged = await merge([large], {}, 1_000_000);
  expect(merged.tree.lookup('big')?.content?.equals(content)).toBe(true);
  expect(merged.layers[0]?.diffId).toBe(sha256(bytes));
  const other = { ...large, diffId: `sha256:${'0'.repeat(64)}` };
  expect((await refusal(merge([other], {}, 1_000_000))).code).toBe('digest-mismatch');
  const renamed = { ...large, descriptor: { ...large.descriptor, digest: `sha256:${'1'.repeat(64)}` } };
  expect((await refusal(merge([renamed], {}, 1_000_000))).code).toBe('digest-mismatch');
});
