/** The manifest of a snapshot: which shards from which feeds make up the advisory data at one time. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Digest } from '@pratique/contract/digest';
import { z } from 'zod';
import { ScanError } from '../error.ts';

export const ShardEntry = z.object({
  ecosystem: z.string(),
  digest: Digest,
  size: z.number().int().nonnegative(),
  names: z.number().int(),
  records: z.number().int(),
});
export type ShardEntry = z.infer<typeof ShardEntry>;

export const FeedEntry = z.object({
  name: z.string(),
  source: z.string(),
  licence: z.string(),
  date: z.string().nullable(),
  records: z.number().int(),
  /** `seed` came with the program and gives way to anything imported. */
  origin: z.enum(['seed', 'import']),
  /** Digest of the seed files that the feed was built from; null for what was imported. */
  seed: z.string().nullable(),
  shards: z.array(ShardEntry),
  /** Packages by ecosystem of which the feed says nothing. */
  unread: z.record(z.string(), z.array(z.string())),
  /** Ecosystems of which the feed knows something and not all. */
  partial: z.array(z.string()).optional(),
  /** Of candidates: the suites they come from, so that an older one is known for what it is. */
  suites: z.array(z.object({ name: z.string(), date: z.string().nullable() })).optional(),
});
export type FeedEntry = z.infer<typeof FeedEntry>;

export const SnapshotManifest = z.object({ format: z.literal(1), feeds: z.array(FeedEntry) });
export type SnapshotManifest = z.infer<typeof SnapshotManifest>;

export const MAX_MANIFEST = 64 * 1024 * 1024;

export const EMPTY: SnapshotManifest = { format: 1, feeds: [] };

export const paths = {
  current: (dir: string): string => join(dir, 'current'),
  kept: (dir: string): string => join(dir, 'kept'),
  manifest: (dir: string, digest: string): string => join(dir, 'snapshots', `${digest.slice('sha256:'.length)}.json`),
  shard: (dir: string, digest: string): string => join(dir, 'shards', `${digest.slice('sha256:'.length)}.shard`),
};

export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The bytes of a manifest; the same feeds give the same bytes and so the same snapshot digest. */
export function encodeManifest(manifest: SnapshotManifest): Buffer {
  const feeds = [...manifest.feeds].sort((a, b) => (a.name < b.name ? -1 : 1));
  return Buffer.from(`${JSON.stringify({ format: manifest.format, feeds })}\n`);
}

/**
 * The current snapshot of a directory; null where none was published yet.
 * @throws ScanError `store-corrupt` when it is there and is not what its digest says
 */
export async function readCurrent(dir: string): Promise<{ digest: string; manifest: SnapshotManifest } | null> {
  const pointer = await readFile(paths.current(dir), 'utf8').catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')) return null;
    throw new ScanError('store-corrupt', 'the pointer to the current advisory snapshot cannot be read', { cause });
  });
  if (pointer === null) return null;
  const digest = pointer.trim();
  if (!Digest.safeParse(digest).success)
    throw new ScanError('store-corrupt', 'the pointer to the current advisory snapshot is no digest');
  const manifest = await readSnapshot(dir, digest);
  if (!manifest) throw new ScanError('store-corrupt', `the advisory snapshot ${digest} is not there`);
  return { digest, manifest };
}

/** @returns null where it is not there @throws ScanError `store-corrupt` when it is not what its digest says */
export async function readSnapshot(dir: string, digest: string): Promise<SnapshotManifest | null> {
  const bytes = await readFile(paths.manifest(dir, digest)).catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    throw new ScanError('store-corrupt', `the advisory snapshot ${digest} cannot be read`, { cause });
  });
  if (bytes === null) return null;
  if (bytes.length > MAX_MANIFEST || digestOf(bytes) !== digest)
    throw new ScanError('store-corrupt', `the advisory snapshot ${digest} has been changed`);
  return parseManifest(bytes);
}

/** @throws ScanError `store-corrupt` */
export function parseManifest(bytes: Buffer): SnapshotManifest {
  try {
    return SnapshotManifest.parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    throw new ScanError('store-corrupt', 'the advisory snapshot has another form', { cause });
  }
}
