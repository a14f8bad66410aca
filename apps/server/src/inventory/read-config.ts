/** Reads an image's configuration out of the blob store. */
import { sql } from 'kysely';
import type { BlobStore } from '../blobs/store.ts';
import type { Tx } from '../db/connect.ts';
import { ImageConfig, MAX_CONFIG_BYTES } from './image-config.ts';

/** The configuration that a manifest names; null for an index, an artifact, or what cannot be read. */
export async function readConfigOf(tx: Tx, store: BlobStore, digest: string): Promise<ImageConfig | null> {
  const { rows } = await sql<{ digest: string; size: number }>`
    select b.digest, b.size from manifest m join blob b on b.digest = m.config_digest where m.digest = ${digest}`.execute(
    tx,
  );
  return rows[0] && (await store.has(rows[0].digest)) ? readConfigBlob(store, rows[0]) : null;
}

/** @returns null for an artifact's configuration, or none at all */
export async function readConfigBlob(
  store: BlobStore,
  descriptor: { digest: string; size: number },
): Promise<ImageConfig | null> {
  if (descriptor.size < 1 || descriptor.size > MAX_CONFIG_BYTES) return null;
  const chunks: Buffer[] = [];
  // No more than was said: a buffer of just that size, and no second read to find the end.
  const range = { start: 0, end: descriptor.size - 1 };
  for await (const chunk of store.read(descriptor.digest, range)) chunks.push(chunk as Buffer);
  try {
    return ImageConfig.parse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
  } catch {
    return null;
  }
}
