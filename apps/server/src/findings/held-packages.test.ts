import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { asSystem, asTenant } from '../db/connect.ts';
import { makeAccount, makeImage } from '../gate/account.fixture.ts';
import {
  countedWrong,
  debianInventory,
  digestOf,
  sayOfDebian,
  scanAgain,
  scanDebianImage,
} from '../scan/debian-store.fixture.ts';

const { db } = await testDatabase();
const folder = await mkdtemp(join(tmpdir(), 'pratique-held-'));
afterAll(() => rm(folder, { recursive: true, force: true }));
const store = await sayOfDebian(join(folder, 'advisories'), { zlib: [{ id: 'CVE-2026-1', fixed: '9' }] });
const acme = await asSystem(db, (tx) => makeAccount(tx, 'acme'));
const rival = await asSystem(db, (tx) => makeAccount(tx, 'rival'));

const held = async (accountId: string) => {
  const { rows } = await asTenant(db, [accountId], (tx) =>
    sql<{ name: string; images: number }>`select name, images from held_package order by name`.execute(tx),
  );
  return Object.fromEntries(rows.map((row) => [row.name, row.images]));
};

test('packages are counted when their image is scanned, pushed elsewhere, examined anew and deleted', async () => {
  await scanDebianImage(db, acme, digestOf(1), ['zlib', 'bash'], store);
  await scanDebianImage(db, acme, digestOf(2), ['zlib', 'zlib', 'tar'], store);
  expect(await held(acme.accountId)).toEqual({ bash: 1, tar: 1, zlib: 2 });

  // Another account pushes the same bytes: what is known of them is known there at once.
  await asSystem(db, (tx) =>
    sql`insert into repository_manifest (repository_id, account_id, digest, pushed_by) values (${rival.repositoryId}, ${rival.accountId}, ${digestOf(1)}, 't')`.execute(
      tx,
    ),
  );
  expect(await held(rival.accountId)).toEqual({ bash: 1, zlib: 1 });

  // A newer revision of the catalogers finds something else.
  await asSystem(db, (tx) => scanAgain(tx, digestOf(2), { ...debianInventory(['zlib', 'sed']), revision: 3 }, store));
  expect(await held(acme.accountId)).toEqual({ bash: 1, sed: 1, zlib: 2 });

  await asSystem(db, (tx) =>
    sql`delete from repository_manifest where digest = ${digestOf(1)} and account_id = ${acme.accountId}`.execute(tx),
  );
  expect(await held(acme.accountId)).toEqual({ sed: 1, zlib: 1 });
  expect(await held(rival.accountId)).toEqual({ bash: 1, zlib: 1 });
  expect(await countedWrong(db)).toEqual([]);
});

test('a push and a scan of the same image at the same time count it once', async () => {
  await asSystem(db, (tx) => makeImage(tx, acme, digestOf(10)));
  await Promise.all([
    asSystem(db, (tx) => scanAgain(tx, digestOf(10), debianInventory(['zlib', 'gzip']), store)),
    asSystem(db, (tx) =>
      sql`insert into repository_manifest (repository_id, account_id, digest, pushed_by) values (${rival.repositoryId}, ${rival.accountId}, ${digestOf(10)}, 't')`.execute(
        tx,
      ),
    ),
  ]);
  expect(await held(rival.accountId)).toMatchObject({ gzip: 1, zlib: 2 });
  expect(await countedWrong(db)).toEqual([]);
});

test('many images with the same packages are counted at the same time', async () => {
  const numbers = Array.from({ length: 12 }, (_, n) => 100 + n);
  await Promise.all(
    numbers.map((n) => scanDebianImage(db, n % 2 ? acme : rival, digestOf(n), ['zlib', 'bash', `own${n}`], store)),
  );
  expect(await countedWrong(db)).toEqual([]);
});

test('what another account holds is not seen, whatever is asked for', async () => {
  const seen = await asTenant(db, [rival.accountId], async (tx) => {
    const counts = [];
    for (const table of [
      'held_image',
      'held_package',
      'held_content',
      'held_finding',
      'held_matched',
      'unscanned_image',
      'account_package',
      'repository_package',
    ])
      counts.push(
        (
          await sql<{
            n: number;
          }>`select count(*)::int as n from ${sql.table(table)} where account_id = ${acme.accountId}`.execute(tx)
        ).rows[0]?.n,
      );
    return counts;
  });
  expect(seen).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  for (const table of ['held_image', 'account_package', 'repository_package'])
    await expect(
      asTenant(db, [rival.accountId], (tx) => sql`delete from ${sql.table(table)}`.execute(tx)),
    ).rejects.toThrow('permission denied');
});
