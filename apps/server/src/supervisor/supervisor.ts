/** The root of the process tree: database, then signer, then the rest; stopped in the opposite order. */
import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureFirstAccounts } from '../auth/first-start.ts';
import { openLocalSession } from '../auth/insert-session.ts';
import { type Config, ROLES, type RoleName, readConfig } from '../config.ts';
import { connect } from '../db/connect.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../db/embedded.ts';
import { migrate } from '../db/migrate.ts';
import { ServerError } from '../error.ts';
import { createLogger } from '../log.ts';
import { ROOT } from '../roles/open.ts';
import { type Supervised, supervise } from './child.ts';
import { lockDataFolder } from './lock-folder.ts';

const MAIN = join(import.meta.dirname, '..', 'main.ts');
/** Roles that may ask the signer. */
const SIGNER_CLIENTS: readonly RoleName[] = ['api', 'worker', 'admission'];

/**
 * Runs until SIGINT or SIGTERM.
 * @returns the exit code
 */
export async function runSupervisor(args: string[]): Promise<number> {
  let config: Config;
  let roles: RoleName[];
  try {
    config = readConfig(process.env, ROOT);
    roles = chosenRoles(args);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return 2;
  }
  const log = createLogger('supervisor', config.logLevel);
  const children: Supervised[] = [];
  let stopping = false;
  let postgres: EmbeddedPostgres | null = null;
  const finished = Promise.withResolvers<number>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => finished.resolve(0));
  // Whoever started this program with a channel is gone: there is nobody left who could stop it.
  process.on('disconnect', () => finished.resolve(0));
  const release = await lockDataFolder(config.dataDir).catch((error: Error) => error);
  if (release instanceof Error) {
    process.stderr.write(`${release.message}\n`);
    return 1;
  }
  try {
    await mkdir(config.runDir, { recursive: true, mode: 0o700 });
    postgres = config.databaseUrl === null ? await startEmbeddedPostgres(config.dataDir) : null;
    void postgres?.ended.then((code) => {
      if (!stopping) log.fatal({ code }, 'PostgreSQL ended');
      finished.resolve(stopping ? 0 : 1);
    });
    const databaseUrl = config.databaseUrl ?? postgres?.url ?? '';
    await prepareDatabase(databaseUrl, config);
    const env = childEnvironment(config, databaseUrl);
    const broadcast = () => {
      const states = children.map((child) => child.state());
      for (const child of children) child.send({ type: 'children', children: states });
    };
    for (const role of startOrder(roles)) {
      const spec = { name: role, module: MAIN, args: ['--role', role], env: env(role), drainMs: config.drainS * 1000 };
      const child = supervise(spec, log, (fatal) => {
        if (fatal) {
          process.stderr.write(`${fatal.message}\n`);
          finished.resolve(1);
        }
        broadcast();
      });
      children.push(child);
      // The others ask the signer for keys while they start.
      if (role !== 'signer') continue;
      const ended = await Promise.race([child.ready.then(() => null).catch(() => 1), finished.promise]);
      if (ended !== null) return ended;
    }
    void Promise.all(children.map((child) => child.ready)).then(
      () => announceReady(databaseUrl, config),
      () => {},
    );
    return await finished.promise;
  } catch (error) {
    process.stderr.write(
      `${error instanceof ServerError ? error.message : ((error as Error).stack ?? String(error))}\n`,
    );
    return 1;
  } finally {
    stopping = true;
    await Promise.all(children.filter((child) => child.state().name !== 'signer').map((child) => child.stop()));
    await Promise.all(children.map((child) => child.stop()));
    await postgres?.stop();
    await rm(config.runDir, { recursive: true, force: true });
    await release();
  }
}

/** Tells the program that started this one where the server is, and gives it a session to make the first voyage with. */
async function announceReady(databaseUrl: string, config: Config): Promise<void> {
  if (!process.send) {
    process.stdout.write(`Pratique is ready: ${config.publicUrl}\n`);
    return;
  }
  const { db } = connect(databaseUrl, { name: 'pratique-ready', max: 1 });
  try {
    process.send({ type: 'ready', publicUrl: config.publicUrl, token: await openLocalSession(db) });
  } finally {
    await db.destroy();
  }
}

function chosenRoles(args: string[]): RoleName[] {
  const flag = args.indexOf('--roles');
  if (flag < 0) return [...ROLES];
  const names = (args[flag + 1] ?? '').split(',');
  const unknown = names.find((name) => !ROLES.some((role) => role === name));
  if (unknown !== undefined)
    throw new ServerError(
      'config-invalid',
      `--roles: there is no role ${unknown || '(empty)'}; the roles are ${ROLES.join(', ')}`,
    );
  const chosen = [...new Set(names as RoleName[])];
  const client = chosen.find((role) => SIGNER_CLIENTS.includes(role));
  if (client !== undefined && !chosen.includes('signer'))
    throw new ServerError(
      'config-invalid',
      `--roles: ${client} asks the signer for keys, over a socket of this machine; add signer`,
    );
  return chosen;
}

const startOrder = (roles: RoleName[]): RoleName[] =>
  [...roles].sort((a, b) => Number(b === 'signer') - Number(a === 'signer'));

async function prepareDatabase(url: string, config: Config): Promise<void> {
  const { db, pool } = connect(url, { name: 'pratique-migrate', max: 2 });
  try {
    await migrate(db, pool);
    const password = await ensureFirstAccounts(db, config.adminPassword);
    if (password !== null)
      process.stdout.write(
        `\nThe administrator is admin, the password ${password}\nIt is shown this once; set PRATIQUE_ADMIN_PASSWORD to choose another.\n\n`,
      );
  } finally {
    await db.destroy();
  }
}

/** What each role may know: the master key goes to the signer alone, the token of the metrics to who serves them. */
function childEnvironment(config: Config, databaseUrl: string): (role: RoleName) => NodeJS.ProcessEnv {
  const signerSecret = randomBytes(32).toString('base64url');
  const {
    PRATIQUE_MASTER_KEY,
    PRATIQUE_MASTER_KEY_FILE,
    PRATIQUE_MASTER_KEY_PREVIOUS,
    PRATIQUE_ADMIN_PASSWORD: _,
    PRATIQUE_METRICS_TOKEN,
    ...rest
  } = process.env;
  const shared = {
    ...rest,
    DATABASE_URL: databaseUrl,
    PRATIQUE_RUN_DIR: config.runDir,
    PRATIQUE_SIGNER_SECRET: signerSecret,
  };
  return (role) => {
    if (role === 'signer')
      return {
        ...shared,
        ...(PRATIQUE_MASTER_KEY ? { PRATIQUE_MASTER_KEY } : {}),
        ...(PRATIQUE_MASTER_KEY_FILE ? { PRATIQUE_MASTER_KEY_FILE } : {}),
        ...(PRATIQUE_MASTER_KEY_PREVIOUS ? { PRATIQUE_MASTER_KEY_PREVIOUS } : {}),
      };
    if (role === 'api' && PRATIQUE_METRICS_TOKEN) return { ...shared, PRATIQUE_METRICS_TOKEN };
    return SIGNER_CLIENTS.includes(role) ? shared : { ...shared, PRATIQUE_SIGNER_SECRET: undefined };
  };
}
