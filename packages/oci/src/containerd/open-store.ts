/** Reads images where containerd keeps them, without asking it. */
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDigest } from '@pratique/contract';
import type { ContentSource, RawManifest } from '../content.ts';
import { matchesName } from '../docker-archive/name.ts';
import { digestOf } from '../docker-archive/synthesize.ts';
import { OciError } from '../error.ts';
import { MAX_MANIFEST_BYTES, parseManifest } from '../manifest.ts';
import { type Bucket, readBolt } from './read-bolt.ts';

/** @see containerd, core/metadata/buckets.go: v1 / namespace / images / name / target */
const SCHEMA = 'v1';
const MAX_NAMES = 100_000;

type Named = { namespace: string; name: string; digest: string };

/**
 * A reference is a name as `ctr images list` shows it, or shortened as Docker does, or a digest.
 *
 * @param root `/var/lib/containerd`; k3s has its own
 * @param namespace null for whichever has the image
 * @throws OciError `not-found`, `layout-invalid`
 */
export async function openContainerd(root: string, namespace: string | null): Promise<ContentSource> {
  const database = await readBolt(join(root, 'io.containerd.metadata.v1.bolt', 'meta.db'));
  const images = listImages(database, namespace);
  const blobs = join(root, 'io.containerd.content.v1.content', 'blobs', 'sha256');
  const pathOf = (digest: string): string => {
    if (!isDigest(digest) || !digest.startsWith('sha256:'))
      throw new OciError('not-found', `${root} holds nothing by the digest ${digest.slice(0, 100)}`);
    return join(blobs, digest.slice('sha256:'.length));
  };
  const read = async (digest: string): Promise<RawManifest> => {
    const path = pathOf(digest);
    const { size } = await stat(path).catch((cause: unknown) => {
      throw new OciError('not-found', `${root} does not hold the manifest ${digest}`, { cause });
    });
    if (size > MAX_MANIFEST_BYTES)
      throw new OciError('manifest-too-large', `${digest} has ${size} bytes; at most ${MAX_MANIFEST_BYTES} are read`);
    const bytes = await readFile(path);
    if (digestOf(bytes) !== digest) throw new OciError('digest-mismatch', `${path} has another digest than its name`);
    return { digest, mediaType: parseManifest(bytes).mediaType, bytes };
  };
  return {
    manifest: async (reference) => read(isDigest(reference) ? reference : choose(root, images, reference)),
    async blob({ digest }) {
      const path = pathOf(digest);
      // Layers may be dropped once they are unpacked (`discard_unpacked_layers`), and those of other platforms never came.
      if (!(await stat(path).catch(() => null)))
        throw new OciError(
          'not-found',
          `${root} no longer holds ${digest}, or never did; pull it again: ctr content fetch, or crictl pull`,
        );
      return createReadStream(path, { highWaterMark: 1 << 20 });
    },
    file: ({ digest }) => pathOf(digest),
    referrers: async () => [],
  };
}

function listImages(database: Bucket, only: string | null): Named[] {
  const namespaces = database.bucket(SCHEMA);
  const wanted = only === null ? (namespaces?.names(MAX_NAMES) ?? []) : [only];
  return wanted.flatMap((namespace) => {
    const images = namespaces?.bucket(namespace)?.bucket('images');
    return (images?.names(MAX_NAMES) ?? []).flatMap((name) => {
      const digest = images?.bucket(name)?.bucket('target')?.value('digest')?.toString('utf8');
      return digest === undefined ? [] : [{ namespace, name, digest }];
    });
  });
}

/** @returns the digest */
function choose(root: string, images: readonly Named[], reference: string): string {
  const tagged = reference.lastIndexOf(':') > reference.lastIndexOf('/') ? reference : `${reference}:latest`;
  const found = images.filter(({ name }) => name === reference || matchesName(name, tagged));
  const digests = new Set(found.map(({ digest }) => digest));
  const [digest] = digests;
  if (digests.size > 1)
    throw new OciError(
      'not-found',
      `${reference} is another image in each of the namespaces ${[...new Set(found.map(({ namespace }) => namespace))].join(', ')}; say which: CONTAINERD_NAMESPACE=NAME`,
    );
  if (digest !== undefined) return digest;
  const names = images.map(({ name, namespace }) => `${name} (${namespace})`);
  throw new OciError(
    'not-found',
    `${root} holds no image ${reference}; it holds ${names.length > 0 ? names.slice(0, 20).join(', ') : 'none'}`,
  );
}
