/** Copies of whole graphs, between places that lie, break off and forget. */
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { ContentSink, ContentSource, RawManifest } from './content.ts';
import { type CopyProgress, copyGraph } from './copy-graph.ts';
import { OciError } from './error.ts';
import {
  descriptorOf,
  type FixtureImage,
  fixtureImage,
  fixtureIndex,
  fixtureReferrer,
  rawManifest,
} from './interop-fixture.ts';
import { parseManifest } from './manifest.ts';
import { OCI_INDEX } from './media-types.ts';
import { verifyStream } from './verify-stream.ts';

type Place = ContentSource &
  ContentSink & {
    blobs: Map<string, Buffer>;
    manifests: Map<string, RawManifest>;
    tags: Map<string, string>;
    log: string[];
  };

/** A place that holds everything in memory and checks what it is given. */
function place(): Place {
  const blobs = new Map<string, Buffer>();
  const manifests = new Map<string, RawManifest>();
  const tags = new Map<string, string>();
  const log: string[] = [];
  return {
    blobs,
    manifests,
    tags,
    log,
    manifest(reference) {
      const found = manifests.get(tags.get(reference) ?? reference);
      return found ? Promise.resolve(found) : Promise.reject(new OciError('not-found', `no ${reference}`));
    },
    blob: ({ digest }) => Promise.resolve(Readable.from([blobs.get(digest) ?? Buffer.alloc(0)])),
    referrers: (digest) =>
      Promise.resolve(
        [...manifests.values()]
          .filter((raw) => parseManifest(raw.bytes).manifest.subject?.digest === digest)
          .map(descriptorOf),
      ),
    hasManifest: (digest) => Promise.resolve(manifests.has(digest)),
    hasBlob: ({ digest }) => Promise.resolve(blobs.has(digest)),
    async putBlob(descriptor, content) {
      const bytes = Buffer.concat(await content.compose(verifyStream(descriptor)).toArray());
      blobs.set(descriptor.digest, bytes);
    },
    putManifest(raw, tag) {
      manifests.set(raw.digest, raw);
      log.push(tag ?? raw.digest);
      if (tag !== null) tags.set(tag, raw.digest);
      return Promise.resolve();
    },
  };
}

function fill(into: Place, ...images: FixtureImage[]): void {
  for (const image of images) {
    for (const blob of image.blobs) into.blobs.set(blob.descriptor.digest, blob.bytes);
    into.manifests.set(image.raw.digest, image.raw);
  }
}

const ONE = fixtureImage('one');
const TWO = fixtureImage('two', { architecture: 'arm64' });
const INDEX = fixtureIndex(ONE.raw, TWO.raw);
const NOTE = fixtureReferrer(ONE.raw, 'signature of a child');
const NOTE_OF_NOTE = fixtureReferrer(NOTE.raw, 'signature of the signature');
const NOTE_OF_INDEX = fixtureReferrer(INDEX, 'signature of the index');

function whole(): Place {
  const source = place();
  fill(source, ONE, TWO, NOTE, NOTE_OF_NOTE, NOTE_OF_INDEX, { raw: INDEX, blobs: [] });
  source.tags.set('1', INDEX.digest);
  return source;
}
const OPTIONS = { tag: '1', referrers: true };

describe('a copy', () => {
  test('has every child, every referrer and every referrer of those, the root last', async () => {
    const [source, sink] = [whole(), place()];
    const proof = await copyGraph(source, sink, '1', OPTIONS);
    expect(sink.manifests.size).toBe(6);
    expect([...sink.blobs.keys()].sort()).toEqual([...source.blobs.keys()].sort());
    expect(sink.log.at(-1)).toBe('1');
    expect(sink.tags.get('1')).toBe(INDEX.digest);
    expect(proof).toMatchObject({
      root: INDEX.digest,
      manifests: 6,
      blobs: sink.blobs.size,
      copiedBlobs: sink.blobs.size,
    });
    expect((await copyGraph(sink, place(), '1', OPTIONS)).graphHash).toBe(proof.graphHash);
  });

  test('leaves referrers behind when asked to, and where the place cannot hold them', async () => {
    for (const [options, more] of [
      [{ tag: '1', referrers: false }, {}],
      [OPTIONS, { holdsReferrers: false as const }],
    ] as const) {
      const sink = place();
      await copyGraph(whole(), { ...sink, ...more }, '1', options);
      expect(sink.manifests.size).toBe(3);
    }
  });

  test('that was cut off goes on where it was, and showed no tag meanwhile', async () => {
    const sink = place();
    let left = 3;
    const failing: ContentSink = {
      ...sink,
      putBlob: (...put) => (left-- > 0 ? sink.putBlob(...put) : Promise.reject(new Error('the line is dead'))),
    };
    await expect(copyGraph(whole(), failing, '1', { ...OPTIONS, parallel: 1 })).rejects.toThrow('the line is dead');
    expect([sink.tags.size, sink.manifests.size, sink.blobs.size]).toEqual([0, 0, 3]);
    const proof = await copyGraph(whole(), sink, '1', OPTIONS);
    expect(proof.copiedBlobs).toBe(proof.blobs - 3);
  });

  test('sends no more blobs at a time than the place takes', async () => {
    const sink = place();
    let now = 0;
    let most = 0;
    await copyGraph(
      whole(),
      {
        ...sink,
        parallel: 1,
        async putBlob(...put) {
          most = Math.max(most, ++now);
          await sink.putBlob(...put);
          now -= 1;
        },
      },
      '1',
      OPTIONS,
    );
    expect(most).toBe(1);
  });

  test('tells its progress within blobs, up to the whole', async () => {
    const seen: CopyProgress[] = [];
    await copyGraph(whole(), place(), '1', { ...OPTIONS, onProgress: (progress) => seen.push(progress) });
    const last = seen.at(-1);
    expect(last).toMatchObject({ phase: 'verify', done: last?.total, bytes: last?.totalBytes });
    expect(seen.every((one) => one.bytes <= one.totalBytes)).toBe(true);
  });

  test('content can be opened again, from its beginning', async () => {
    const sink = place();
    await copyGraph(
      whole(),
      {
        ...sink,
        async putBlob(descriptor, content, reopen) {
          content.destroy();
          if (reopen) await sink.putBlob(descriptor, await reopen());
        },
      },
      '1',
      OPTIONS,
    );
    expect(sink.blobs.size).toBe(whole().blobs.size);
  });
});

describe('refused', () => {
  const source = (change: Partial<ContentSource>): ContentSource => ({ ...whole(), ...change });

  test.each<[string, ContentSource, string, string]>([
    [
      'a child whose bytes are another’s',
      source({ manifest: (ref) => Promise.resolve(ref === '1' ? INDEX : { ...ONE.raw, digest: ref }) }),
      '1',
      'digest-mismatch',
    ],
    [
      'a child answered with another child',
      source({ manifest: (ref) => Promise.resolve(ref === '1' ? INDEX : TWO.raw) }),
      '1',
      'digest-mismatch',
    ],
    [
      'a digest answered with another image',
      source({ manifest: () => Promise.resolve(TWO.raw) }),
      ONE.raw.digest,
      'digest-mismatch',
    ],
    [
      'a child of another size than listed',
      (() => {
        const wrong = rawManifest(OCI_INDEX, { manifests: [{ ...descriptorOf(ONE.raw), size: 7 }] });
        return source({ manifest: (ref) => Promise.resolve(ref === '1' ? wrong : ONE.raw) });
      })(),
      '1',
      'size-mismatch',
    ],
    [
      'a blob with other bytes',
      source({ blob: ({ size }) => Promise.resolve(Readable.from([Buffer.alloc(size)])) }),
      '1',
      'digest-mismatch',
    ],
    [
      'a blob that is too short',
      source({ blob: () => Promise.resolve(Readable.from([Buffer.from('x')])) }),
      '1',
      'size-mismatch',
    ],
    ['an image that is not there', source({}), 'no-such', 'not-found'],
  ])('%s', async (_, from, reference, code) => {
    await expect(copyGraph(from, place(), reference, OPTIONS)).rejects.toMatchObject({ code });
  });

  test.each<[string, (sink: Place) => Partial<ContentSink>]>([
    [
      'a place that forgets blobs',
      (sink) => ({
        putBlob: async (_descriptor, content) => void (await content.toArray()),
        hasBlob: (blob) => sink.hasBlob(blob),
      }),
    ],
    ['a place that forgets manifests', () => ({ putManifest: () => Promise.resolve() })],
  ])('%s', async (_, change) => {
    const sink = place();
    await expect(copyGraph(whole(), { ...sink, ...change(sink) }, '1', OPTIONS)).rejects.toMatchObject({
      code: 'copy-failed',
    });
  });

  test('a chain of referrers without end', async () => {
    const from = place();
    let last = ONE;
    fill(from, ONE);
    for (let at = 0; at < 30; at += 1) {
      last = fixtureReferrer(last.raw, `note ${at}`);
      fill(from, last);
    }
    await expect(copyGraph(from, place(), ONE.raw.digest, OPTIONS)).rejects.toMatchObject({
      code: 'copy-failed',
      message: expect.stringContaining('20 levels'),
    });
  });
});

test('referrers that have gone, or refer to something else, are left out', async () => {
  const from = whole();
  const sink = place();
  const gone = fixtureReferrer(ONE.raw, 'gone');
  await copyGraph(
    {
      ...from,
      referrers: async (digest) => [...(await from.referrers(digest)), descriptorOf(gone.raw), descriptorOf(TWO.raw)],
    },
    sink,
    ONE.raw.digest,
    OPTIONS,
  );
  expect([...sink.manifests.keys()].sort()).toEqual([ONE, NOTE, NOTE_OF_NOTE].map((image) => image.raw.digest).sort());
});
