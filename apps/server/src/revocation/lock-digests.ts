/** Keeps a revocation and a decision on the same image from passing each other unseen. */
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';

/** Until the transaction ends, nobody else decides on or revokes these digests in the account. */
export async function lockDigests(tx: Tx, accountId: string, digests: readonly string[]): Promise<void> {
  // In one order, so that two who want several of the same wait for each other and not in a circle.
  await sql`
    select pg_advisory_xact_lock(key) from (
      select distinct hashtextextended(${accountId} || ' ' || digest, 8480006) as key from unnest(${[...digests]}::text[]) as digest order by 1) as keys`.execute(
    tx,
  );
}
