/** Images of other registries as people see them. */
import type { ForeignImage, ForeignState, TrustRuleResult } from '@pratique/contract';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';

type Row = {
  name: string;
  reference: string;
  digest: string | null;
  state: ForeignState;
  reasons: string[];
  rules: TrustRuleResult[];
  policy_version: number;
  examined_at: Date | null;
  valid_until: Date | null;
  asked_at: Date;
};

/** What clusters asked for last comes first; of the accounts that the transaction sees. */
export async function listForeignImages(tx: Tx, limit: number): Promise<ForeignImage[]> {
  const { rows } = await sql<Row>`
    select name, reference, digest, state, reasons, rules, policy_version, examined_at, valid_until, asked_at
    from foreign_image order by asked_at desc limit ${limit}`.execute(tx);
  return rows.map((row) => ({
    name: row.name,
    reference: row.reference,
    digest: row.digest,
    state: row.state,
    reasons: row.reasons,
    rules: row.rules,
    policyVersion: row.policy_version,
    examinedAt: row.examined_at?.toISOString() ?? null,
    validUntil: row.valid_until?.toISOString() ?? null,
    askedAt: row.asked_at.toISOString(),
  }));
}
