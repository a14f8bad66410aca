/** VEX that is attached to an image: kept, and counted where its signer is trusted. */
import { isVexPredicate } from '@pratique/scan/vex';
import {
  authoritiesFor,
  type CanonicalImage,
  collectEvidence,
  compileTrustPolicy,
  keyAuthority,
  namedAccounts,
  readStatedBy,
  type StatedBy,
} from '@pratique/sign';
import { sql } from 'kysely';
import type { BlobStore } from '../blobs/store.ts';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { readKeysForJudging } from '../foreign/account-keys.ts';
import { readTrustPolicy } from '../foreign/trust-policy-store.ts';
import type { Repository } from '../registry/cache.ts';
import { findRepositoryById } from '../registry/find-repository.ts';
import { localSource } from '../registry/local-content.ts';
import { type AttachedVex, vexAttached } from './attached-vex.ts';
import { type Attached, addAttestation, type ReadDocument, readAttestation } from './documents.ts';
import { holesChanged } from './mark-images.ts';

export type ExamineDeps = { db: Db; store: BlobStore; publicUrl: string };

/** Looks at all attestations of one image; what is known already is held to the trust of now. */
export async function examineAttestations(deps: ExamineDeps, { repositoryId, digest }: AttachedVex): Promise<void> {
  const { db } = deps;
  const repository = await asSystem(db, (tx) => findRepositoryById(tx, repositoryId));
  if (!repository) return;
  const source = localSource(deps, repository);
  const manifest = await source.manifest(digest).catch(() => null);
  // What is said of an image that is not here, or no longer, says nothing.
  if (!manifest) return;
  const authorities = await asSystem(db, (tx) => readAuthorities(tx, deps.publicUrl, repository, digest));
  const stated = readStatedBy(authorities, await collectEvidence(source, manifest), isVexPredicate);
  const ours = await asSystem(db, (tx) => readPublished(tx, repositoryId, digest));
  const said = strongest(stated.filter((one) => !ours.has(one.manifest)));
  await asSystem(db, async (tx) => {
    for (const { read, by } of said.values()) {
      const { manifest: attachment, signer, refused } = by;
      const attached: Attached = { repositoryId, subject: digest, manifest: attachment, signer, refused };
      if (!(await addAttestation(tx, repository.accountId, read, attached)))
        await holdToTrust(tx, repository.accountId, read.digest, attached);
    }
    await refuseDetached(tx, repository.accountId, { repositoryId, digest }, [...said.keys()]);
  });
}

/** By the document's digest: one that several attach counts if any of them is trusted, whoever else repeats it. */
function strongest(stated: readonly StatedBy[]): Map<string, { read: ReadDocument; by: StatedBy }> {
  const said = new Map<string, { read: ReadDocument; by: StatedBy }>();
  for (const by of stated) {
    const read = readAttestation(by.predicate);
    if (read && (by.refused === null || !said.has(read.digest))) said.set(read.digest, { read, by });
  }
  return said;
}

/** Manifests that chains of this account published about the image: they repeat what its documents say. */
async function readPublished(tx: Tx, repositoryId: string, digest: string): Promise<Set<string>> {
  const { rows } = await sql<{ manifest_digest: string }>`
    select manifest_digest from attestation where repository_id = ${repositoryId} and subject_digest = ${digest}`.execute(
    tx,
  );
  return new Set(rows.map((row) => row.manifest_digest));
}

/** After the account's trust changed: every image with such an attestation is looked at again. */
export async function reexamineAttestations(db: Db, accountId: string): Promise<void> {
  await asSystem(db, async (tx) => {
    const { rows } = await sql<{ repository_id: string; subject_digest: string }>`
      select distinct repository_id, subject_digest from vex_document
      where account_id = ${accountId} and source = 'attestation' and withdrawn_at is null limit 10000`.execute(tx);
    for (const row of rows) await vexAttached(tx, { repositoryId: row.repository_id, digest: row.subject_digest });
  });
}

/** The account's own keys, whom its trust policy names, and vendors whose word it takes. */
async function readAuthorities(tx: Tx, publicUrl: string, repository: Repository, digest: string) {
  const { rows } = await sql<{ name: string; pems: string[]; vendor: string | null }>`
    select a.name, array_agg(k.public_pem order by k.created_at) as pems, null as vendor
    from account a join signing_key k using (account_id) where a.account_id = ${repository.accountId} group by a.name
    union all
    select a.name, array_agg(distinct k.public_pem), min(r.counterparty)
    from receipt r join delivery d using (delivery_id) join contract c using (contract_id)
      join account a on a.account_id = c.from_account_id join signing_key k on k.account_id = a.account_id
    where r.repository_id = ${repository.repositoryId} and r.side = 'received' and r.digest = ${digest}
      and c.trust_vendor and c.accepted_at is not null and c.ended_at is null group by a.name`.execute(tx);
  const holders = rows.map(({ name, pems }) => keyAuthority(`keys of ${name}`, pems));
  const stored = await readTrustPolicy(tx, repository.accountId);
  if (!stored) return holders;
  const keys = await readKeysForJudging(tx, repository.accountId, namedAccounts(stored.policy));
  const policy = compileTrustPolicy(stored.policy, keys);
  const { host } = new URL(publicUrl);
  // As the image is called here, and where it was delivered from.
  const delivered = rows.flatMap(({ vendor }) => vendor ?? []);
  const named = [`${repository.account}/${repository.name}`, ...delivered].map(
    (name): Pick<CanonicalImage, 'name'> => ({ name: `${host}/${name}` }),
  );
  return [...holders, ...named.flatMap((image) => authoritiesFor(policy, image, isVexPredicate))];
}

/** A signer may become trusted, or cease to be. */
async function holdToTrust(
  tx: Tx,
  accountId: string,
  document: string,
  { repositoryId, subject, manifest, signer, refused }: Attached,
): Promise<void> {
  const { rows } = await sql<{ names: string[] }>`
    update vex_document set refused = ${refused}, signer = ${signer}, manifest_digest = ${manifest}
    where repository_id = ${repositoryId} and subject_digest = ${subject} and digest = ${document}
      and withdrawn_at is null and (refused is null) <> ${refused === null}
    returning ${NAMES} as names`.execute(tx);
  for (const { names } of rows) await holesChanged(tx, accountId, names);
}

/** What is attached no more counts no more. @param attached digests of the documents that still are */
async function refuseDetached(
  tx: Tx,
  accountId: string,
  { repositoryId, digest }: AttachedVex,
  attached: readonly string[],
): Promise<void> {
  const { rows } = await sql<{ names: string[] }>`
    update vex_document set refused = 'it is no longer attached to the image'
    where repository_id = ${repositoryId} and subject_digest = ${digest} and source = 'attestation' and withdrawn_at is null
      and refused is null and digest <> all (${[...attached]}::text[])
    returning ${NAMES} as names`.execute(tx);
  for (const { names } of rows) await holesChanged(tx, accountId, names);
}

/** All names of holes that a document speaks of. */
const NAMES = sql`array(select distinct name from jsonb_array_elements(statements) as statement, jsonb_array_elements_text(statement->'names') as name)`;
