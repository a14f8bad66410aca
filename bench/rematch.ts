/** New advisories on 50 packages while 100,000 images of 100 packages are stored: from the new snapshot to the last verdict that is marked. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AdvisoryStore, importAdvisories, keepSnapshot, openAdvisoryStore, openSnapshotOf } from '@pratique/scan';
import { sql } from 'kysely';
import { asSystem, connect, type Db } from '../apps/server/src/db/connect.ts';
import { startEmbeddedPostgres } from '../apps/server/src/db/embedded.ts';
import { migrate } from '../apps/server/src/db/migrate.ts';
import { makeAccount } from '../apps/server/src/gate/account.fixture.ts';
import { ChangedPackages, markPackages } from '../apps/server/src/renewal/mark-packages.ts';
import { rematch } from '../apps/server/src/renewal/rematch.ts';

const IMAGES = 100_000;
const PER_IMAGE = 100;
const NAMES = 2000;
const VERSIONS = 10;
const TOUCHED = 50;

export async function benchRematch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pratique-bench-'));
  const server = await startEmbeddedPostgres(join(folder, 'pg'), 'bench', []);
  const { db, pool } = connect(server.url, { name: 'bench' });
  const dir = join(folder, 'advisories');
  try {
    await migrate(db, pool);
    await fill(db);
    const history = {
      open: (snapshot: string) => openSnapshotOf(dir, snapshot),
      keep: (snapshot: string) => keepSnapshot(dir, snapshot),
    };
    const lines = ['| what | packages matched | verdicts marked | seconds |', '|---|---|---|---|'];
    for (const [what, touched] of [
      ['the first snapshot', 0],
      [`an update that touches ${TOUCHED} packages`, TOUCHED],
      ['the same once more', TOUCHED],
    ] as const) {
      const store = await storeOf(dir, folder, touched);
      const started = performance.now();
      const seen = await rematch(db, store, history);
      await runJobs(db, store);
      const seconds = (performance.now() - started) / 1000;
      lines.push(`| ${what} | ${seen.matched} | ${await takeMarked(db)} | ${seconds.toFixed(1)} |`);
      store.close();
    }
    return lines.join('\n');
  } finally {
    await db.destroy();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Every source has a hole; of the first so many, another one. */
async function storeOf(dir: string, folder: string, touched: number): Promise<AdvisoryStore> {
  const feed = Object.fromEntries(
    Array.from({ length: NAMES }, (_, at) => [
      `source${at}`,
      {
        [`CVE-2026-${(at < touched ? 20_000 + touched * NAMES : 10_000) + at}`]: {
          releases: { bookworm: { status: 'resolved', fixed_version: '6', urgency: 'high', repositories: {} } },
        },
      },
    ]),
  );
  const file = join(folder, 'debian.json');
  await writeFile(file, JSON.stringify(feed));
  await importAdvisories(dir, 'debian', file);
  return openAdvisoryStore(dir);
}

async function fill(pooled: Db): Promise<void> {
  await pooled.connection().execute(async (db) => {
    // Ten million rows take longer than any query of the server's may.
    await sql`set statement_timeout = 0`.execute(db);
    await insertAll(pooled, db);
    await sql`reset statement_timeout`.execute(db);
  });
}

async function insertAll(pooled: Db, db: Db): Promise<void> {
  const debian = JSON.stringify({ id: 'debian', version: '12', codename: 'bookworm', name: 'Debian 12' });
  const account = await asSystem(pooled, (tx) => makeAccount(tx, 'bench'));
  // Rows as the server writes them, made by the database; what they refer to is there.
  await sql`alter table inventory_package disable trigger all`.execute(db);
  await sql`drop index inventory_package_holders`.execute(db);
  await sql`
    insert into package (key, type, name, version, purl, source_name, source_version, architecture, distribution)
    select sha256(convert_to(s || '-' || v, 'UTF8')), 'deb', 'package' || s, v::text, 'pkg:deb/debian/package' || s || '@' || v, 'source' || s, v::text, 'amd64', ${debian}
    from generate_series(0, ${NAMES - 1}) s, generate_series(1, ${VERSIONS}) v order by s, v`.execute(db);
  await sql`
    with m as (insert into manifest (digest, media_type, bytes, runnable, size)
      select 'sha256:' || encode(sha256(convert_to(n::text, 'UTF8')), 'hex'), 'application/vnd.oci.image.manifest.v1+json', '\\x7b7d', true, 2 from generate_series(1, ${IMAGES}) n returning digest),
    i as (insert into inventory (manifest_digest, revision, distribution, missing, package_count, file_count)
      select digest, 1, ${debian}::jsonb, '[]', ${PER_IMAGE}, 0 from m returning inventory_id)
    insert into scan (inventory_id, snapshot, uncovered) select inventory_id, 'none', '[]' from i`.execute(db);
  await sql`
    insert into inventory_package (inventory_id, ordinal, package_id, owner, licenses, layer, paths)
    select i.inventory_id, o, 1 + ((i.inventory_id * 37 + o * 20) % ${NAMES}) * ${VERSIONS} + (i.inventory_id * 7 + o) % ${VERSIONS}, null, '{}', null, '{}'
    from inventory i, generate_series(0, ${PER_IMAGE - 1}) o`.execute(db);
  await sql`create index inventory_package_holders on inventory_package (package_id, inventory_id) include (owner)`.execute(
    db,
  );
  await sql`insert into package_matched (package_id, snapshot) select package_id, 'none' from package`.execute(db);
  await sql`
    with r as (insert into run (account_id, repository_id, chain_id, subject_digest, trigger, requested_by, state, finished_at)
      values (${account.accountId}, ${account.repositoryId}, ${account.chainId}, 'x', 'push', 't', 'succeeded', now()) returning run_id)
    insert into verdict (account_id, repository_id, digest, decision, state, reasons, inputs, input_hash, run_id, decided_at, valid_until, renew_at)
    select ${account.accountId}, ${account.repositoryId}, digest, 'allow', 'valid', '[]', '{}', 'h', r.run_id, now(), now() + interval '15 days', now() + interval '7 days'
    from manifest, r`.execute(db);
  for (const table of ['package', 'package_matched', 'inventory', 'inventory_package', 'manifest', 'verdict', 'scan'])
    await sql`vacuum analyze ${sql.table(table)}`.execute(db);
}

/** What the queue would do, one job after the other. */
async function runJobs(db: Db, store: AdvisoryStore): Promise<void> {
  const { rows } = await sql<{ payload: unknown }>`delete from graphile_worker._private_jobs returning payload`.execute(
    db,
  );
  for (const { payload } of rows) {
    const parsed = ChangedPackages.safeParse(payload);
    if (parsed.success) await markPackages(db, store, parsed.data);
  }
}

async function takeMarked(db: Db): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with marked as (update verdict set renew_at = now() + interval '7 days' where renew_at <= now() returning 1) select count(*)::int as count from marked`.execute(
    db,
  );
  return rows[0]?.count ?? 0;
}
