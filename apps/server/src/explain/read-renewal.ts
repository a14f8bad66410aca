/** When a verdict is looked at again, and how the last look went. */
import type { Renewal } from '@pratique/contract';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';

/** @returns null without a verdict */
export async function readRenewal(tx: Tx, repositoryId: string, digest: string): Promise<Renewal | null> {
  const { rows } = await sql<{ renew_at: Date | number; renewal_failures: number; renewal_error: string | null }>`
    select renew_at, renewal_failures, renewal_error from verdict where repository_id = ${repositoryId} and digest = ${digest}`.execute(
    tx,
  );
  const row = rows[0];
  if (!row) return null;
  // `infinity` comes as a number: what is revoked is not looked at by itself.
  return {
    at: row.renew_at instanceof Date ? row.renew_at.toISOString() : null,
    failures: row.renewal_failures,
    error: row.renewal_error,
  };
}
