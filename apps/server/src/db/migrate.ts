/** Applies numbered SQL files, forward only, one transaction each, one migrating process at a time. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Logger, runMigrations } from 'graphile-worker';
import { sql } from 'kysely';
import type pg from 'pg';
import { ServerError } from '../error.ts';
import type { Db } from './connect.ts';

const DIRECTORY = join(import.meta.dirname, 'migrations');
/** Any constant will do, as long as every process uses the same. */
const LOCK = 8_480_001;

/**
 * Brings the schema to the newest version.
 * @throws ServerError `migration-failed`, naming the file; also when the database is newer than this program
 */
export async function migrate(db: Db, pool: pg.Pool, directory = DIRECTORY): Promise<string[]> {
  const files = (await readdir(directory)).filter((name) => /^\d{4}-[a-z-]+\.sql$/.test(name)).sort();
  await runMigrations({ pgPool: pool, logger: new Logger(() => () => {}) });
  return db.connection().execute(async (connection) => {
    await sql`select pg_advisory_lock(${LOCK})`.execute(connection);
    try {
      await sql`create table if not exists migration (name text primary key, applied_at timestamptz not null default now())`.execute(
        connection,
      );
      const { rows } = await sql<{ name: string }>`select name from migration`.execute(connection);
      const applied = new Set(rows.map((row) => row.name));
      const unknown = [...applied].filter((name) => !files.includes(name));
      if (unknown.length > 0)
        throw new ServerError(
          'migration-failed',
          `the database was made by a newer version (${unknown.join(', ')}); start that version`,
        );
      const fresh = files.filter((name) => !applied.has(name));
      for (const name of fresh) await apply(connection, directory, name);
      return fresh;
    } finally {
      await sql`select pg_advisory_unlock(${LOCK})`.execute(connection);
    }
  });
}

async function apply(db: Db, directory: string, name: string): Promise<void> {
  const text = await readFile(join(directory, name), 'utf8');
  try {
    await db.transaction().execute(async (tx) => {
      await sql.raw(text).execute(tx);
      await sql`insert into migration (name) values (${name})`.execute(tx);
    });
  } catch (cause) {
    throw new ServerError('migration-failed', `migration ${name} failed: ${(cause as Error).message}`, { cause });
  }
}
