/** The receiver's trust policy applied to what was delivered: a rule about the vendor's repository must hold here as it would there. */
import type { Violation } from '@pratique/contract';
import {
  type CanonicalImage,
  collectEvidence,
  compileTrustPolicy,
  evaluateTrust,
  matchRules,
  namedAccounts,
} from '@pratique/sign';
import { sql } from 'kysely';
import type { BlobStore } from '../blobs/store.ts';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { readKeysForJudging } from '../foreign/account-keys.ts';
import { readTrustPolicy } from '../foreign/trust-policy-store.ts';
import type { Repository } from '../registry/cache.ts';
import { localSource } from '../registry/local-content.ts';

export type ReceiverTrustDeps = {
  db: Db;
  store: BlobStore;
  /** How rules name this registry: its host is that of the vendor's repository. */
  publicUrl: string;
};

/**
 * What the trust policy has against a delivered image; empty for one that was not delivered, or that no rule is about.
 * The evidence is what came with the delivery: the copy holds the vendor's signatures.
 *
 * @throws SignError `source-failed` when our own store cannot be read
 */
export async function receiverTrust(
  deps: ReceiverTrustDeps,
  repository: Repository,
  digest: string,
): Promise<Violation[]> {
  const prepared = await asSystem(deps.db, async (tx) => {
    const vendors = await readVendorRepositories(tx, repository.repositoryId, digest);
    const stored = vendors.length > 0 ? await readTrustPolicy(tx, repository.accountId) : null;
    if (!stored) return null;
    const keys = await readKeysForJudging(tx, repository.accountId, namedAccounts(stored.policy));
    return { vendors, policy: compileTrustPolicy(stored.policy, keys) };
  });
  if (!prepared) return [];
  const { host } = new URL(deps.publicUrl);
  const images = prepared.vendors.map(
    (vendor): CanonicalImage => ({ host, repository: vendor, name: `${host}/${vendor}`, tag: null, digest }),
  );
  const concerned = images.filter((image) => matchRules(prepared.policy, image).length > 0);
  if (concerned.length === 0) return [];
  const source = localSource(deps, repository);
  const evidence = await collectEvidence(source, await source.manifest(digest));
  return concerned.flatMap((image) => {
    const decision = evaluateTrust(prepared.policy, image, evidence);
    return decision.outcome === 'refused'
      ? [
          {
            constraint: 'trust-policy',
            template: 'TrustPolicy',
            action: 'deny' as const,
            msg: `the delivery from ${image.repository} does not meet the trust policy: ${decision.reasons.slice(0, 3).join('; ')}`,
            details: { name: image.name, rules: decision.rules.map((rule) => rule.rule) },
          },
        ]
      : [];
  });
}

/** `ACCOUNT/NAME` of each repository that this digest was delivered from. */
async function readVendorRepositories(tx: Tx, repositoryId: string, digest: string): Promise<string[]> {
  const { rows } = await sql<{ counterparty: string }>`
    select distinct counterparty from receipt where repository_id = ${repositoryId} and side = 'received' and digest = ${digest} limit 20`.execute(
    tx,
  );
  return rows.map((row) => row.counterparty);
}
