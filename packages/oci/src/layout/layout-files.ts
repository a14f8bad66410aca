/** The files of an OCI image layout, read within bounds. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDigest } from '@pratique/contract';
import { OciError } from '../error.ts';
import { type Descriptor, ImageIndex } from '../manifest.ts';

export const REF_NAME = 'org.opencontainers.image.ref.name';
const CONTAINERD_NAME = 'io.containerd.image.name';
const MAX_INDEX_BYTES = 16 * 1024 * 1024;

/** The names that an entry of index.json goes by. */
export function namesOf(entry: Descriptor): string[] {
  return [REF_NAME, CONTAINERD_NAME].flatMap((key) => entry.annotations?.[key] ?? []);
}

/** @throws OciError `layout-invalid`; @returns null where there is none */
export async function readIndex(dir: string): Promise<ImageIndex | null> {
  const path = join(dir, 'index.json');
  if ((await fileSize(path)) === null) return null;
  const bytes = await readBounded(path, MAX_INDEX_BYTES, 'index.json');
  try {
    return ImageIndex.parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    throw new OciError('layout-invalid', `${path} is no OCI index`, { cause });
  }
}

/** @throws OciError `layout-invalid` for what is no digest */
export function blobPath(dir: string, digest: string): string {
  if (!isDigest(digest)) throw new OciError('layout-invalid', `${digest.slice(0, 100)} is no sha256 digest`);
  return join(dir, 'blobs', 'sha256', digest.slice('sha256:'.length));
}

/** Null where there is nothing. @throws OciError `layout-invalid` for what is no regular file: a pipe would never end */
export async function fileSize(path: string): Promise<number | null> {
  const found = await stat(path).catch((error: { code?: string }) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw new OciError('layout-invalid', `${path} cannot be read (${error.code ?? 'unknown'})`, { cause: error });
  });
  if (found === null) return null;
  if (!found.isFile()) throw new OciError('layout-invalid', `${path} is no regular file`);
  return found.size;
}

/** @throws OciError `not-found`, `layout-invalid` when there are more than `limit` bytes */
export async function readBounded(path: string, limit: number, what: string): Promise<Buffer> {
  const size = await fileSize(path);
  if (size === null) throw new OciError('not-found', `${what} is not there (${path})`);
  if (size > limit) throw new OciError('layout-invalid', `${what} has ${size} bytes; at most ${limit} are read`);
  return readFile(path);
}
