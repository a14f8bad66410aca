/** Which server, and as whom: the environment first, then what `login` stored. */
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';

export type Environment = NodeJS.ProcessEnv;
export type Connection = {
  url: string;
  /** null: nobody has signed in. */
  authorization: { kind: 'token'; token: string } | { kind: 'password'; user: string; password: string } | null;
};

const Stored = z.object({ url: z.string(), token: z.string(), user: z.string() });
type Stored = z.infer<typeof Stored>;
const DEFAULT_URL = 'http://127.0.0.1:8480';

/** What the command line keeps for its user, apart from what it can find again. */
export const settingsFile = (env: Environment, name: string): string =>
  join(env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'pratique', name);

const loginFile = (env: Environment) => settingsFile(env, 'login.json');

/** PRATIQUE_URL and PRATIQUE_TOKEN override what is stored; PRATIQUE_ADMIN_PASSWORD serves on the server's own machine. */
export async function readConnection(env: Environment): Promise<Connection> {
  const stored = await readStored(env);
  const url = (env['PRATIQUE_URL'] || stored?.url || defaultUrl(env)).replace(/\/+$/, '');
  if (env['PRATIQUE_TOKEN']) return { url, authorization: { kind: 'token', token: env['PRATIQUE_TOKEN'] } };
  // A stored session goes to the server that gave it, to no other.
  if (stored?.token && stored.url === url) return { url, authorization: { kind: 'token', token: stored.token } };
  if (env['PRATIQUE_ADMIN_PASSWORD'])
    return { url, authorization: { kind: 'password', user: 'admin', password: env['PRATIQUE_ADMIN_PASSWORD'] } };
  return { url, authorization: null };
}

/** The server that `npm start` would make here with this environment. */
function defaultUrl(env: Environment): string {
  if (env['PRATIQUE_PUBLIC_URL']) return env['PRATIQUE_PUBLIC_URL'];
  return env['PRATIQUE_PORT'] ? `http://127.0.0.1:${env['PRATIQUE_PORT']}` : DEFAULT_URL;
}

export async function storeLogin(env: Environment, login: Stored): Promise<void> {
  const file = loginFile(env);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const part = `${file}.${process.pid}`;
  await writeFile(part, `${JSON.stringify(login, null, 2)}\n`, { mode: 0o600 });
  await chmod(part, 0o600);
  await rename(part, file);
}

async function readStored(env: Environment): Promise<Stored | null> {
  try {
    return Stored.parse(JSON.parse(await readFile(loginFile(env), 'utf8')));
  } catch {
    return null;
  }
}
