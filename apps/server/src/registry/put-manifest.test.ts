import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { SYSTEM_ACTOR } from '../auth/audit.ts';
import { asSystem, asTenant, type Tx } from '../db/connect.ts';
import type { Repository } from './cache.ts';
import { deleteBlob } from './delete-content.ts';
import { ensureRepository } from './find-repository.ts';
import { putManifest } from './put-manifest.ts';
import { insertBlob } from './uploads.ts';

const { db } = await testDatabase();
const repository: Repository = await asSystem(db, async (tx) => {
  const { rows } = await sql<{ account_id: string }>`
    insert into account (name) values ('acme') returning account_id`.execute(tx);
  return ensureRepository(tx, rows[0]?.account_id ?? '', 'acme', 'app');
});
const within = <T>(work: (tx: Tx) => Promise<T>) => asTenant(db, [repository.accountId], work);
const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

async function makeManifest(name: string): Promise<{ bytes: Buffer; config: string }> {
  const config = digestOf(name);
  await within((tx) => insertBlob(tx, repository, config, name.length));
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const descriptor = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: config, size: name.length };
  return {
    config,
    bytes: Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config: descriptor, layers: [] })),
  };
}

const put = (tx: Tx, bytes: Buffer, tag: string, immutable = false) =>
  putManifest(
    tx,
    { repository, tag, expected: null, contentType: undefined, bytes, actor: SYSTEM_ACTOR, origin: 'push', immutable },
    async () => {},
  );
const readTag = async (name: string) =>
  (
    await within((tx) =>
      sql<{ digest: string; immutable: boolean }>`select digest, immutable from tag where name = ${name}`.execute(tx),
    )
  ).rows[0];

test('a blob is not deleted while a manifest that needs it is being stored', async () => {
  const { bytes, config } = await makeManifest('held');
  const stored = Promise.withResolvers<void>();
  const commit = Promise.withResolvers<void>();
  const push = within(async (tx) => {
    await put(tx, bytes, 'held');
    stored.resolve();
    await commit.promise;
  });
  await stored.promise;
  const deletion = within((tx) => deleteBlob(tx, repository, config, SYSTEM_ACTOR));
  const refused = expect(deletion).rejects.toMatchObject({ code: 'DENIED' });
  commit.resolve();
  await push;
  await refused;
});

test('a delivery makes a tag immutable that names its digest already', async () => {
  const { bytes } = await makeManifest('delivered');
  await within((tx) => put(tx, bytes, 'delivered'));
  await within((tx) => put(tx, bytes, 'delivered', true));
  expect(await readTag('delivered')).toMatchObject({ immutable: true });
  const other = await makeManifest('another');
  await expect(within((tx) => put(tx, other.bytes, 'delivered'))).rejects.toMatchObject({ code: 'TAG_IMMUTABLE' });
});

test('a delivery does not move a tag that a push makes at the same moment', async () => {
  const pushed = await makeManifest('pushed');
  const delivered = await makeManifest('delivered late');
  const moved = Promise.withResolvers<void>();
  const commit = Promise.withResolvers<void>();
  const push = within(async (tx) => {
    // The tag alone, as it stands inside the transaction of a push: its other locks would let nobody come so far.
    const digest = digestOf(pushed.bytes.toString());
    await sql`insert into manifest (digest, media_type, runnable, size, bytes) values (${digest}, 'x', false, 1, 'x')`.execute(
      tx,
    );
    await sql`insert into repository_manifest (repository_id, account_id, digest, pushed_by) values (${repository.repositoryId}, ${repository.accountId}, ${digest}, 'x')`.execute(
      tx,
    );
    await sql`insert into tag (repository_id, account_id, name, digest) values (${repository.repositoryId}, ${repository.accountId}, 'race', ${digest})`.execute(
      tx,
    );
    moved.resolve();
    await commit.promise;
  });
  await moved.promise;
  const refused = expect(within((tx) => put(tx, delivered.bytes, 'race', true))).rejects.toMatchObject({
    code: 'TAG_IMMUTABLE',
  });
  await expect
    .poll(
      async () =>
        (
          await sql`select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`.execute(
            db,
          )
        ).rows.length,
    )
    .toBe(1);
  commit.resolve();
  await push;
  await refused;
  expect(await readTag('race')).toMatchObject({ digest: digestOf(pushed.bytes.toString()), immutable: false });
});
