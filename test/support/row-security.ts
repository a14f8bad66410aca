/** Looks at the database through row-level security alone, with no code in front of it. */
import type pg from 'pg';

export type Table = { name: string; columns: string[]; guarded: boolean };

export async function readTables(database: pg.Pool): Promise<Table[]> {
  const { rows } = await database.query<Table>(
    `select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as guarded, array_agg(a.attname::text) as columns
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace group by 1, 2 order by 1`,
  );
  return rows;
}

/** Runs a statement as the role of tenants, for the accounts named, and takes it back. @returns rows, or why not */
export async function asTenantOf(
  database: pg.Pool,
  accounts: string[],
  statement: string,
  values: unknown[] = [],
): Promise<string> {
  const client = await database.connect();
  try {
    await client.query('begin');
    await client.query(
      `select set_config('role', 'pratique_tenant', true), set_config('pratique.accounts', $1, true)`,
      [`{${accounts.join(',')}}`],
    );
    const { rowCount, rows } = await client.query(statement, values);
    return `${rowCount ?? 0} ${JSON.stringify(rows)}`;
  } catch (error) {
    return (error as Error).message;
  } finally {
    await client.query('rollback');
    client.release();
  }
}

export async function accountId(database: pg.Pool, name: string): Promise<string> {
  const { rows } = await database.query<{ id: string }>('select account_id as id from account where name = $1', [name]);
  return rows[0]?.id ?? '';
}
