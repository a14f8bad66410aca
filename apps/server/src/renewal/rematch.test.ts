import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Inventory } from '@pratique/contract';
import {
  type AdvisoryStore,
  importAdvisories,
  Offers,
  openAdvisoryStore,
  openSnapshotOf,
  publishCandidates,
} from '@pratique/scan';
import { sql } from 'kysely';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { asSystem } from '../db/connect.ts';
import { makeAccount, makeImage, makeIndex, makeVerdict } from '../gate/account.fixture.ts';
import { readInventory } from '../inventory/read-inventory.ts';
import { storeInventory } from '../inventory/store-inventory.ts';
import { matchStoredPackages } from '../scan/match-packages.ts';
import { beginSweep } from '../scan/sweep.ts';
import { ChangedPackages, markPackages, packagesChanged } from './mark-packages.ts';
import { rematch as rematchWith } from './rematch.ts';

const { db } = await testDatabase();
const account = await asSystem(db, (tx) => makeAccount(tx, 'acme'));
const folder = await mkdtemp(join(tmpdir(), 'pratique-rematch-'));
afterAll(() => rm(folder, { recursive: true, force: true }));
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

/** The catalogue of exploited vulnerabilities covers no package. */
const KEV = {
  catalogVersion: '1',
  dateReleased: '2026-01-01T00:00:00Z',
  count: 1,
  vulnerabilities: [{ cveID: 'CVE-2000-0001', dateAdded: '2026-01-01', knownRansomwareCampaignUse: 'Unknown' }],
};

const stores = new Map<string, string>();
const history = {
  open: async (snapshot: string) => openSnapshotOf(stores.get(snapshot) ?? folder, snapshot),
  keep: async () => {},
};
const rematch = (to: AdvisoryStore) => rematchWith(db, to, history);

/** Debian's data on these packages; without any, the store holds a source that says nothing of Debian. */
async function storeOf(name: string, advisories: Record<string, string>): Promise<AdvisoryStore> {
  const feed = Object.fromEntries(
    Object.entries(advisories).map(([source, id]) => [
      source,
      {
        [id]: {
          description: 'a hole',
          releases: { bookworm: { status: 'resolved', fixed_version: '9', urgency: 'high', repositories: {} } },
        },
      },
    ]),
  );
  const [dir, file] = [join(folder, name), join(folder, `${name}.json`)];
  const isDebian = Object.keys(feed).length > 0;
  await writeFile(file, JSON.stringify(isDebian ? feed : KEV));
  await importAdvisories(dir, isDebian ? 'debian' : 'kev', file);
  const store = await openAdvisoryStore(dir);
  stores.set(store.snapshot, dir);
  return store;
}

/** `letter` is an image with these packages, scanned by the store. */
async function scanImage(letter: string, packages: string[], store: AdvisoryStore): Promise<void> {
  const inventory: Inventory = {
    revision: 2,
    distribution: { id: 'debian', version: '12', codename: 'bookworm', name: 'Debian 12' },
    packages: packages.map((name) => ({
      name,
      version: '1',
      type: 'deb',
      purl: `pkg:deb/debian/${name}@1`,
      sourceName: name,
      sourceVersion: '1',
      architecture: 'amd64',
      owner: null,
      licenses: [],
      layer: null,
      paths: [],
    })),
    files: [],
    missing: [],
  };
  await asSystem(db, async (tx) => {
    await makeImage(tx, account, digest(letter));
    await makeVerdict(tx, account, digest(letter));
    await storeInventory(tx, digest(letter), inventory);
    const stored = await readInventory(tx, digest(letter));
    if (stored) await packagesChanged(tx, await matchStoredPackages(tx, stored.inventoryId, stored, store));
  });
}

/** What the queue would do. @returns how many jobs there were */
async function runJobs(store: AdvisoryStore): Promise<number> {
  const { rows } = await sql<{ payload: unknown }>`delete from graphile_worker._private_jobs returning payload`.execute(
    db,
  );
  for (const { payload } of rows) await markPackages(db, store, ChangedPackages.parse(payload));
  return rows.length;
}

/** First letters of the images whose verdicts are due. */
async function due(): Promise<string[]> {
  const { rows } = await asSystem(db, (tx) =>
    sql<{ digest: string }>`select digest from verdict where renew_at <= now() order by digest`.execute(tx),
  );
  return rows.map((row) => row.digest.charAt(7));
}
const scans = async () =>
  (
    await asSystem(db, (tx) =>
      sql<{
        snapshot: string;
        gaps: number;
      }>`select distinct coalesce(w.snapshot, s.snapshot) as snapshot, jsonb_array_length(s.uncovered) as gaps from scan s left join advisory_sweep w on s.settled join inventory using (inventory_id) where revision = 2`.execute(
        tx,
      ),
    )
  ).rows;

beforeEach(async () => {
  await sql`truncate verdict, inventory, package, manifest cascade`.execute(db);
  await sql`update advisory_sweep set snapshot = null, target = null`.execute(db);
  await sql`delete from graphile_worker._private_jobs`.execute(db);
});

test('new advisories mark the images that hold the packages they speak of, the indexes that list them, and no others', async () => {
  const before = await storeOf('a-before', { adduser: 'CVE-2026-1' });
  await scanImage('a', ['netbase', 'adduser'], before);
  await scanImage('b', ['netbase'], before);
  await scanImage('c', ['adduser'], before);
  await asSystem(db, async (tx) => {
    await makeIndex(tx, account, digest('1'), [digest('b')]);
    await makeVerdict(tx, account, digest('1'));
  });
  expect(await runJobs(before)).toBe(0);
  const after = await storeOf('a-after', { adduser: 'CVE-2026-1', netbase: 'CVE-2026-2' });
  const seen = await rematch(after);
  expect(seen.changed).toBe(1);
  expect(await runJobs(after)).toBeGreaterThan(0);
  expect(await due()).toEqual(['1', 'a', 'b']);
  expect(await scans()).toMatchObject([{ snapshot: after.snapshot }]);
  // Once more finds nothing.
  expect(await rematch(after)).toEqual({ matched: 0, changed: 0, turned: 0 });
});

test('once all are swept, an update costs only the packages that it says something else of', async () => {
  const first = await storeOf('d-1', { adduser: 'CVE-2026-1', netbase: 'CVE-2026-2' });
  await scanImage('a', ['netbase', 'adduser', 'hostname'], first);
  await rematch(first);
  await runJobs(first);
  // The same packages, and one of another image that the swept snapshot has settled at once.
  await scanImage('b', ['netbase', 'login'], first);
  const second = await storeOf('d-2', { adduser: 'CVE-2026-1', netbase: 'CVE-2026-3' });
  expect(await rematch(second)).toEqual({ matched: 1, changed: 1, turned: 0 });
  await runJobs(second);
  expect(await due()).toEqual(['a', 'b']);
  expect(await scans()).toMatchObject([{ snapshot: second.snapshot }]);
});

test('what was matched with another snapshot while a sweep ran, or after it, is brought along by the next', async () => {
  const first = await storeOf('e-1', { adduser: 'CVE-2026-1' });
  const second = await storeOf('e-2', { adduser: 'CVE-2026-2' });
  await scanImage('a', ['adduser'], first);
  await rematch(second);
  await scanImage('b', ['netbase', 'adduser'], first); // by a process that has not seen the second yet
  expect(await rematch(second)).toMatchObject({ matched: 2 });
  expect(await scans()).toMatchObject([{ snapshot: second.snapshot }]);
  // A sweep that died half way is begun again.
  const third = await storeOf('e-3', { adduser: 'CVE-2026-3' });
  await asSystem(db, (tx) => beginSweep(tx, third.snapshot));
  await scanImage('c', ['adduser'], second);
  expect(await rematch(third)).toMatchObject({ changed: 1 });
  expect(await rematch(third)).toEqual({ matched: 0, changed: 0, turned: 0 });
});

test('where the swept snapshot is gone, everything is matched', async () => {
  const first = await storeOf('f-1', { adduser: 'CVE-2026-1' });
  await scanImage('a', ['netbase', 'adduser'], first);
  await rematch(first);
  stores.delete(first.snapshot);
  expect(await rematch(await storeOf('f-2', { adduser: 'CVE-2026-2' }))).toMatchObject({ matched: 2, changed: 1 });
});

test('where a source begins to speak of packages, scans no longer say that none does', async () => {
  const before = await storeOf('b-before', {});
  await scanImage('a', ['netbase'], before);
  await scanImage('b', ['adduser'], before);
  expect(await scans()).toEqual([{ snapshot: before.snapshot, gaps: 1 }]);
  const after = await storeOf('b-after', { netbase: 'CVE-2026-1', adduser: 'CVE-2026-2' });
  expect((await rematch(after)).turned).toBe(2);
  await runJobs(after);
  expect(await scans()).toEqual([{ snapshot: after.snapshot, gaps: 0 }]);
  expect(await due()).toEqual(['a', 'b']);
});

test('an image that comes with newer advisories tells of what they change for the images that were here before', async () => {
  const before = await storeOf('c-before', { adduser: 'CVE-2026-1' });
  await scanImage('a', ['netbase'], before);
  await scanImage('b', ['adduser'], before);
  const after = await storeOf('c-after', { adduser: 'CVE-2026-1', netbase: 'CVE-2026-2' });
  await scanImage('d', ['netbase', 'hostname'], after);
  expect(await runJobs(after)).toBe(1);
  expect(await due()).toEqual(['a', 'd']);
});

test('an update of nothing but what the suites offer matches nothing again and marks no image', async () => {
  const first = await storeOf('g', { adduser: 'CVE-2026-1' });
  await scanImage('a', ['netbase', 'adduser'], first);
  await rematch(first);
  await runJobs(first);
  await sql`update verdict set renew_at = now() + interval '1 day'`.execute(db);
  const offers = new Offers({ id: 'debian', release: '12', architecture: 'amd64' });
  const index = ['netbase', 'adduser'].map((name) => `Package: ${name}\nVersion: 2\nArchitecture: amd64\n`).join('\n');
  offers.add({ name: 'bookworm', date: '2026-08-01T00:00:00.000Z' }, Buffer.from(index), 'an index');
  await publishCandidates(join(folder, 'g'), [offers]);
  const second = await openAdvisoryStore(join(folder, 'g'));
  stores.set(second.snapshot, join(folder, 'g'));
  expect(second.snapshot).not.toBe(first.snapshot);
  expect(await rematch(second)).toEqual({ matched: 0, changed: 0, turned: 0 });
  expect(await runJobs(second)).toBe(0);
  expect(await due()).toEqual([]);
  expect(await scans()).toMatchObject([{ snapshot: second.snapshot }]);
});
