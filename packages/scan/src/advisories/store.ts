/** Opens the advisory data for look-ups: read by server and CLI alike, from files, without a database. */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { Severity } from '@pratique/contract/finding';
import { z } from 'zod';
import { Candidate, isCandidatesKey } from '../candidates/candidate.ts';
import { ScanError } from '../error.ts';
import { NVD, packageKey } from './ecosystems.ts';
import { EPSS } from './importers/epss.ts';
import { KEV } from './importers/kev.ts';
import { AdvisoryRecord } from './record.ts';
import { Shard } from './shard.ts';
import { paths, readCurrent, readSnapshot, type SnapshotManifest } from './snapshot.ts';
import { writeDurably } from './write-durably.ts';

export type SourceSummary = { name: string; date: string | null; records: number; licence: string };

/** A record with the source that published it, for example `debian`. */
export type Advisory = AdvisoryRecord & { source: string };

export type AdvisoryStore = {
  /** Digest of the snapshot; immutable while the store is open, whatever is published meanwhile. */
  snapshot: string;
  sources: SourceSummary[];
  /** Ecosystem keys for which there is data, as OSV names them: `Debian:12`, `Go`. */
  ecosystems: string[];
  /** The same and what is no ecosystem: `KEV`, `EPSS`, `NVD:2024`, `Candidates:debian:12:amd64`. */
  shardKeys: string[];
  /** False where no feed knows all that is known of an ecosystem; one may know something nevertheless. */
  covers(ecosystem: string): boolean;
  /** False for a package on which the feeds of its ecosystem say nothing, neither good nor bad. */
  reads(ecosystem: string, name: string): boolean;
  /** @throws ScanError `store-corrupt` */
  lookup(ecosystem: string, name: string): Advisory[];
  /** In the catalogue of known exploited vulnerabilities. */
  exploited(cve: string): boolean;
  /** How likely it is to be exploited within thirty days, and of how many of all holes that is said less; null where nothing is known. */
  likelihood(cve: string): Likelihood | null;
  /** What NVD says of a hole that its sources do not rate; null where it says nothing. */
  rating(cve: string): Rating | null;
  /** When the archive last said something of a release and architecture (`candidatesKey`); undefined where nothing is here. */
  candidatesDate(key: string): string | null | undefined;
  /** What the suites offer of a package; null where they have none of that name. @throws ScanError `store-corrupt` */
  candidate(key: string, name: string): Candidate | null;
  /** Names the files that an ecosystem is read from: where they are the same, so is all that is said. */
  shards(ecosystem: string): string;
  /** Packages of an ecosystem of which its feeds say nothing although they cover it. */
  unread(ecosystem: string): ReadonlySet<string>;
  /** Packages of an ecosystem with a fingerprint of all that is said of each, to compare two snapshots by. */
  fingerprints(ecosystem: string): Map<string, string>;
  close(): void;
};

const Likelihood = z.object({ probability: z.number(), percentile: z.number() });
export type Likelihood = z.infer<typeof Likelihood>;

const Rating = z.object({
  severity: Severity,
  severitySource: z.string().nullable(),
  standing: z.enum(['disputed', 'rejected']).nullable(),
});
export type Rating = z.infer<typeof Rating>;

type OpenShard = { source: string; ecosystem: string; digest: string; shard: Shard; file: number };

const Records = z.array(AdvisoryRecord);
// Made once: making a schema costs more than using it.
const Likelihoods = z.array(Likelihood).max(1);
const Ratings = z.array(Rating).max(1);
const Candidates = z.array(Candidate).max(1);

/**
 * Opens the current snapshot. The files stay open, so that a later publication changes nothing for this store.
 * @throws ScanError `store-missing` where nothing was published, `store-corrupt`
 */
export async function openAdvisoryStore(dir: string): Promise<AdvisoryStore> {
  for (let tries = 1; ; tries += 1) {
    const current = await readCurrent(dir);
    if (!current) throw new ScanError('store-missing', `there is no advisory data in ${dir}`);
    try {
      return openSnapshot(dir, current);
    } catch (error) {
      // Publications that came in between may have removed what the pointer named a moment ago.
      const now = await readCurrent(dir);
      if (tries === 3 || now?.digest === current.digest) throw error;
    }
  }
}

/** Opens an earlier snapshot. @returns null where it is no longer there @throws ScanError `store-corrupt` */
export async function openSnapshotOf(dir: string, digest: string): Promise<AdvisoryStore | null> {
  const manifest = await readSnapshot(dir, digest);
  return manifest && openSnapshot(dir, { digest, manifest });
}

/** Keeps a snapshot on disk, whatever is published, until another one is kept. */
export async function keepSnapshot(dir: string, digest: string): Promise<void> {
  await writeDurably(paths.kept(dir), Buffer.from(`${digest}\n`));
}

function openSnapshot(dir: string, current: { digest: string; manifest: SnapshotManifest }): AdvisoryStore {
  const byEcosystem = new Map<string, OpenShard[]>();
  const files: number[] = [];
  const close = (): void => {
    for (const file of files.splice(0)) closeSync(file);
  };
  const unread = new Map<string, Set<string>>();
  const covered = new Set<string>();
  const dates = new Map<string, string | null>();
  try {
    for (const feed of current.manifest.feeds) {
      for (const [ecosystem, names] of Object.entries(feed.unread))
        unread.set(ecosystem, new Set([...(unread.get(ecosystem) ?? []), ...names]));
      for (const { ecosystem, digest, size } of feed.shards) {
        if (isCandidatesKey(ecosystem)) dates.set(ecosystem, feed.date);
        else if (!feed.partial?.includes(ecosystem)) covered.add(ecosystem);
        const file = openShardFile(paths.shard(dir, digest), digest, size);
        files.push(file);
        const open = { source: feed.source, ecosystem, digest, shard: new Shard(file, size), file };
        byEcosystem.set(ecosystem, [...(byEcosystem.get(ecosystem) ?? []), open]);
      }
    }
  } catch (error) {
    close();
    throw error;
  }
  return {
    snapshot: current.digest,
    sources: current.manifest.feeds.map(({ name, date, records, licence }) => ({ name, date, records, licence })),
    ecosystems: [...byEcosystem.keys()]
      .filter((key) => key !== KEV && key !== EPSS && !key.startsWith(`${NVD}:`) && !isCandidatesKey(key))
      .sort(),
    shardKeys: [...byEcosystem.keys()].sort(),
    covers: (ecosystem) => covered.has(ecosystem),
    reads: (ecosystem, name) => !unread.get(ecosystem)?.has(name),
    lookup: remember((ecosystem, name) => lookUp(byEcosystem.get(ecosystem) ?? [], packageKey(ecosystem, name))),
    exploited: (cve) => (byEcosystem.get(KEV) ?? []).some(({ shard }) => shard.get(cve) !== undefined),
    likelihood: (cve) => firstOf(byEcosystem.get(EPSS) ?? [], cve, Likelihoods),
    rating: (cve) => firstOf(byEcosystem.get(`${NVD}:${cve.slice(4, 8)}`) ?? [], cve, Ratings),
    candidatesDate: (key) => dates.get(key),
    candidate: (key, name) => firstOf(byEcosystem.get(key) ?? [], name, Candidates),
    shards: (ecosystem) =>
      (byEcosystem.get(ecosystem) ?? []).map(({ source, digest }) => `${source}=${digest}`).join(','),
    unread: (ecosystem) => unread.get(ecosystem) ?? NOTHING,
    fingerprints: (ecosystem) => fingerprints(byEcosystem.get(ecosystem) ?? []),
    close,
  };
}

function openShardFile(path: string, digest: string, size: number): number {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    throw new ScanError('store-corrupt', `the advisory shard ${digest} is not there`, { cause });
  }
  if (fstatSync(file).size === size) return file;
  closeSync(file);
  throw new ScanError(
    'store-corrupt',
    `the advisory shard ${digest} does not have the ${size} bytes that the snapshot says`,
  );
}

/** Packages built from one source are asked for one after the other. */
const REMEMBERED = 64;

function remember(look: AdvisoryStore['lookup']): AdvisoryStore['lookup'] {
  const known = new Map<string, Advisory[]>();
  return (ecosystem, name) => {
    const key = `${ecosystem}\t${name}`;
    const before = known.get(key);
    if (before) return before;
    const found = look(ecosystem, name);
    if (known.size >= REMEMBERED) known.clear();
    known.set(key, found);
    return found;
  };
}

function lookUp(shards: readonly OpenShard[], name: string): Advisory[] {
  const found: Advisory[] = [];
  for (const { source, shard, digest } of shards) {
    const value = shard.get(name);
    if (value === undefined) continue;
    const records = Records.safeParse(value);
    if (!records.success)
      throw new ScanError('store-corrupt', `the advisory shard ${digest} holds something else than advisories`);
    for (const record of records.data) found.push({ ...record, source });
  }
  return found;
}

const NOTHING: ReadonlySet<string> = new Set();

function firstOf<T>(shards: readonly OpenShard[], name: string, schema: z.ZodType<T[]>): T | null {
  for (const { shard } of shards) {
    const value = shard.get(name);
    const [first] = value === undefined ? [] : (schema.safeParse(value).data ?? []);
    if (first) return first;
  }
  return null;
}

function fingerprints(shards: readonly OpenShard[]): Map<string, string> {
  const all = new Map<string, string>();
  for (const { shard, source } of shards)
    for (const { name, value } of shard.entries()) all.set(name, `${all.get(name) ?? ''}${source}:${hash(value)};`);
  return all;
}

/** 53 bits are enough to see a change; nobody gains by a collision that keeps an old match for a day. */
function hash(bytes: Buffer): string {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 2654435761);
    b = Math.imul(b ^ byte, 1597334677);
  }
  return `${(a >>> 0).toString(16)}${(b >>> 0).toString(16)}`;
}
