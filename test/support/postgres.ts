/** One PostgreSQL for the whole test run, with a migrated template that each test file clones. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../apps/server/src/db/connect.ts';
import { startEmbeddedPostgres } from '../../apps/server/src/db/embedded.ts';
import { migrate } from '../../apps/server/src/db/migrate.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    postgresUrl: string;
  }
}

export default async function setup(project: {
  provide: (key: 'postgresUrl', value: string) => void;
}): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'pratique-test-'));
  const server = await startEmbeddedPostgres(folder, 'template_pratique', [
    'fsync=off',
    'synchronous_commit=off',
    'full_page_writes=off',
  ]);
  const { db, pool } = connect(server.url, { name: 'template' });
  await migrate(db, pool);
  await db.destroy();
  project.provide('postgresUrl', server.url);
  return async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
