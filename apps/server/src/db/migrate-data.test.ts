/** A database of the first release, with what people had in it, brought to the newest version. */
import { randomBytes } from 'node:crypto';
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { connect } from './connect.ts';
import { migrate } from './migrate.ts';

const ALL = join(import.meta.dirname, 'migrations');
/** The last migration of the first release. */
const FIRST_RELEASE = 12;
const name = `t_${randomBytes(6).toString('hex')}`;
const admin = new pg.Client({ connectionString: at('postgres') });
let folder = '';
const { db, pool } = connect(at(name), { name });

function at(database: string): string {
  const url = new URL(inject('postgresUrl').replace('postgres://', 'http://'));
  url.pathname = `/${database}`;
  return url.toString().replace('http://', 'postgres://');
}

const DIGEST = `sha256:${'a'.repeat(64)}`;

beforeAll(async () => {
  await admin.connect();
  await admin.query(`create database ${name}`);
  folder = await mkdtemp(join(tmpdir(), 'pratique-migrate-'));
  for (const file of (await readdir(ALL)).sort())
    if (Number(file.slice(0, 4)) <= FIRST_RELEASE) await copyFile(join(ALL, file), join(folder, file));
  await migrate(db, pool, folder);
  await sql`
    with a as (insert into account (name) values ('acme') returning account_id),
      p as (insert into person (name, password_hash) values ('ann', 'x') returning person_id),
      r as (insert into repository (account_id, name) select account_id, 'app' from a returning repository_id, account_id),
      m as (insert into manifest (digest, media_type, runnable, size, bytes) values (${DIGEST}, 'application/vnd.oci.image.manifest.v1+json', true, 2, '{}') returning digest),
      h as (insert into repository_manifest (repository_id, account_id, digest, pushed_by) select repository_id, account_id, ${DIGEST}, 'ann' from r, m returning 1),
      t as (insert into tag (repository_id, account_id, name, digest) select repository_id, account_id, 'v1', ${DIGEST} from r, (select count(*) from h) after_h returning 1),
      u as (insert into upload (account_id, repository_id, actor) select account_id, repository_id, 'ann' from r returning 1),
      c as (insert into chain (account_id, name, version, definition, created_by) select account_id, 'default', 1, '{}', 'ann' from a returning chain_id, account_id),
      n as (insert into run (account_id, repository_id, chain_id, subject_digest, trigger, requested_by, state) select r.account_id, repository_id, chain_id, ${DIGEST}, 'push', 'ann', 'succeeded' from r, c returning run_id, repository_id, account_id),
      v as (insert into verdict (account_id, repository_id, digest, decision, state, reasons, inputs, input_hash, run_id, decided_at, valid_until)
            select account_id, repository_id, ${DIGEST}, 'allow', 'valid', '[]', '{}', 'h', run_id, now() - interval '10 days', now() + interval '20 days' from n returning 1),
      k as (insert into package (key, type, name, version, purl, source_name, source_version) values ('k', 'deb', 'netbase', '6.4', 'pkg:deb/debian/netbase@6.4', 'netbase', '6.4') returning package_id),
      d as (insert into package_matched (package_id, snapshot) select package_id, 's' from k returning package_id),
      f as (insert into package_match (package_id, advisory_id, aliases, severity, status, exploited, evidence) select package_id, 'CVE-1', '{}', 'high', 'affected', false, '{}' from d returning 1),
      i as (insert into inventory (manifest_digest, revision, missing, package_count, file_count) select digest, 1, '[]', 1, 0 from m returning inventory_id),
      o as (insert into inventory_package (inventory_id, ordinal, package_id, licenses, paths) select inventory_id, n, package_id, '{}', '{}' from i, k, generate_series(0, 1) n returning 1),
      s as (insert into scan (inventory_id, snapshot, uncovered) select inventory_id, 's', '[]' from i returning 1),
      l as (insert into cluster (account_id, name, token_hash) select account_id, 'shop', 'x' from a returning cluster_id, account_id),
      w as (insert into admission_review (account_id, cluster_id, uid, operation, kind, allowed, mode, reasons, images) select account_id, cluster_id, 'u', 'CREATE', 'Pod', true, 'enforce', '[]', '[]' from l returning 1)
    insert into exception (account_id, name, kind, selector, owner, reason, expires_at)
    select account_id, e.name, 'finding', '{"id":"CVE-1"}', 'ann', 'nobody listens there', e.ends from a, (values ('over', now() - interval '1 day'), ('open', now() + interval '9 days')) as e (name, ends)`.execute(
    db,
  );
});

afterAll(async () => {
  await db.destroy();
  await admin.query(`drop database if exists ${name} with (force)`);
  await admin.end();
  await rm(folder, { recursive: true, force: true });
});

test('what people had is there afterwards, and takes part in what is new', async () => {
  const applied = await migrate(db, pool);
  expect(applied.map((file) => Number(file.slice(0, 4))).every((number) => number > FIRST_RELEASE)).toBe(true);
  const { rows } = await sql<Record<string, unknown>>`
    select v.state, v.decision, v.warned_at, v.renew_at between now() + interval '4 days' and now() + interval '6 days' as halfway, t.digest,
      (select first_seen is not null from package_match) as seen, (select covered from package_matched) as covered,
      (select array_agg(name || ' ' || (ended_at is not null) order by name) from exception) as exceptions,
      (select name from cluster) as cluster, (select count(*)::int from admission_review) as reviews
    from verdict v join tag t on t.digest = v.digest`.execute(db);
  expect(rows).toEqual([
    {
      state: 'valid',
      decision: 'allow',
      warned_at: null,
      halfway: true,
      digest: DIGEST,
      seen: true,
      covered: true,
      exceptions: ['open false', 'over true'],
      cluster: 'shop',
      reviews: 1,
    },
  ]);
  expect(await migrate(db, pool)).toEqual([]);
});

test('the packages that images hold are counted, and findings have a score and can be searched', async () => {
  const { rows } = await sql`
    select h.images, r.images as in_repository, m.score, m.search, m.package_type
    from account_package h join repository_package r using (package_id) join package_match m using (package_id) join held_image i on i.repository_id = r.repository_id`.execute(
    db,
  );
  expect(rows).toEqual([{ images: 1, in_repository: 1, score: 18, search: 'cve-1   netbase', package_type: 'deb' }]);
});
