/** A whole Pratique of a test's own: its process tree on free ports with a data folder that is thrown away. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { type Found, type Part, processesOf } from './process-tree.ts';

export const ADMIN_PASSWORD = 'harbour-master-9000';
const MAIN = join(import.meta.dirname, '..', '..', 'apps', 'server', 'src', 'main.ts');
const LOG_BYTES = 400_000;

/** `null`: anonymous; a string: a bearer secret; a pair: Basic credentials. */
export type Credentials = string | null | { user: string; password: string };
export type Answer = { status: number; headers: Headers; text: string; json: unknown };

export type TestServer = {
  /** `http://127.0.0.1:PORT`. */
  url: string;
  /** `127.0.0.1:PORT`, as in image references. */
  host: string;
  admissionPort: number;
  dataDir: string;
  /** A session of the administrator, who owns the accounts vendor and customer. */
  token(): string;
  /** One request to the API or the registry; `body` is sent as JSON unless it is a Buffer. */
  api(method: string, path: string, body?: unknown, credentials?: Credentials): Promise<Answer>;
  /** Connections to the server's own database, as its owner. Ends with `stop`. */
  database(): Promise<pg.Pool>;
  processes(): Found[];
  /** SIGKILL to every process of the server at once; returns when all are gone. */
  killTree(): Promise<void>;
  /** SIGKILL to the processes of one part. @returns how many there were */
  kill(part: Part): Promise<number>;
  /** Starts the tree again on the same data and ports. */
  start(): Promise<void>;
  /** Ends the tree in order (SIGTERM), leaving the data. @returns the exit code */
  halt(): Promise<number | null>;
  /** Ends everything and throws the data away. */
  stop(): Promise<void>;
  /** Resolves once every process says that it is ready. */
  ready(): Promise<void>;
  /** The last lines that the tree wrote. */
  log(): string;
  running(): boolean;
};

/** Path of the built policy engine, or null: `npm test` builds it, a run of single files finds the last one built. */
export async function findPolicyEngine(): Promise<string | null> {
  const named = process.env['PRATIQUE_POLICY_ENGINE'];
  if (named) return named;
  const cache = join(cacheFolder(), 'policy-engine');
  const builds = await Promise.all(
    (await readdir(cache).catch(() => [])).map(async (name) => {
      const path = join(cache, name, 'policy-engine');
      return { path, at: (await stat(path).catch(() => null))?.mtimeMs ?? 0 };
    }),
  );
  return builds.filter((build) => build.at > 0).sort((a, b) => b.at - a.at)[0]?.path ?? null;
}

/** Where built and downloaded things are kept between runs. */
export function cacheFolder(): string {
  return process.env['PRATIQUE_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'pratique');
}

/** @throws Error with the tree's last lines when it does not become ready */
export async function startServer(
  options: { env?: NodeJS.ProcessEnv /** Some of the roles, separated by commas. */; roles?: string } = {},
): Promise<TestServer> {
  const engine = await findPolicyEngine();
  if (engine === null) throw new Error('the policy engine is not built; npm test builds it');
  const dataDir = await mkdtemp(join(tmpdir(), 'pratique-e2e-'));
  const [port, admissionPort] = [await freePort(), await freePort()];
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    PRATIQUE_DATA: dataDir,
    PRATIQUE_PORT: String(port),
    PRATIQUE_ADMISSION_PORT: String(admissionPort),
    PRATIQUE_ADMIN_PASSWORD: ADMIN_PASSWORD,
    PRATIQUE_POLICY_ENGINE: engine,
    // Verdicts of tests come from the advisories that ship with the program, not from what is published today.
    PRATIQUE_FEEDS: 'off',
    ...options.env,
  };
  // The developer's own database is none for tests.
  if (options.env?.['DATABASE_URL'] === undefined) delete env['DATABASE_URL'];
  delete env['NODE_OPTIONS'];
  const url = `http://127.0.0.1:${port}`;
  let log = '';
  let token = '';
  let child: ChildProcess | null = null;
  let pool: pg.Pool | null = null;

  async function start(): Promise<void> {
    // A process group of its own: a Ctrl-C at the tests does not reach it before they end it in order.
    const started = fork(MAIN, options.roles ? ['--roles', options.roles] : [], {
      env,
      detached: true,
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    child = started;
    for (const stream of [started.stdout, started.stderr])
      stream?.on('data', (chunk: Buffer) => {
        log = (log + chunk.toString('utf8')).slice(-LOG_BYTES);
      });
    const said = new Promise<string>((resolve, reject) => {
      started.on('message', (message: { type: string; token?: string }) => {
        if (message.type === 'ready') resolve(message.token ?? '');
      });
      started.once('exit', (code, signal) =>
        reject(new Error(`the server ended with ${signal ?? code} before it was ready:\n${log.slice(-4000)}`)),
      );
    });
    said.catch(() => {});
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error(`the server is not ready after 180 s:\n${log.slice(-4000)}`)),
      180_000,
    );
    try {
      token = await Promise.race([said, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  const running = () => child !== null && child.exitCode === null && child.signalCode === null;

  async function gone(pids: readonly number[]): Promise<void> {
    const alive = () => {
      const now = new Set(processesOf(dataDir).map((one) => one.pid));
      return pids.some((pid) => now.has(pid));
    };
    for (const deadline = Date.now() + 30_000; alive() && Date.now() < deadline; )
      await new Promise((resolve) => setTimeout(resolve, 20));
  }

  async function killTree(): Promise<void> {
    const ended = child && running() ? once(child, 'exit') : null;
    for (let found = processesOf(dataDir); found.length > 0; found = processesOf(dataDir)) {
      // The supervisor first, so that it starts nothing again.
      for (const { pid } of found.sort((a, b) => Number(b.part === 'supervisor') - Number(a.part === 'supervisor')))
        signal(pid, 'SIGKILL');
      await gone(found.map((one) => one.pid));
    }
    await ended;
  }

  async function halt(): Promise<number | null> {
    await pool?.end().catch(() => {});
    pool = null;
    if (!child || !running()) return child?.exitCode ?? null;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const hard = setTimeout(() => void killTree(), 40_000);
    const [code] = await ended;
    clearTimeout(hard);
    return code as number | null;
  }

  const lastResort = () => {
    for (const { pid } of processesOf(dataDir)) signal(pid, 'SIGKILL');
  };
  process.once('exit', lastResort);

  const server: TestServer = {
    url,
    host: `127.0.0.1:${port}`,
    admissionPort,
    dataDir,
    token: () => token,
    api: (method, path, body, credentials = token) => ask(`${url}${path}`, method, body, credentials),
    async database() {
      if (pool) return pool;
      const password = (await readFile(join(dataDir, 'postgres.password'), 'utf8')).trim();
      const sockets = encodeURIComponent(join(dataDir, 'postgres'));
      pool = new pg.Pool({
        connectionString: `postgres://pratique:${password}@localhost/pratique?host=${sockets}`,
        max: 4,
      });
      pool.on('error', () => {});
      return pool;
    },
    processes: () => processesOf(dataDir),
    killTree,
    async kill(part) {
      const found = processesOf(dataDir).filter((one) => one.part === part);
      for (const { pid } of found) signal(pid, 'SIGKILL');
      await gone(found.map((one) => one.pid));
      return found.length;
    },
    start,
    halt,
    async stop() {
      await halt();
      await killTree();
      process.off('exit', lastResort);
      await rm(dataDir, { recursive: true, force: true });
    },
    async ready() {
      for (const deadline = Date.now() + 120_000; ; ) {
        const answer = await ask(`${url}/readyz`, 'GET', undefined, null).catch(() => null);
        if (answer?.status === 200) return;
        if (Date.now() > deadline) throw new Error(`not ready: ${answer?.text ?? 'no answer'}\n${log.slice(-4000)}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    log: () => log,
    running,
  };
  try {
    await start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

export function authorization(credentials: Credentials): Record<string, string> {
  if (credentials === null) return {};
  if (typeof credentials === 'string') return { authorization: `Bearer ${credentials}` };
  const text = `${credentials.user}:${credentials.password}`;
  return { authorization: `Basic ${Buffer.from(text).toString('base64')}` };
}

async function ask(url: string, method: string, body: unknown, credentials: Credentials): Promise<Answer> {
  const sent = body === undefined ? null : Buffer.isBuffer(body) ? new Uint8Array(body) : JSON.stringify(body);
  const response = await fetch(url, {
    method,
    headers: {
      ...authorization(credentials),
      ...(sent === null || Buffer.isBuffer(body) ? {} : { 'content-type': 'application/json' }),
    },
    body: sent,
    signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it is gone already
  }
}
