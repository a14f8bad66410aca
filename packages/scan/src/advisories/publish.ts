/** Publishes feeds as a new snapshot: shards first, then the manifest, then the pointer, so that readers see all or nothing. */
import { mkdir, open, readdir, readFile, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ScanError } from '../error.ts';
import type { CollectedFeed } from './collect.ts';
import { encodeShard } from './shard.ts';
import {
  digestOf,
  EMPTY,
  encodeManifest,
  type FeedEntry,
  paths,
  readCurrent,
  type ShardEntry,
  type SnapshotManifest,
} from './snapshot.ts';
import { writeDurably } from './write-durably.ts';

/** Older snapshots that stay on disk for those who are about to open them. */
const KEPT_SNAPSHOTS = 3;
const LOCK_WAIT_MS = 60_000;
/** A lock this old was left behind by a process that died. */
const LOCK_STALE_MS = 10 * 60_000;

/**
 * Adds feeds to the current snapshot; each replaces the feed of its name.
 * @returns digest of the snapshot that is current now
 * @throws ScanError `store-corrupt`; errors of the file system
 */
export async function publish(dir: string, feeds: readonly CollectedFeed[]): Promise<string> {
  await mkdir(join(dir, 'shards'), { recursive: true });
  await mkdir(join(dir, 'snapshots'), { recursive: true });
  return withLock(dir, async () => {
    const entries: FeedEntry[] = [];
    for (const feed of feeds) entries.push(await writeFeed(dir, feed));
    const before = (await readCurrent(dir))?.manifest ?? EMPTY;
    // A seed gives way to what was imported since it was found missing.
    const imported = new Set(before.feeds.filter((each) => each.origin === 'import').map((each) => each.name));
    const taken = entries.filter((each) => each.origin === 'import' || !imported.has(each.name));
    const replaced = new Set(taken.map((each) => each.name));
    const manifest: SnapshotManifest = {
      format: 1,
      feeds: [...before.feeds.filter((each) => !replaced.has(each.name)), ...taken],
    };
    const bytes = encodeManifest(manifest);
    const digest = digestOf(bytes);
    await writeDurably(paths.manifest(dir, digest), bytes);
    await writeDurably(paths.current(dir), Buffer.from(`${digest}\n`));
    await prune(dir, digest);
    return digest;
  });
}

/**
 * Makes the snapshot with these bytes the current one, as it is.
 * @param fill brings the shards that are not there yet; nothing changes when it throws
 */
export async function publishSnapshot(dir: string, bytes: Buffer, fill: () => Promise<void>): Promise<string> {
  await mkdir(join(dir, 'shards'), { recursive: true });
  await mkdir(join(dir, 'snapshots'), { recursive: true });
  return withLock(dir, async () => {
    await fill();
    const digest = digestOf(bytes);
    await writeDurably(paths.manifest(dir, digest), bytes);
    await writeDurably(paths.current(dir), Buffer.from(`${digest}\n`));
    await prune(dir, digest);
    return digest;
  });
}

async function writeFeed(dir: string, feed: CollectedFeed): Promise<FeedEntry> {
  const shards: ShardEntry[] = [];
  for (const [ecosystem, names] of [...feed.shards].sort((a, b) => (a[0] < b[0] ? -1 : 1))) {
    const bytes = encodeShard(names);
    const digest = digestOf(bytes);
    const path = paths.shard(dir, digest);
    const there = await readFile(path).catch(() => null);
    if (!there?.equals(bytes)) await writeDurably(path, bytes);
    let count = 0;
    for (const list of names.values()) count += list.length;
    shards.push({ ecosystem, digest, size: bytes.length, names: names.size, records: count });
  }
  const { name, source, licence, date, records, unread, seed, partial, suites } = feed;
  const origin = seed === null ? 'import' : 'seed';
  return {
    ...{ name, source, licence, date, records, origin, seed, shards, unread },
    ...(partial.length > 0 ? { partial: [...partial].sort() } : {}),
    ...(suites ? { suites } : {}),
  };
}

async function withLock<T>(dir: string, work: () => Promise<T>): Promise<T> {
  const lock = join(dir, 'publishing');
  const deadline = performance.now() + LOCK_WAIT_MS;
  for (;;) {
    try {
      await mkdir(lock);
      break;
    } catch (cause) {
      const held = await stat(lock).catch(() => null);
      if (held && Date.now() - held.mtimeMs > LOCK_STALE_MS) await rm(lock, { recursive: true, force: true });
      else if (performance.now() > deadline)
        throw new ScanError(
          'store-corrupt',
          `another process has been publishing advisories into ${dir} for too long`,
          { cause },
        );
      else await sleep(50);
    }
  }
  try {
    return await work();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

/** Removes snapshots but the newest few, and shards that none of those names. Whoever has them open keeps them. */
async function prune(dir: string, current: string): Promise<void> {
  const folder = join(dir, 'snapshots');
  const found: { name: string; age: number }[] = [];
  for (const name of await readdir(folder))
    if (name.endsWith('.json')) found.push({ name, age: (await stat(join(folder, name))).mtimeMs });
  found.sort((a, b) => b.age - a.age);
  const kept = new Set([
    `${current.slice('sha256:'.length)}.json`,
    ...(await keptOnPurpose(dir, found)),
    ...found.slice(0, KEPT_SNAPSHOTS).map((each) => each.name),
  ]);
  const shards = new Set<string>();
  for (const name of kept)
    for (const shard of await shardsOf(join(folder, name))) shards.add(`${shard.slice('sha256:'.length)}.shard`);
  for (const each of found) if (!kept.has(each.name)) await unlink(join(folder, each.name)).catch(() => undefined);
  for (const name of await readdir(join(dir, 'shards')))
    if (!shards.has(name)) await unlink(join(dir, 'shards', name)).catch(() => undefined);
}

/** The snapshot that someone compares the next one with. */
async function keptOnPurpose(dir: string, found: readonly { name: string }[]): Promise<string[]> {
  const kept = (await readFile(paths.kept(dir), 'utf8').catch(() => '')).trim();
  return found.map((each) => each.name).filter((name) => `sha256:${name}` === `${kept}.json`);
}

async function shardsOf(path: string): Promise<string[]> {
  const file = await open(path, 'r');
  try {
    const manifest = JSON.parse(await file.readFile('utf8')) as SnapshotManifest;
    return manifest.feeds.flatMap((feed) => feed.shards.map((shard) => shard.digest));
  } finally {
    await file.close();
  }
}
