/** What the vendor of a delivered image attests, where the receiver chose to trust the vendor. */
import type { Violation } from '@pratique/contract';
import {
  parseStatement,
  readBundle,
  readPublicKey,
  requireSubject,
  VerificationSummary,
  VSA,
  verifyEnvelope,
} from '@pratique/sign';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import type { Repository } from '../registry/cache.ts';

export type VendorEvidence = { vendor: string; timeVerified: string };

type Row = { vendor: string; bundle: unknown; public_pem: string };

/**
 * The vendor's summary that says PASSED about this digest, its signature checked with the vendor's key; null without a
 * contract in which the receiver trusts the vendor, without a receipt, or when anything does not fit.
 */
export async function readVendorEvidence(
  tx: Tx,
  repository: Repository,
  digest: string,
): Promise<VendorEvidence | null> {
  const { rows } = await sql<Row>`
    select vendor.name as vendor, a.bundle, k.public_pem
    from receipt r join delivery d using (delivery_id) join contract c using (contract_id) join account vendor on vendor.account_id = c.from_account_id
    join attestation a on a.repository_id = d.from_repository_id and a.subject_digest = r.digest and a.predicate_type = ${VSA}
    join signing_key k on k.signing_key_id = a.signing_key_id and k.account_id = c.from_account_id
    where r.repository_id = ${repository.repositoryId} and r.side = 'received' and r.digest = ${digest}
      and c.trust_vendor and c.accepted_at is not null and c.ended_at is null
    order by a.created_at desc limit 1`.execute(tx);
  const row = rows[0];
  return row ? verifySummary(row, digest) : null;
}

function verifySummary(row: Row, digest: string): VendorEvidence | null {
  try {
    const { envelope } = readBundle(Buffer.from(JSON.stringify(row.bundle)));
    const { payload } = verifyEnvelope(envelope, [readPublicKey(row.public_pem)]);
    const statement = parseStatement(payload);
    requireSubject(statement, digest);
    const summary = VerificationSummary.parse(statement.predicate);
    return summary.verificationResult === 'PASSED' ? { vendor: row.vendor, timeVerified: summary.timeVerified } : null;
  } catch {
    return null; // evidence that does not verify is no evidence: the receiver's own policy decides
  }
}

/** The receiver's policy still speaks, but what it would deny becomes a warning that names the vendor's word. */
export function trustVendor(evidence: VendorEvidence, violations: readonly Violation[]): Violation[] {
  return violations.map((violation) =>
    violation.action === 'deny'
      ? {
          ...violation,
          action: 'warn',
          details: {
            ...violation.details,
            acceptedBecause: `${evidence.vendor} attests PASSED at ${evidence.timeVerified}`,
          },
        }
      : violation,
  );
}
