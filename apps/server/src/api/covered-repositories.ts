/** The repositories that a caller may see, by name. */
import { sql } from 'kysely';
import { matchesAny } from '../auth/pattern.ts';
import type { Grant } from '../auth/principal.ts';
import type { Tx } from '../db/connect.ts';

/** @returns null for all of the account */
export async function coveredRepositories(tx: Tx, grant: Grant): Promise<string[] | null> {
  if (grant.repositories.includes('**')) return null;
  const { rows } = await sql<{ name: string }>`select name from repository order by name`.execute(tx);
  return rows.map((row) => row.name).filter((name) => matchesAny(grant.repositories, name));
}
