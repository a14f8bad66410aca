/** Transactions that read across all images of an account. */
import { sql } from 'kysely';
import { asTenant, type Db, type Tx } from '../db/connect.ts';

/** Compiling such a query takes longer than running it. */
export async function acrossImages<T>(db: Db, accountId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  return asTenant(db, [accountId], async (tx) => {
    await sql`select set_config('jit', 'off', true)`.execute(tx);
    return work(tx);
  });
}

export type PackageColumns = {
  type: string;
  name: string;
  version: string;
  purl: string;
  source_name: string;
  source_version: string;
  architecture: string | null;
  distribution: string | null;
};

/** @see ListedPackage */
export function toListedPackage(row: PackageColumns) {
  return {
    type: row.type,
    name: row.name,
    version: row.version,
    purl: row.purl,
    sourceName: row.source_name,
    sourceVersion: row.source_version,
    architecture: row.architecture,
    distribution: distributionName(row.distribution),
  };
}

/** The name of a distribution that is stored as JSON. */
export function distributionName(stored: string | null): string | null {
  if (stored === null) return null;
  const { name, id, version } = JSON.parse(stored) as { name?: string; id?: string; version?: string };
  return name || `${id ?? ''} ${version ?? ''}`.trim() || null;
}
