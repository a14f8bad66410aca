/** The API in this process, on a database of its own, with every route. */
import { sql } from 'kysely';
import { pino } from 'pino';
import { Registry as Metrics } from 'prom-client';
import { testDatabase } from '../../../../test/support/database.ts';
import { SYSTEM_ACTOR } from '../auth/audit.ts';
import { createAuthenticator } from '../auth/authenticator.ts';
import { ensureFirstAccounts } from '../auth/first-start.ts';
import { insertSession } from '../auth/insert-session.ts';
import { makeSecret } from '../auth/secret.ts';
import { readConfig } from '../config.ts';
import { createApp } from './app.ts';
import { addRoutes, type RouteDeps } from './routes.ts';

export const ADMIN_PASSWORD = 'first password';

/**
 * @param env settings
 * @returns `admin`: a session of the administrator, who owns vendor and customer. There is no signer and no blob store.
 */
export async function openApp(env: NodeJS.ProcessEnv = {}) {
  const { db } = await testDatabase();
  await ensureFirstAccounts(db, ADMIN_PASSWORD);
  const config = readConfig(env, '/nowhere');
  const log = pino({ level: 'silent' });
  const authenticator = createAuthenticator(db, () => true);
  const app = await createApp({ config, log, registry: () => {}, authenticator, requestId: () => 'request-1' });
  await addRoutes(app, {
    config,
    db,
    log,
    authenticator,
    metrics: new Metrics(),
    siblings: () => [],
    feedIsCurrent: () => true,
    draining: () => false,
  } as unknown as RouteDeps);

  /** Opens a session of the administrator without a sign-in, which would be audited as one. */
  async function openSession(): Promise<string> {
    const token = makeSecret('session');
    const { rows } = await sql<{ id: string }>`select person_id as id from person where name = 'admin'`.execute(db);
    await insertSession(db, rows[0]?.id ?? '', token, 'cli', 1, { ...SYSTEM_ACTOR, name: 'admin' });
    return token;
  }
  const ask = (method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, token: string, payload?: object) =>
    app.inject({
      method,
      url,
      headers: { authorization: `Bearer ${token}` },
      ...(payload === undefined ? {} : { payload }),
    });
  return { db, app, openSession, ask };
}
