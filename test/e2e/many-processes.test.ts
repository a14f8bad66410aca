/** Three servers on one PostgreSQL and one blob folder, behind a balancer: together they answer as one does. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { sha256 } from '../../packages/oci/src/layers/tar-fixture.ts';
import { type Balancer, startBalancer } from '../support/balancer.ts';
import { addRobot } from '../support/chain.ts';
import { testDatabase } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { bookworm, HARMLESS, makeImage, pushBlob, pushImage, putManifest, registry } from '../support/image.ts';
import { ADMIN_PASSWORD, authorization, type Credentials, startServer, type TestServer } from '../support/server.ts';
import { findTool, runTool } from '../support/tools.ts';

const run = promisify(execFile);
const { url: databaseUrl } = await testDatabase();
const servers: TestServer[] = [];
let folder = '';
let balancer: Balancer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-many-'));
  const port = await freePort();
  balancer = await startBalancer(port, () => servers.map((server) => server.url));
  const env = {
    DATABASE_URL: databaseUrl,
    PRATIQUE_BLOBS: join(folder, 'blobs'),
    PRATIQUE_MASTER_KEY: randomBytes(32).toString('hex'),
    PRATIQUE_PUBLIC_URL: balancer.url,
    PRATIQUE_DRAIN_S: '2',
  };
  for (const roles of ['api,signer', 'api,signer', 'api,signer,worker,admission'])
    servers.push(await startServer({ env, roles }));
  // A process trusts its memory only after the others know of it.
  await delay(1500);
});
afterEach((context) => {
  if (context.task.result?.state === 'fail')
    for (const server of servers) process.stderr.write(`--- a server's last lines\n${server.log().slice(-2000)}\n`);
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await balancer?.stop();
  await rm(folder, { recursive: true, force: true });
});

const image = (note: string) => makeImage(bookworm([HARMLESS]), { note });
const at = (n: number): TestServer => {
  const server = servers[n % servers.length];
  if (!server) throw new Error('there are no servers');
  return server;
};
/** Each server's word: the digest that a reference names there, or the status of the refusal. */
const digests = (name: string, reference: string, credentials?: Credentials) =>
  Promise.all(
    servers.map(async (server) => {
      const answer = await registry(server, 'GET', `${name}/manifests/${reference}`, {
        ...(credentials === undefined ? {} : { credentials }),
      });
      return answer.status === 200 ? sha256(Buffer.from(await answer.arrayBuffer())) : answer.status;
    }),
  );
const three = <T>(value: T) => [value, value, value];

test('what one has taken, all have at once: new and moved tags, and deletions', async () => {
  const images = Array.from({ length: 6 }, (_, n) => image(`many ${n}`));
  for (const one of images) await pushImage(at(0), 'vendor/many', null, one);
  for (let n = 0; n < 45; n++) {
    const next = images[n % images.length];
    if (!next) continue;
    expect((await putManifest(at(n), 'vendor/many', 'moving', next)).status).toBe(201);
    expect(await digests('vendor/many', 'moving')).toEqual(three(next.digest));
    if (n % 9 === 8) {
      expect((await registry(at(n + 1), 'DELETE', 'vendor/many/manifests/moving')).status).toBe(202);
      expect(await digests('vendor/many', 'moving')).toEqual(three(404));
    }
    const fresh = randomBytes(100);
    const digest = await pushBlob(at(n), 'vendor/many', fresh);
    expect((await registry(at(n + 1), 'GET', `vendor/many/blobs/${digest}`)).status).toBe(200);
  }
});

test('writers on all of them at the same moment: whoever reads after them finds what they did', async () => {
  const one = image('at once');
  await pushImage(at(0), 'vendor/at-once', 'v0', one);
  const others = Array.from({ length: 12 }, (_, n) => image(`at once ${n}`));
  await Promise.all(
    others.map(async (other, n) => {
      await pushImage(at(n), 'vendor/at-once', `v${n}`, one);
      expect(await digests('vendor/at-once', `v${n}`)).toEqual(three(one.digest));
      await pushImage(at(n + 1), 'vendor/at-once', `v${n}`, other);
      expect(await digests('vendor/at-once', `v${n}`)).toEqual(three(other.digest));
    }),
  );
});

test('the chunks of one upload go through different servers', async () => {
  const bytes = randomBytes(3_000_000);
  const digest = sha256(bytes);
  const opened = await registry(at(0), 'POST', 'vendor/chunks/blobs/uploads/');
  let location = opened.headers.get('location') ?? '';
  const size = 500_000;
  for (let from = 0, n = 1; from < bytes.length - size; from += size, n++) {
    const headers = { 'content-type': 'application/octet-stream', 'content-range': `${from}-${from + size - 1}` };
    const body = bytes.subarray(from, from + size);
    const sent = await registry(at(n), 'PATCH', location, { body, headers });
    expect([sent.status, sent.headers.get('range')]).toEqual([202, `0-${from + size - 1}`]);
    location = sent.headers.get('location') ?? '';
    // The same chunk again is out of order for each of them, and they agree where it goes on.
    const again = await registry(at(n + 1), 'PATCH', location, { body, headers });
    expect([again.status, again.headers.get('range')]).toEqual([416, `0-${from + size - 1}`]);
    const status = await registry(at(n + 2), 'GET', location);
    expect([status.status, status.headers.get('range')]).toEqual([204, `0-${from + size - 1}`]);
  }
  const done = await registry(at(2), 'PUT', `${location}?digest=${digest}`, { body: bytes.subarray(-size) });
  expect(done.status).toBe(201);
  for (const server of servers) {
    const answer = await registry(server, 'GET', `vendor/chunks/blobs/${digest}`);
    expect(sha256(Buffer.from(await answer.arrayBuffer()))).toBe(digest);
    expect((await registry(server, 'GET', location)).status).toBe(404);
  }
});

/** The registry token that a robot got from one server; all take it. */
async function registryToken(server: TestServer, secret: string, name: string): Promise<string> {
  const answer = await fetch(`${server.url}/v2/token?service=pratique&scope=repository:${name}:pull`, {
    headers: authorization({ user: 'robot', password: secret }),
  });
  return ((await answer.json()) as { token: string }).token;
}

test('a revoked robot is refused by all when the revocation is acknowledged, by whatever token it has', async () => {
  const one = image('revoked');
  await pushImage(at(0), 'vendor/revoked', 'v1', one);
  for (let round = 0; round < 6; round++) {
    const robot = await addRobot(at(round), 'vendor', { name: `short-${round}`, role: 'reader' });
    const tokens: Credentials[] = [
      robot.token,
      { user: 'robot', password: robot.token },
      await registryToken(at(round), robot.token, 'vendor/revoked'),
    ];
    for (const token of tokens) expect(await digests('vendor/revoked', 'v1', token)).toEqual(three(one.digest));
    const gone = await at(round + 1).api('DELETE', `/api/v1/accounts/vendor/robots/${robot.robot.name}`);
    expect(gone.status).toBeLessThan(300);
    for (const token of tokens) expect(await digests('vendor/revoked', 'v1', token)).toEqual(three(401));
  }
});

test('a server that was asleep during a revocation refuses the robot in its first answer', async () => {
  const one = image('asleep');
  await pushImage(at(0), 'vendor/asleep', 'v1', one);
  const robot = await addRobot(at(0), 'vendor', { name: 'asleep', role: 'reader' });
  const token = await registryToken(at(0), robot.token, 'vendor/asleep');
  expect(await digests('vendor/asleep', 'v1', token)).toEqual(three(one.digest));
  const sleeper = at(1);
  const pids = sleeper.processes().flatMap(({ part, pid }) => (part === 'api' ? [pid] : []));
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  const answers: Promise<Response>[] = [];
  try {
    const revoked = await at(0).api('DELETE', '/api/v1/accounts/vendor/robots/asleep');
    expect(revoked.status).toBeLessThan(300);
    for (let n = 0; n < 5; n++)
      answers.push(registry(sleeper, 'GET', 'vendor/asleep/manifests/v1', { credentials: token }));
    await delay(200);
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
  expect((await Promise.all(answers)).map((answer) => answer.status)).toEqual([401, 401, 401, 401, 401]);
});

test('they are restarted one after the other under load, and nobody sees an error', { timeout: 240_000 }, async () => {
  const one = image('rolling');
  await pushImage(at(0), 'vendor/rolling', 'v1', one);
  let going = true;
  const seen: string[] = [];
  const loops: Promise<number>[] = [];
  const loop = async (what: string, step: (n: number) => Promise<string | null>): Promise<number> => {
    let n = 0;
    for (; going; n++) {
      const trouble = await step(n).catch((error: unknown) => String((error as Error).cause ?? error));
      if (trouble !== null) seen.push(`${what}: ${trouble}`);
    }
    return n;
  };

  const whole = { url: balancer.url, token: () => at(0).token() } as TestServer;
  loops.push(
    loop('push and read', async (n) => {
      const fresh = image(`rolling ${n}`);
      await pushImage(whole, 'vendor/rolling', 'latest', fresh);
      const read = await registry(whole, 'GET', 'vendor/rolling/manifests/latest');
      const digest = sha256(Buffer.from(await read.arrayBuffer()));
      return digest === fresh.digest ? null : `${read.status} ${digest} instead of ${fresh.digest}`;
    }),
  );

  const skopeo = await findTool('skopeo');
  if (skopeo !== null) {
    const target = join(folder, 'copies');
    await mkdir(target);
    const auth = join(folder, 'auth.json');
    const pair = Buffer.from(`admin:${ADMIN_PASSWORD}`).toString('base64');
    await writeFile(auth, JSON.stringify({ auths: { [balancer.host]: { auth: pair } } }));
    const plain = ['--src-tls-verify=false', '--dest-tls-verify=false', '--authfile', auth, '--quiet'];
    loops.push(
      loop('skopeo', async (n) => {
        const from = `docker://${balancer.host}/vendor/rolling:v1`;
        // No retries: each error would be one that a person sees.
        const args = ['copy', '--retry-times', '0', ...plain, from];
        const copied = await runTool(skopeo, [...args, `docker://${balancer.host}/vendor/copy-${n % 50}:v${n}`]);
        return copied.code === 0 ? null : copied.stderr;
      }),
    );
  }

  const wrk = await findTool('wrk');
  const pulling = wrk
    ? (async () => {
        const token = await registryToken(at(0), at(0).token(), 'vendor/rolling');
        let requests = 0;
        while (going) {
          const { stdout } = await run(wrk, [
            // A slow answer is none of the errors that this is about.
            ...['-t', '2', '-c', '16', '-d', '4s', '--timeout', '30s', '-H', `Authorization: Bearer ${token}`],
            `${balancer.url}/v2/vendor/rolling/manifests/v1`,
          ]);
          requests += Number(/(\d+) requests in/.exec(stdout)?.[1] ?? 0);
          for (const trouble of /Socket errors: .*|Non-2xx .*/.exec(stdout) ?? []) seen.push(`wrk: ${trouble}`);
        }
        return requests;
      })()
    : Promise.resolve(1);

  for (const server of servers) {
    expect(await server.halt()).toBe(0);
    await server.start();
    await server.ready();
    await delay(1000); // the balancer looks again
  }
  going = false;
  const rounds = await Promise.all(loops);
  expect(await pulling).toBeGreaterThan(0);
  expect(Math.min(...rounds)).toBeGreaterThan(0);
  expect(seen).toEqual([]);
  expect(balancer.refused()).toBe(0);
});
