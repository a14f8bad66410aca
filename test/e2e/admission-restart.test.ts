/** Two admission processes behind a balancer: one is restarted after the other, and no API server notices. */
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request as httpsRequest } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { ImageStatus, NewClusterAnswer } from '../../packages/contract/src/index.ts';
import { container, review } from '../support/admission.ts';
import { type Balancer, startBalancer } from '../support/balancer.ts';
import { eventually, must, settled } from '../support/chain.ts';
import { testDatabase } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { bookworm, HARMLESS, HOLED, makeImage, pushImage } from '../support/image.ts';
import { startServer, type TestServer } from '../support/server.ts';

const { url: databaseUrl } = await testDatabase();
const servers: TestServer[] = [];
let folder = '';
let balancer: Balancer;
let trusted = '';
let path = '';
let allowed: ImageStatus;
let denied: ImageStatus;

/** The status of a process's /readyz; null where nothing listens. */
const readiness = (url: string) =>
  new Promise<number | null>((resolve) => {
    const asked = httpsRequest(`${url}/readyz`, { ca: trusted, agent: false, timeout: 2000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? null);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(null));
    asked.end();
  });
const addressOf = (server: TestServer) => `https://127.0.0.1:${server.admissionPort}`;
const at = (n: number): TestServer => {
  const server = servers[n];
  if (!server) throw new Error(`there is no server ${n}`);
  return server;
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-standby-'));
  const env = {
    DATABASE_URL: databaseUrl,
    PRATIQUE_BLOBS: join(folder, 'blobs'),
    PRATIQUE_MASTER_KEY: randomBytes(32).toString('hex'),
    PRATIQUE_DRAIN_S: '2',
  };
  servers.push(await startServer({ env, roles: 'api,signer,worker,admission' }));
  servers.push(await startServer({ env: { ...env, PRATIQUE_PUBLIC_URL: at(0).url }, roles: 'signer,admission' }));
  await pushImage(at(0), 'customer/web', 'v1', makeImage(bookworm([HARMLESS]), { note: 'restarted beside' }));
  await pushImage(at(0), 'customer/old', 'v1', makeImage(bookworm([HOLED]), { note: 'restarted beside' }));
  allowed = await settled(at(0), 'customer', 'web', 'v1');
  denied = await settled(at(0), 'customer', 'old', 'v1');
  const cluster = must(
    await at(0).api('POST', '/api/v1/accounts/customer/clusters', { name: 'production' }),
  ) as NewClusterAnswer;
  trusted = Buffer.from(cluster.caBundle, 'base64').toString();
  path = new URL(cluster.validateUrl).pathname;
  balancer = await startBalancer(
    await freePort(),
    () => servers.map(addressOf),
    async (url) => (await readiness(url)) === 200,
  );
  for (const server of servers)
    await eventually('the cluster', async () =>
      (await review(`${addressOf(server)}${path}`, pod(allowed, 'web'), trusted)).status === 200 ? true : null,
    );
});
afterEach((context) => {
  if (context.task.result?.state === 'fail')
    for (const server of servers) process.stderr.write(`--- a server's last lines\n${server.log().slice(-2000)}\n`);
});
afterAll(async () => {
  await balancer?.stop();
  await Promise.all(servers.map((server) => server.stop()));
  await rm(folder, { recursive: true, force: true });
});

const pod = (image: ImageStatus, repository: string) => ({
  kind: { group: '', version: 'v1', kind: 'Pod' },
  object: {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web' },
    spec: { containers: [container(`${at(0).host}/customer/${repository}@${image.digest}`)] },
  },
});

test('reviews go on through the restart of each, without a lost connection or another answer', async () => {
  let going = true;
  const seen: string[] = [];
  /** An API server keeps its connections, and asks a webhook once. */
  const ask = async (image: ImageStatus, repository: string, expected: boolean): Promise<number> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    let asked = 0;
    for (; going; asked++) {
      const answer = await review(
        `https://127.0.0.1:${new URL(balancer.url).port}${path}`,
        pod(image, repository),
        trusted,
        agent,
      ).catch((error: unknown) => String(error));
      if (typeof answer === 'string') seen.push(answer);
      else if (answer.status !== 200 || answer.allowed !== expected)
        seen.push(`${answer.status} ${String(answer.allowed)} ${answer.message}`);
    }
    agent.destroy();
    return asked;
  };
  const loops = [1, 2, 3].flatMap(() => [ask(allowed, 'web', true), ask(denied, 'old', false)]);
  await delay(1000);
  for (const server of servers) {
    expect(await server.halt()).toBe(0);
    await server.start();
    await eventually('the process', async () => ((await readiness(addressOf(server))) === 200 ? true : null));
    await delay(1000); // the balancer looks again
  }
  going = false;
  expect(Math.min(...(await Promise.all(loops)))).toBeGreaterThan(0);
  expect(seen).toEqual([]);
  expect(balancer.refused()).toBe(0);
}, 240_000);

test('one that stops says so first, then takes nothing new, and answers what it was being asked', async () => {
  const server = at(1);
  const port = server.admissionPort;
  const body = JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: randomUUID(),
      operation: 'CREATE',
      namespace: 'shop',
      resource: { group: '', version: 'v1', resource: 'pods' },
      userInfo: { username: 'somebody' },
      ...pod(allowed, 'web'),
    },
  });
  const socket = connectTls({ host: '127.0.0.1', port, ca: trusted });
  await once(socket, 'secureConnect');
  let heard = '';
  socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
  const ended = once(socket, 'close');
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body.slice(0, 50)}`,
  );
  const halted = server.halt();
  await eventually('the word that it stops', async () => ((await readiness(addressOf(server))) === 503 ? true : null));
  await eventually(
    'the closed port',
    () =>
      new Promise<true | null>((resolve) => {
        const tried = connectPlain(port, '127.0.0.1', () => {
          tried.destroy();
          resolve(null);
        });
        tried.on('error', () => resolve(true));
      }),
  );
  socket.write(body.slice(50));
  await ended;
  expect(heard).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(heard).toMatch(/\r\nconnection: close\r\n/i);
  expect(heard).toContain('"allowed":true');
  expect(await halted).toBe(0);
});
