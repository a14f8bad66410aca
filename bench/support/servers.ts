/** Starts the two registries that are compared, on free ports, with data of their own. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export type RunningRegistry = {
  name: string;
  url: string;
  pid: number;
  headers(scope: string): Promise<Record<string, string>>;
  stop(): Promise<void>;
};

const ROOT = resolve(import.meta.dirname, '..', '..');
const PASSWORD = 'bench-password';

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

/** The whole process tree, as `npm start` runs it. */
export async function startPratique(): Promise<RunningRegistry> {
  const data = await mkdtemp(join(tmpdir(), 'pratique-bench-'));
  const port = await freePort();
  const env = {
    ...process.env,
    PRATIQUE_DATA: data,
    PRATIQUE_PORT: String(port),
    PRATIQUE_ADMISSION_PORT: String(await freePort()),
    PRATIQUE_ADMIN_PASSWORD: PASSWORD,
    PRATIQUE_LOG_LEVEL: 'error',
  };
  const child = fork(join(ROOT, 'apps', 'server', 'src', 'main.ts'), [], {
    env,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  const url = `http://127.0.0.1:${port}`;
  return {
    name: 'Pratique',
    url,
    pid: child.pid ?? 0,
    async headers(scope) {
      const authorization = `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`;
      const response = await fetch(`${url}/v2/token?service=pratique&scope=${encodeURIComponent(scope)}`, {
        headers: { authorization },
      });
      const { token } = (await response.json()) as { token: string };
      return { authorization: `Bearer ${token}` };
    },
    stop: () => end(child, data),
  };
}

/** Debian's docker-registry, the reference implementation; null where it is not installed. Nobody authenticates there. */
export async function startDockerRegistry(): Promise<RunningRegistry | null> {
  if (!existsSync('/usr/bin/docker-registry')) return null;
  const data = await mkdtemp(join(tmpdir(), 'registry-bench-'));
  const port = await freePort();
  const config = join(data, 'config.yml');
  await writeFile(
    config,
    `version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: ${data}/store}, cache: {blobdescriptor: inmemory}, delete: {enabled: true}}\nhttp: {addr: '127.0.0.1:${port}'}\n`,
  );
  const child = spawn('/usr/bin/docker-registry', ['serve', config], { stdio: ['ignore', 'ignore', 'ignore'] });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 100; tries++) {
    if (
      await fetch(`${url}/v2/`).then(
        (response) => response.ok,
        () => false,
      )
    )
      break;
    await new Promise((done) => setTimeout(done, 50));
  }
  return { name: 'docker-registry', url, pid: child.pid ?? 0, headers: async () => ({}), stop: () => end(child, data) };
}

/** What hashing, writing and syncing cost in Node by themselves, here and now; it takes pushes of blobs and nothing else. */
export async function startBareNode(): Promise<RunningRegistry> {
  const data = await mkdtemp(join(tmpdir(), 'bare-bench-'));
  const port = await freePort();
  const child = fork(join(import.meta.dirname, 'bare-node.mjs'), [String(port), data], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  return {
    name: 'bare Node',
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    headers: async () => ({}),
    stop: () => end(child, data),
  };
}

async function end(child: ChildProcess, data: string): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
  await rm(data, { recursive: true, force: true });
}
