import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AdvisoryStore, keepSnapshot, openSnapshotOf } from '@pratique/scan';
import { sql } from 'kysely';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { asSystem, asTenant } from '../db/connect.ts';
import { makeAccount } from '../gate/account.fixture.ts';
import { rematch as rematchWith, type SnapshotHistory } from '../renewal/rematch.ts';
import {
  debianInventory,
  digestOf,
  type Hole,
  sayOfDebian,
  scanAgain,
  scanDebianImage,
} from './debian-store.fixture.ts';
import { forgetUpdates } from './forget-updates.ts';
import { matchPackages } from './match-packages.ts';
import { type Known, kindOf } from './record-update.ts';
import { beginSweep } from './sweep.ts';

const { db } = await testDatabase();
const folder = await mkdtemp(join(tmpdir(), 'pratique-updates-'));
afterAll(() => rm(folder, { recursive: true, force: true }));
const acme = await asSystem(db, (tx) => makeAccount(tx, 'acme'));
const rival = await asSystem(db, (tx) => makeAccount(tx, 'rival'));

let dir = '';
let run = 0;
const history: SnapshotHistory = {
  open: (snapshot) => openSnapshotOf(dir, snapshot),
  keep: (snapshot) => keepSnapshot(dir, snapshot),
};
const say = (holes: Record<string, readonly Hole[]>) => sayOfDebian(dir, holes);
const rematch = (store: AdvisoryStore) => rematchWith(db, store, history);

beforeEach(async () => {
  dir = join(folder, String(++run));
  await sql`truncate verdict, inventory, package, manifest, advisory_update cascade`.execute(db);
  await sql`update advisory_sweep set snapshot = null, target = null`.execute(db);
});

/** The accounts of all updates, as `kind hole package`, by update. */
async function told(): Promise<string[][]> {
  const { rows } = await asSystem(db, (tx) =>
    sql<{ update_id: number; said: string }>`
      select update_id, kind || ' ' || advisory_id || ' ' || name as said from advisory_update_row join package using (package_id) order by update_id, said`.execute(
      tx,
    ),
  );
  return [...Map.groupBy(rows, (row) => row.update_id).values()].map((group) => group.map((row) => row.said));
}
const updates = async () =>
  (
    await asSystem(db, (tx) =>
      sql<{ from_snapshot: string | null; to_snapshot: string; ended: boolean }>`
        select from_snapshot, to_snapshot, finished_at is not null as ended from advisory_update order by update_id`.execute(
        tx,
      ),
    )
  ).rows;

const known = (status: Known['status']): Known => ({ severity: 'high', status, fixedVersion: null, exploited: false });

test.each([
  [null, known('affected'), 'affected'],
  [known('not-affected'), known('affected'), 'affected'],
  [known('affected'), null, 'cleared'],
  [known('will-not-fix'), known('not-affected'), 'cleared'],
  [known('affected'), known('will-not-fix'), 'changed'],
  [null, known('not-affected'), null],
  [known('not-affected'), null, null],
] as const)('a hole that was %o and is %o: %s', (before, after, kind) => {
  expect(kindOf({ before, after })).toBe(kind);
});

test('an update is told as what is new, gone and said otherwise; the first match of an image is news to nobody', async () => {
  const first = await say({
    zlib: [{ id: 'CVE-2026-1', fixed: '9' }],
    bash: [{ id: 'CVE-2026-2' }],
    tar: [{ id: 'CVE-2026-3', fixed: '0.5' }],
  });
  await scanDebianImage(db, acme, digestOf(1), ['zlib', 'bash', 'tar', 'sed'], first);
  await rematch(first);
  expect(await told()).toEqual([]);
  const second = await say({
    zlib: [{ id: 'CVE-2026-1', fixed: '0.5' }],
    bash: [{ id: 'CVE-2026-2', fixed: '8' }],
    tar: [{ id: 'CVE-2026-3', fixed: '0.5' }],
    sed: [{ id: 'CVE-2026-4' }],
    gzip: [{ id: 'CVE-2026-5' }],
  });
  await rematch(second);
  expect(await told()).toEqual([['affected CVE-2026-4 sed', 'changed CVE-2026-2 bash', 'cleared CVE-2026-1 zlib']]);
  expect(await updates()).toEqual([{ from_snapshot: first.snapshot, to_snapshot: second.snapshot, ended: true }]);
  // An image that is scanned afterwards by the same advisories changes nothing of it.
  await scanDebianImage(db, acme, digestOf(2), ['gzip', 'bash'], second);
  expect(await told()).toHaveLength(1);
  expect((await told())[0]).toHaveLength(3);
});

test('a sweep that was ended between two packages goes on, and neither loses nor doubles what it told', async () => {
  const first = await say({});
  await scanDebianImage(db, acme, digestOf(1), ['zlib', 'bash', 'tar'], first);
  await rematch(first);
  const second = await say(Object.fromEntries(['zlib', 'bash', 'tar'].map((name) => [name, [{ id: 'CVE-2026-1' }]])));
  // As far as a process came that was killed: one package is committed, of the next nothing is.
  await asSystem(db, (tx) => beginSweep(tx, second.snapshot));
  const { rows } = await asSystem(db, (tx) =>
    sql<{
      package_id: number;
    }>`select package_id from package where name in ('zlib', 'bash') order by package_id`.execute(tx),
  );
  const [one, other] = rows.map((row) => row.package_id) as [number, number];
  await asSystem(db, (tx) => matchPackages(tx, [one], second));
  await expect(
    asSystem(db, async (tx) => {
      await matchPackages(tx, [other], second);
      throw new Error('killed');
    }),
  ).rejects.toThrow('killed');
  expect((await told()).flat()).toHaveLength(1);
  expect(await updates()).toMatchObject([{ ended: false }]);
  await rematch(second);
  await rematch(second);
  expect(await told()).toEqual([['affected CVE-2026-1 bash', 'affected CVE-2026-1 tar', 'affected CVE-2026-1 zlib']]);
  expect(await updates()).toEqual([{ from_snapshot: first.snapshot, to_snapshot: second.snapshot, ended: true }]);
});

test('a sweep that another one overtakes leaves its account, and the next begins where it came to', async () => {
  const first = await say({});
  await scanDebianImage(db, acme, digestOf(1), ['zlib', 'bash'], first);
  await rematch(first);
  const second = await say({ zlib: [{ id: 'CVE-2026-1' }], bash: [{ id: 'CVE-2026-1' }] });
  await asSystem(db, (tx) => beginSweep(tx, second.snapshot));
  await asSystem(db, async (tx) => {
    const { rows } = await sql<{ package_id: number }>`select package_id from package where name = 'zlib'`.execute(tx);
    await matchPackages(
      tx,
      rows.map((row) => row.package_id),
      second,
    );
  });
  const third = await say({ bash: [{ id: 'CVE-2026-1' }] });
  await rematch(third);
  expect(await told()).toEqual([['affected CVE-2026-1 zlib'], ['affected CVE-2026-1 bash', 'cleared CVE-2026-1 zlib']]);
  expect(await updates()).toEqual([
    { from_snapshot: first.snapshot, to_snapshot: second.snapshot, ended: false },
    { from_snapshot: second.snapshot, to_snapshot: third.snapshot, ended: true },
  ]);
});

test('a process that still has older advisories open tells no news, and what it writes is set right without any', async () => {
  const first = await say({});
  await scanDebianImage(db, acme, digestOf(1), ['zlib'], first);
  await rematch(first);
  const second = await say({ zlib: [{ id: 'CVE-2026-1' }] });
  await rematch(second);
  await scanDebianImage(db, acme, digestOf(2), ['zlib'], first);
  await rematch(second);
  expect(await told()).toEqual([['affected CVE-2026-1 zlib']]);
});

test('an image that comes with newer advisories begins the account that the sweep goes on with', async () => {
  const first = await say({});
  await scanDebianImage(db, acme, digestOf(1), ['zlib', 'bash'], first);
  await rematch(first);
  const second = await say({ zlib: [{ id: 'CVE-2026-1' }], bash: [{ id: 'CVE-2026-1' }] });
  await asSystem(db, (tx) => scanAgain(tx, digestOf(1), { ...debianInventory(['zlib']), revision: 3 }, second));
  expect(await told()).toEqual([['affected CVE-2026-1 zlib']]);
  await rematch(second);
  expect(await told()).toEqual([['affected CVE-2026-1 bash', 'affected CVE-2026-1 zlib']]);
  expect(await updates()).toEqual([{ from_snapshot: first.snapshot, to_snapshot: second.snapshot, ended: true }]);
});

test('an account reads of an update only what concerns packages of its own images', async () => {
  const first = await say({});
  await scanDebianImage(db, acme, digestOf(1), ['zlib', 'bash'], first);
  await scanDebianImage(db, rival, digestOf(2), ['bash', 'tar'], first);
  await rematch(first);
  await rematch(await say({ zlib: [{ id: 'CVE-2026-1' }] }));
  await rematch(await say({ zlib: [{ id: 'CVE-2026-1' }], tar: [{ id: 'CVE-2026-2' }] }));
  const seen = (accountId: string) =>
    asTenant(db, [accountId], async (tx) => {
      const rows = await sql<{ id: string }>`select advisory_id as id from advisory_update_row order by 1`.execute(tx);
      const view = await sql<{ id: string }>`select advisory_id as id from held_update order by 1`.execute(tx);
      const heads = await sql`select 1 from advisory_update`.execute(tx);
      expect(view.rows).toEqual(rows.rows);
      return [heads.rows.length, ...rows.rows.map((row) => row.id)];
    });
  expect(await seen(acme.accountId)).toEqual([1, 'CVE-2026-1']);
  expect(await seen(rival.accountId)).toEqual([1, 'CVE-2026-2']);
  await expect(
    asTenant(db, [rival.accountId], (tx) =>
      sql`insert into advisory_update (to_snapshot, matcher) values ('x', 1)`.execute(tx),
    ),
  ).rejects.toThrow('permission denied');
});

test('accounts of updates are forgotten after 90 days, or when they are too many; the newest stays', async () => {
  const at = (days: number) => new Date(Date.now() + days * 86_400_000);
  const first = await say({});
  await scanDebianImage(db, acme, digestOf(1), ['zlib', 'bash'], first);
  await rematch(first);
  await rematch(await say({ zlib: [{ id: 'CVE-2026-1' }] }));
  await rematch(await say({ bash: [{ id: 'CVE-2026-1' }] }));
  expect(await asSystem(db, (tx) => forgetUpdates(tx, at(1)))).toBe(0);
  expect(await asSystem(db, (tx) => forgetUpdates(tx, at(1), 2))).toBe(1);
  expect(await told()).toHaveLength(1);
  expect(await asSystem(db, (tx) => forgetUpdates(tx, at(400)))).toBe(0);
  expect(await told()).toHaveLength(1);
});
