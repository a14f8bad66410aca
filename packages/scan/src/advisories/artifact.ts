/** A snapshot as an OCI artifact: what its parts are called, and how a store hands out and takes in the shards. */
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { z } from 'zod';
import { ScanError } from '../error.ts';
import { publishSnapshot } from './publish.ts';
import { digestOf, encodeManifest, MAX_MANIFEST, parseManifest, paths, readCurrent } from './snapshot.ts';
import { writeDurably } from './write-durably.ts';

/** `artifactType` of the manifest. Its config is the snapshot, so that the config's digest is the snapshot's. */
export const ADVISORIES_TYPE = 'application/vnd.pratique.advisories.v1';
export const SNAPSHOT_TYPE = 'application/vnd.pratique.advisories.snapshot.v1+json';
export const SHARD_TYPE = 'application/vnd.pratique.advisories.shard.v1+zstd';
/** Of a layer: digest of the shard that it becomes when it is decompressed. */
export const SHARD_ANNOTATION = 'dev.pratique.advisories.shard';
/** Of the manifest: the public key, for who meets this source for the first time. */
export const KEY_ANNOTATION = 'dev.pratique.advisories.key';

/** The statement about a snapshot that the instance signs. */
export const ADVISORIES_PREDICATE_TYPE = 'https://pratique.dev/advisories/v1';
export const AdvisoriesPredicate = z.object({
  /** Grows with every publication, so that an older one is known for what it is. */
  serial: z.number().int().positive(),
  date: z.iso.datetime(),
});
export type AdvisoriesPredicate = z.infer<typeof AdvisoriesPredicate>;

export type SnapshotParts = { digest: string; bytes: Buffer; shards: { digest: string; size: number }[] };

/** The current snapshot and the shards that it is made of. @throws ScanError `store-missing`, `store-corrupt` */
export async function readSnapshotParts(dir: string): Promise<SnapshotParts> {
  const current = await readCurrent(dir);
  if (!current) throw new ScanError('store-missing', `there is no advisory data in ${dir}`);
  const bytes = encodeManifest(current.manifest);
  return { digest: digestOf(bytes), bytes, shards: shardsIn(bytes) };
}

/** A shard as it travels. @throws ScanError `store-corrupt` */
export async function packShard(dir: string, digest: string): Promise<Buffer> {
  const bytes = await readFile(paths.shard(dir, digest)).catch(() => null);
  if (bytes === null || digestOf(bytes) !== digest)
    throw new ScanError('store-corrupt', `the advisory shard ${digest} is not there or has been changed`);
  return zstdCompressSync(bytes);
}

export type Taken = { shards: number; fetched: number; bytes: number };

/**
 * Makes a snapshot from elsewhere the current one. Only shards that are not here are fetched, and each is held to the
 * digest and the size that the snapshot says, so that whoever trusts the snapshot's bytes need not trust the place.
 * What was imported here before and is not in the snapshot gives way.
 *
 * @param fetch the packed form of a shard
 * @throws ScanError `feed-invalid` where something is not what the snapshot says; the store is then what it was
 */
export async function takeSnapshot(
  dir: string,
  bytes: Buffer,
  fetch: (shard: string) => Promise<Buffer>,
): Promise<Taken> {
  if (bytes.length > MAX_MANIFEST) throw new ScanError('feed-limit', 'the snapshot is too large');
  const shards = shardsIn(bytes);
  await mkdir(join(dir, 'shards'), { recursive: true });
  const taken: Taken = { shards: shards.length, fetched: 0, bytes: 0 };
  const wanted = new Map(shards.map((shard) => [shard.digest, shard.size]));
  await publishSnapshot(dir, bytes, async () => {
    for (const [digest, size] of wanted) {
      if (await isHere(dir, digest, size)) continue;
      const packed = await fetch(digest);
      await writeDurably(paths.shard(dir, digest), unpack(packed, digest, size));
      taken.fetched += 1;
      taken.bytes += packed.length;
    }
  });
  return taken;
}

function shardsIn(bytes: Buffer): { digest: string; size: number }[] {
  return parseManifest(bytes).feeds.flatMap((feed) => feed.shards.map(({ digest, size }) => ({ digest, size })));
}

async function isHere(dir: string, digest: string, size: number): Promise<boolean> {
  return (await stat(paths.shard(dir, digest)).catch(() => null))?.size === size;
}

function unpack(packed: Buffer, digest: string, size: number): Buffer {
  try {
    const bytes = zstdDecompressSync(packed, { maxOutputLength: Math.max(1, size) });
    if (bytes.length === size && digestOf(bytes) === digest) return bytes;
  } catch (cause) {
    throw new ScanError('feed-invalid', `the shard ${digest} cannot be unpacked`, { cause });
  }
  throw new ScanError('feed-invalid', `the bytes of the shard ${digest} are others than the snapshot says`);
}
