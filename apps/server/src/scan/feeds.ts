/** Keeps the advisories fresh: fetches each configured feed, imports it in a child, remembers how each one fares. */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FeedSource } from '@pratique/scan';
import { sql } from 'kysely';
import type { Logger } from 'pino';
import { childPermissions } from '../children/child-permissions.ts';
import { asSystem, type Db } from '../db/connect.ts';
import type { CandidateOrder } from './candidates.ts';

export type FeedDefinition =
  | { name: string; source: FeedSource; url: string }
  /** Several signed files that name each other: the child fetches them itself. */
  | { name: string; source: 'candidates'; order: CandidateOrder };
export type FeedState = { triedAt: string; succeededAt: string | null; etag: string | null; error: string | null };

const OSV = 'https://osv-vulnerabilities.storage.googleapis.com';
const ALPINE = ['v3.20', 'v3.21', 'v3.22', 'v3.23', 'edge'];
const ECOSYSTEMS = [
  ...['npm', 'PyPI', 'Go', 'crates.io', 'Maven', 'RubyGems', 'Packagist', 'NuGet', 'Bitnami'],
  ...['Ubuntu', 'AlmaLinux', 'Rocky Linux', 'Red Hat', 'SUSE', 'openSUSE'],
];
/** NVD publishes a file for each year, the first with all before it. */
const NVD_YEARS = Array.from({ length: 2026 - 2002 + 1 }, (_, at) => 2002 + at);

/** Public feeds in their publishers' formats. */
export const DEFAULT_FEEDS: readonly FeedDefinition[] = [
  { name: 'debian', source: 'debian', url: 'https://security-tracker.debian.org/tracker/data/json' },
  {
    name: 'kev',
    source: 'kev',
    url: 'https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json',
  },
  { name: 'epss', source: 'epss', url: 'https://epss.empiricalsecurity.com/epss_scores-current.csv.gz' },
  ...ECOSYSTEMS.map((ecosystem) => ({
    name: `osv-${ecosystem.toLowerCase().replace(' ', '-')}`,
    source: 'osv' as const,
    url: `${OSV}/${encodeURIComponent(ecosystem)}/all.zip`,
  })),
  { name: 'wolfi', source: 'wolfi', url: 'https://packages.wolfi.dev/os/security.json' },
  ...NVD_YEARS.map((year) => ({
    name: `nvd-${year}`,
    source: 'nvd' as const,
    url: `https://nvd.nist.gov/feeds/json/cve/2.0/nvdcve-2.0-${year}.json.gz`,
  })),
  ...ALPINE.flatMap((release) =>
    ['main', 'community'].map((part) => ({
      name: `alpine-${release}-${part}`,
      source: 'alpine' as const,
      url: `https://secdb.alpinelinux.org/${release}/${part}.json`,
    })),
  ),
];

const MAX_FEED_BYTES = 2 * 1024 ** 3;
const FETCH_TIMEOUT_MS = 10 * 60_000;
const IMPORT_TIMEOUT_MS = 20 * 60_000;
const CHILD = join(import.meta.dirname, 'feed-child.ts');
const CANDIDATES_CHILD = join(import.meta.dirname, 'candidates-child.ts');
/** Where a machine's own apt says which archives and keys it trusts. */
const APT = ['/etc/apt', '/usr/share/keyrings'];

export type FeedsDeps = { db: Db; dir: string; root: string; log: Logger; fetch: typeof globalThis.fetch };

/** Fetches every feed once. One that fails leaves what it brought last time, and says so. */
export async function updateFeeds(
  deps: FeedsDeps,
  feeds: readonly FeedDefinition[],
): Promise<Record<string, FeedState>> {
  const states = await readFeedStates(deps.db);
  for (const feed of feeds) {
    const before = states[feed.name];
    const triedAt = new Date().toISOString();
    try {
      const etag = await updateFeed(deps, feed, before?.etag ?? null);
      states[feed.name] = { triedAt, succeededAt: triedAt, etag, error: null };
    } catch (error) {
      const reason =
        error instanceof Error ? ((error.cause as Error | undefined)?.message ?? error.message) : String(error);
      states[feed.name] = {
        triedAt,
        succeededAt: before?.succeededAt ?? null,
        etag: before?.etag ?? null,
        error: reason.slice(0, 500),
      };
    }
    await storeFeedStates(deps.db, states);
  }
  const failed = feeds.filter((feed) => states[feed.name]?.error);
  if (failed.length > 0)
    deps.log.warn(
      { failed: failed.map((feed) => ({ name: feed.name, error: states[feed.name]?.error })) },
      'some advisory feeds could not be fetched; what they brought before stays',
    );
  return states;
}

export async function readFeedStates(db: Db): Promise<Record<string, FeedState>> {
  const { rows } = await asSystem(db, (tx) =>
    sql<{ value: Record<string, FeedState> }>`select value from setting where key = 'advisories.feeds'`.execute(tx),
  );
  return rows[0]?.value ?? {};
}

async function storeFeedStates(db: Db, states: Record<string, FeedState>): Promise<void> {
  await asSystem(db, (tx) =>
    sql`
    insert into setting (key, value) values ('advisories.feeds', ${JSON.stringify(states)}::jsonb)
    on conflict (key) do update set value = excluded.value, updated_at = now()`.execute(tx),
  );
}

async function updateFeed(deps: FeedsDeps, feed: FeedDefinition, etag: string | null): Promise<string | null> {
  if (feed.source === 'candidates') {
    await updateCandidates(deps, feed.order);
    return null;
  }
  const folder = await mkdtemp(join(tmpdir(), 'pratique-feed-'));
  try {
    const response = await deps.fetch(feed.url, {
      headers: etag ? { 'if-none-match': etag } : {},
      signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
    });
    if (response.status === 304) return etag;
    if (!response.ok || !response.body) throw new Error(`${new URL(feed.url).host} answered ${response.status}`);
    // The importers tell forms apart by name.
    const form = /\.(?:zip|tar|tgz|json|ya?ml|xml|csv)(?:\.gz|\.zst)?$/.exec(new URL(feed.url).pathname)?.[0];
    const file = join(folder, `feed${form ?? '.json'}`);
    await pipeline(
      Readable.fromWeb(response.body as import('node:stream/web').ReadableStream),
      atMost(MAX_FEED_BYTES),
      createWriteStream(file),
    );
    const permissions = childPermissions(deps.root, [folder, deps.dir], [deps.dir]);
    await runChild(permissions, CHILD, [deps.dir, feed.source, file]);
    return response.headers.get('etag');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function atMost(limit: number): Transform {
  let size = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      done(size > limit ? new Error(`the feed has more than ${limit} bytes`) : null, chunk);
    },
  });
}

async function updateCandidates({ root, dir }: FeedsDeps, order: CandidateOrder): Promise<void> {
  await mkdir(order.cacheDir, { recursive: true });
  const keyring = order.keyring === undefined ? [] : [order.keyring];
  const permissions = childPermissions(root, [dir, order.cacheDir, ...APT, ...keyring], [dir, order.cacheDir]);
  await runChild(permissions, CANDIDATES_CHILD, [dir, JSON.stringify(order)]);
}

/** A feed is somebody else's text: it is parsed where there is neither database nor key nor secret. */
function runChild(permissions: readonly string[], script: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [...permissions, '--max-old-space-size=2048', '--no-warnings', script, ...args],
      { env: { LANG: 'C.UTF-8' }, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let complaint = '';
    const timer = setTimeout(() => child.kill('SIGKILL'), IMPORT_TIMEOUT_MS);
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString('utf8')).slice(-1000);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve();
      else reject(new Error(complaint.trim() || `the import ended with ${signal ?? `code ${code}`}`));
    });
  });
}
