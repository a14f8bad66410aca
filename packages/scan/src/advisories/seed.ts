/** Builds the advisory data from the seed that comes with the program, so that the first scan needs no network. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { zstdDecompressSync } from 'node:zlib';
import { z } from 'zod';
import { ScanError } from '../error.ts';
import type { CollectedFeed } from './collect.ts';
import { publish } from './publish.ts';
import type { AdvisoryRecord } from './record.ts';
import { digestOf, readCurrent } from './snapshot.ts';

const SEED_DIR = fileURLToPath(new URL('../../seed/', import.meta.url));
const MAX_SEED_FILE = 256 * 1024 * 1024;

/** First line of a seed file. */
export const SeedHeader = z.object({
  name: z.string(),
  source: z.string(),
  licence: z.string(),
  date: z.string().nullable(),
  unread: z.record(z.string(), z.array(z.string())),
});

/** Every other line: ecosystem, package, what is said of it. Records are checked when they are looked up. */
export type SeedLine = [ecosystem: string, name: string, records: (AdvisoryRecord | Record<string, unknown>)[]];
const SeedLine = z.tuple([z.string(), z.string(), z.array(z.looseObject({}))]);

/**
 * Publishes the seed's feeds that the directory has not, or has from an older seed; a feed that was imported stays.
 * Takes a second or two the first time and almost nothing after it.
 *
 * @throws ScanError `store-corrupt`; errors of the file system
 */
export async function ensureSeed(dir: string, seedDir: string = SEED_DIR): Promise<void> {
  const current = await readCurrent(dir);
  const files = new Map<string, { path: string; bytes: Buffer }[]>();
  for (const name of (await readdir(seedDir)).filter((each) => each.endsWith('.jsonl.zst')).sort()) {
    const path = join(seedDir, name);
    files.set(feedOfFile(name), [...(files.get(feedOfFile(name)) ?? []), { path, bytes: await readFile(path) }]);
  }
  const feeds: CollectedFeed[] = [];
  for (const [name, parts] of files) {
    const seed = digestOf(Buffer.concat(parts.map((part) => part.bytes)));
    const there = current?.manifest.feeds.find((feed) => feed.name === name);
    if (there && (there.origin === 'import' || there.seed === seed)) continue;
    feeds.push(readFeed(parts, seed));
  }
  if (feeds.length > 0) await publish(dir, feeds);
}

/** `osv-AlmaLinux.2.jsonl.zst` is a part of the feed `osv:AlmaLinux`. */
export function feedOfFile(file: string): string {
  return file.replace(/(?:\.\d+)?\.jsonl\.zst$/, '').replace('-', ':');
}

/** All parts of a feed, joined. */
function readFeed(parts: readonly { path: string; bytes: Buffer }[], seed: string): CollectedFeed {
  let feed: CollectedFeed | null = null;
  for (const { path, bytes } of parts) {
    const lines = zstdDecompressSync(bytes, { maxOutputLength: MAX_SEED_FILE }).toString('utf8').split('\n');
    const header = SeedHeader.safeParse(JSON.parse(lines[0] ?? 'null'));
    if (!header.success) throw new ScanError('store-corrupt', `the seed file ${path} has no header`);
    feed ??= { ...header.data, shards: new Map(), records: 0, partial: [], seed };
    for (const line of lines.slice(1)) if (line !== '') addLine(feed, SeedLine.parse(JSON.parse(line)));
  }
  if (!feed) throw new ScanError('store-corrupt', 'a seed without files');
  return feed;
}

function addLine(feed: CollectedFeed, [ecosystem, name, records]: z.infer<typeof SeedLine>): void {
  let shard = feed.shards.get(ecosystem);
  if (!shard) feed.shards.set(ecosystem, (shard = new Map()));
  shard.set(name, [...(shard.get(name) ?? []), ...records]);
  feed.records += records.length;
}
