/** Signs statements about an image and stores them beside it, once for each input. */
import { canonicalDigest } from '@pratique/contract/canonical-digest';
import { sql } from 'kysely';
import { SYSTEM_ACTOR } from '../auth/audit.ts';
import type { BlobStore } from '../blobs/store.ts';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { appendEvent } from '../feed/append-event.ts';
import type { Repository } from '../registry/cache.ts';
import { putManifest } from '../registry/put-manifest.ts';
import { insertBlob } from '../registry/uploads.ts';
import type { Signer } from '../signer/client.ts';
import type { SignAnswer, SignOrder } from '../signer/protocol.ts';
import { withdrawEarlier } from './withdraw.ts';

export type PublishDeps = { db: Db; store: BlobStore; signer: Signer };

export type Publication = {
  repository: Repository;
  subject: { digest: string; size: number; mediaType: string };
  form: SignOrder['form'];
  /** The type under which it is found; of a signature, cosign's. */
  predicateType: string;
  predicates: SignOrder['predicates'];
  /** What it was made from: the same input and key never make a second one. */
  inputHash: string;
  created: Date;
};

/** @returns the digest of the referrer; the same one when it was published before */
export async function publish(deps: PublishDeps, publication: Publication): Promise<string> {
  const { repository, subject } = publication;
  const { keyId } = await deps.signer.key(repository.accountId);
  const inputHash = canonicalDigest({ input: publication.inputHash, keyId });
  const known = await asSystem(deps.db, (tx) => readPublished(tx, publication, inputHash));
  if (known !== null) return known;
  const signed = await deps.signer.sign({
    accountId: repository.accountId,
    form: publication.form,
    subject,
    predicates: publication.predicates,
    created: publication.created.toISOString(),
  });
  // Bytes first, durable; rows that name them after.
  for (const blob of signed.blobs) await deps.store.put(Buffer.from(blob.base64, 'base64'));
  return asSystem(deps.db, (tx) => record(tx, publication, inputHash, signed));
}

async function record(tx: Tx, publication: Publication, inputHash: string, signed: SignAnswer): Promise<string> {
  const { repository, subject, predicateType } = publication;
  // A worker that was taken for dead may be publishing the same: the second of the two finds what the first recorded.
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${repository.repositoryId} ${subject.digest} ${predicateType}`}, 8480005))`.execute(
    tx,
  );
  const known = await readPublished(tx, publication, inputHash);
  if (known !== null) return known;
  await requireUnchangedVerdict(tx, publication);
  for (const blob of signed.blobs) await insertBlob(tx, repository, blob.digest, blob.size);
  const bytes = Buffer.from(signed.manifest.base64, 'base64');
  const stored = await putManifest(
    tx,
    {
      repository,
      tag: signed.tag,
      expected: signed.manifest.digest,
      contentType: signed.manifest.mediaType,
      bytes,
      actor: SYSTEM_ACTOR,
      origin: 'chain',
    },
    async () => {},
  );
  const bundle = signed.blobs.find((blob) => blob.mediaType.includes('json') && blob.size > 2);
  await sql`
    insert into attestation (account_id, repository_id, subject_digest, predicate_type, input_hash, signing_key_id, manifest_digest, bundle)
    values (${repository.accountId}, ${repository.repositoryId}, ${subject.digest}, ${predicateType}, ${inputHash}, ${signed.keyId}, ${stored.digest},
            ${Buffer.from(bundle?.base64 ?? 'e30=', 'base64').toString('utf8')}::jsonb)
    on conflict (repository_id, subject_digest, predicate_type, input_hash) do update set manifest_digest = excluded.manifest_digest, bundle = excluded.bundle`.execute(
    tx,
  );
  await withdrawEarlier(tx, repository, subject.digest, predicateType, stored.digest);
  await appendEvent(tx, {
    accountId: repository.accountId,
    subject: `repository/${repository.name}@${subject.digest}`,
    type:
      publication.form === 'signature'
        ? 'image.signed'
        : publication.form === 'denial'
          ? 'denial.recorded'
          : 'image.attested',
    data: {
      repositoryId: repository.repositoryId,
      repository: repository.name,
      digest: subject.digest,
      predicateType,
      manifest: stored.digest,
      keyId: signed.keyId,
    },
  });
  return stored.digest;
}

/**
 * Another run may have decided anew since the verdict was read: an image that is denied now gets no signature, and one
 * that is allowed no denial. The row stays locked, so that a decision waits until this is published.
 * @throws ServerError `conflict`
 */
async function requireUnchangedVerdict(tx: Tx, { repository, subject, form }: Publication): Promise<void> {
  const { rows } = await sql<{ decision: string }>`
    select decision from verdict where repository_id = ${repository.repositoryId} and digest = ${subject.digest}
      and (state = 'revoked' or state = 'valid' and valid_until > now()) for share`.execute(tx);
  const wanted = form === 'denial' ? 'deny' : 'allow';
  if (rows[0]?.decision !== wanted)
    throw new ServerError(
      'conflict',
      'the verdict on the image has changed meanwhile; nothing is signed on the old one',
    );
}

async function readPublished(tx: Tx, publication: Publication, inputHash: string): Promise<string | null> {
  const { rows } = await sql<{ manifest_digest: string }>`
    select a.manifest_digest from attestation a join repository_manifest r on r.repository_id = a.repository_id and r.digest = a.manifest_digest
    where a.repository_id = ${publication.repository.repositoryId} and a.subject_digest = ${publication.subject.digest}
      and a.predicate_type = ${publication.predicateType} and a.input_hash = ${inputHash}`.execute(tx);
  return rows[0]?.manifest_digest ?? null;
}
