/** Fetches files of an archive: bounded, checked against a known hash, kept in a cache that is checked on every read. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ComposeError } from '../error.ts';

export type Download = { fetch: typeof globalThis.fetch; cacheDir: string };

/** What a signed file says about another: SHA-256 in hex and size in bytes. */
export type Expected = { sha256: string; size: number };

const ATTEMPTS = 3;

/**
 * Fetches a small file of unknown content, at most `limit` bytes.
 *
 * @returns null where the archive answers that it has no such file
 * @throws ComposeError `archive-unreachable`, `too-large`
 */
export async function fetchBounded(download: Download, url: string, limit: number): Promise<Buffer | null> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await fetchOnce(download, url, limit);
    } catch (cause) {
      if (cause instanceof ComposeError && cause.code === 'too-large') throw cause;
      if (attempt === ATTEMPTS) {
        const why = cause instanceof Error ? describe(cause) : String(cause);
        throw new ComposeError('archive-unreachable', `${url} cannot be fetched: ${why}`, { cause });
      }
      await new Promise((resolve) => setTimeout(resolve, attempt * 300));
    }
  }
}

async function fetchOnce(download: Download, url: string, limit: number): Promise<Buffer | null> {
  const response = await download.fetch(url, { signal: AbortSignal.timeout(300_000), redirect: 'follow' });
  if (response.status === 404 || response.status === 410 || response.status === 403) {
    await response.body?.cancel();
    return null;
  }
  if (!response.ok || !response.body) throw new Error(`the archive answers ${response.status}`);
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > limit) {
      await reader.cancel();
      throw new ComposeError('too-large', `${url} has more than the ${limit} bytes that are expected`);
    }
    parts.push(value);
  }
  return Buffer.concat(parts, size);
}

function describe(error: Error): string {
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}

/**
 * A file whose hash and size are known, from the cache where it is whole, otherwise from the first address that has it.
 *
 * @returns the file's place in the cache and its bytes; the bytes were checked in this call
 * @throws ComposeError `hash-mismatch`, `archive-unreachable`, `archive-invalid` (the archive has no such file)
 */
export async function fetchVerified(
  download: Download,
  urls: string[],
  expected: Expected,
  name: string,
): Promise<{ bytes: Buffer; path: string; cached: boolean }> {
  const folder = join(download.cacheDir, 'sha256', expected.sha256.slice(0, 2));
  const path = join(folder, expected.sha256);
  const kept = await readFile(path).catch(() => null);
  if (kept && kept.length === expected.size && sha256(kept) === expected.sha256) {
    return { bytes: kept, path, cached: true };
  }
  for (const url of urls) {
    const bytes = await fetchBounded(download, url, expected.size);
    if (!bytes) continue;
    check(bytes, expected, name);
    await mkdir(folder, { recursive: true });
    const temporary = `${path}.${randomUUID()}`;
    await writeFile(temporary, bytes);
    await rename(temporary, path).catch((error: unknown) =>
      rm(temporary, { force: true }).then(() => Promise.reject(error)),
    );
    return { bytes, path, cached: false };
  }
  throw new ComposeError('archive-invalid', `the archive lists ${name} but does not have it at ${urls.join(' or ')}`);
}

function check(bytes: Buffer, expected: Expected, name: string): void {
  if (bytes.length !== expected.size) {
    throw new ComposeError(
      'hash-mismatch',
      `${name} has ${bytes.length} bytes; the archive's signature says ${expected.size}`,
    );
  }
  const found = sha256(bytes);
  if (found !== expected.sha256) {
    throw new ComposeError(
      'hash-mismatch',
      `${name} has SHA-256 ${found}; the archive's signature says ${expected.sha256}`,
    );
  }
}

/** SHA-256 in lower-case hex. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
