/** Publishes the advisories as a signed OCI artifact in the instance's own registry, for command lines and other instances. */
import { createHash } from 'node:crypto';
import { OCI_MANIFEST } from '@pratique/oci';
import {
  ADVISORIES_PREDICATE_TYPE,
  ADVISORIES_TYPE,
  type AdvisoriesPredicate,
  KEY_ANNOTATION,
  packShard,
  readSnapshotParts,
  SHARD_ANNOTATION,
  SHARD_TYPE,
  SNAPSHOT_TYPE,
} from '@pratique/scan/advisories/artifact';
import { BUNDLE_MEDIA_TYPE } from '@pratique/sign';
import { sql } from 'kysely';
import { z } from 'zod';
import { SYSTEM_ACTOR } from '../auth/audit.ts';
import type { BlobStore } from '../blobs/store.ts';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { deleteManifest } from '../registry/delete-content.ts';
import { ensureRepository } from '../registry/find-repository.ts';
import { putManifest } from '../registry/put-manifest.ts';
import { insertBlob } from '../registry/uploads.ts';
import type { Signer } from '../signer/client.ts';

/** The account is the platform's; administrators own it, and say who may read it. */
export const ADVISORIES_ACCOUNT = 'pratique';
export const ADVISORIES_REPOSITORY = 'advisories';

const Layer = z.object({
  mediaType: z.string(),
  digest: z.string(),
  size: z.number(),
  annotations: z.record(z.string(), z.string()).optional(),
});
type Layer = z.infer<typeof Layer>;
/** What was published last; shards that have not changed are not packed again. */
const Published = z.object({
  accountId: z.string(),
  serial: z.number().int(),
  snapshot: z.string(),
  keyId: z.string(),
  manifest: z.string(),
  /** The one before stays for who is reading it. */
  previous: z.string().nullable(),
  shards: z.array(Layer),
});
export type Published = z.infer<typeof Published>;

export type PublishAdvisoriesDeps = { db: Db; store: BlobStore; signer: Signer; dir: string; now: () => Date };

/**
 * Idempotent: a snapshot that was published with the current key stays as it is.
 * @throws ServerError `conflict` where an account of people has the platform's name
 */
export async function publishAdvisories({ db, store, signer, dir, now }: PublishAdvisoriesDeps): Promise<Published> {
  const before = await asSystem(db, readPublished);
  const snapshot = await readSnapshotParts(dir);
  const key = await signer.key(null);
  if (before?.snapshot === snapshot.digest && before.keyId === key.keyId) return before;
  const shards: Layer[] = [];
  for (const digest of [...new Set(snapshot.shards.map((shard) => shard.digest))]) {
    const known = before?.shards.find((layer) => layer.annotations?.[SHARD_ANNOTATION] === digest);
    shards.push(
      known ?? (await putBlob(store, SHARD_TYPE, await packShard(dir, digest), { [SHARD_ANNOTATION]: digest })),
    );
  }
  // Also grows over a database that was restored from a backup: clients have seen what it has forgotten.
  const serial = Math.max((before?.serial ?? 0) + 1, Math.floor(now().getTime() / 1000));
  const predicate: AdvisoriesPredicate = { serial, date: now().toISOString() };
  const subject = { digest: snapshot.digest, size: snapshot.bytes.length, mediaType: SNAPSHOT_TYPE };
  const signed = await signer.sign({
    accountId: null,
    form: 'attestation',
    subject,
    predicates: [{ type: ADVISORIES_PREDICATE_TYPE, body: predicate }],
    created: predicate.date,
  });
  const bundle = signed.blobs.find((blob) => blob.mediaType === BUNDLE_MEDIA_TYPE);
  if (!bundle) throw new ServerError('signer-failed', 'the signer made no bundle');
  const layers = [await putBlob(store, BUNDLE_MEDIA_TYPE, Buffer.from(bundle.base64, 'base64')), ...shards];
  const config = await putBlob(store, SNAPSHOT_TYPE, snapshot.bytes);
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      artifactType: ADVISORIES_TYPE,
      config,
      layers,
      annotations: {
        'org.opencontainers.image.created': predicate.date,
        'org.opencontainers.image.version': String(serial),
        [KEY_ANNOTATION]: key.publicPem,
      },
    }),
  );
  const manifest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  return asSystem(db, (tx) =>
    record(tx, bytes, [config, ...layers], {
      serial,
      snapshot: snapshot.digest,
      keyId: key.keyId,
      manifest,
      shards,
    }),
  );
}

async function putBlob(
  store: BlobStore,
  mediaType: string,
  bytes: Buffer,
  annotations?: Record<string, string>,
): Promise<Layer> {
  return { mediaType, digest: await store.put(bytes), size: bytes.length, ...(annotations ? { annotations } : {}) };
}

async function record(
  tx: Tx,
  bytes: Buffer,
  blobs: readonly Layer[],
  made: Omit<Published, 'accountId' | 'previous'>,
): Promise<Published> {
  await sql`select pg_advisory_xact_lock(8480009)`.execute(tx);
  const before = await readPublished(tx);
  // Another process has published meanwhile; the serial must not go back.
  if (before && before.serial >= made.serial) return before;
  const accountId = before?.accountId ?? (await makeAccount(tx));
  const repository = await ensureRepository(tx, accountId, ADVISORIES_ACCOUNT, ADVISORIES_REPOSITORY);
  for (const { digest, size } of blobs) await insertBlob(tx, repository, digest, size);
  await putManifest(
    tx,
    {
      repository,
      tag: 'latest',
      expected: made.manifest,
      contentType: OCI_MANIFEST,
      bytes,
      actor: SYSTEM_ACTOR,
      origin: 'chain',
    },
    async () => {},
  );
  const published: Published = { ...made, accountId, previous: before?.manifest ?? null };
  if (before?.previous && before.previous !== made.manifest)
    await deleteManifest(tx, repository, before.previous, SYSTEM_ACTOR);
  await sql`
    insert into setting (key, value) values ('advisories.published', ${JSON.stringify(published)}::jsonb)
    on conflict (key) do update set value = excluded.value, updated_at = now()`.execute(tx);
  return published;
}

async function readPublished(tx: Tx): Promise<Published | null> {
  const { rows } = await sql<{ value: unknown }>`select value from setting where key = 'advisories.published'`.execute(
    tx,
  );
  return rows[0] ? Published.parse(rows[0].value) : null;
}

async function makeAccount(tx: Tx): Promise<string> {
  const { rows } = await sql<{ account_id: string }>`
    with made as (insert into account (name) values (${ADVISORIES_ACCOUNT}) on conflict (name) do nothing returning account_id),
         owners as (insert into membership (account_id, person_id, role) select account_id, person_id, 'owner' from made, person where is_admin)
    select account_id from made`.execute(tx);
  if (!rows[0])
    throw new ServerError(
      'conflict',
      `people have an account ${ADVISORIES_ACCOUNT}, where the advisories would be published; they are not`,
    );
  return rows[0].account_id;
}
