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
import { type Attached, addAttestation } from './documents.ts';
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
  await asSystem(db, async (tx) => {
    const ours = await readPublished(tx, repositoryId, digest);
    for (const { predicate, manifest: attachment, signer, refused } of stated) {
      if (ours.has(attachment)) continue;
      const attached: Attached = { repositoryId, subject: digest, manifest: attachment, signer, refused };
      try {
        await addAttestation(tx, repository.accountId, predicate, attached);
      } catch {
        continue; // signed or not, it is no VEX that can be read
      }
      await holdToTrust(tx, repository.accountId, attached);
    }
  });
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
async function holdToTrust(tx: Tx, accountId: string, attached: Attached): Promise<void> {
  const { rows } = await sql<{ names: string[] }>`
    update vex_document set refused = ${attached.refused}, signer = ${attached.signer}
    where repository_id = ${attached.repositoryId} and subject_digest = ${attached.subject} and manifest_digest = ${attached.manifest}
      and withdrawn_at is null and (refused is null) <> ${attached.refused === null}
    returning array(select distinct name from jsonb_array_elements(statements) as statement, jsonb_array_elements_text(statement->'names') as name) as names`.execute(
    tx,
  );
  for (const { names } of rows) await holesChanged(tx, accountId, names);
}
