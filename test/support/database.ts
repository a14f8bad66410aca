/** Gives a test file a database of its own: a clone of the migrated template. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, inject } from 'vitest';
import { connect, type Db } from '../../apps/server/src/db/connect.ts';

export type TestDatabase = { db: Db; pool: pg.Pool; url: string };

/** Clones the template; the clone is dropped after the file's last test. */
export async function testDatabase(): Promise<TestDatabase> {
  const template = new URL(inject('postgresUrl').replace('postgres://', 'http://'));
  const name = `t_${randomBytes(6).toString('hex')}`;
  const at = (database: string) => {
    const url = new URL(template);
    url.pathname = `/${database}`;
    return url.toString().replace('http://', 'postgres://');
  };
  const admin = new pg.Client({ connectionString: at('postgres') });
  await admin.connect();
  // Two clones of one template at once refuse each other; the lock makes them queue.
  await admin.query('select pg_advisory_lock(1)');
  await admin.query(`create database ${name} template template_pratique`);
  await admin.query('select pg_advisory_unlock(1)');
  const { db, pool } = connect(at(name), { name });
  afterAll(async () => {
    await db.destroy();
    await admin.query(`drop database if exists ${name} with (force)`);
    await admin.end();
  });
  return { db, pool, url: at(name) };
}
