/** Spoiled requests against a running server: no answer of 500, no process that ends, no connection that hangs for ever. */
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { NewClusterAnswer } from '../../packages/contract/src/index.ts';
import { must, settled } from '../support/chain.ts';
import { bookworm, HARMLESS, makeImage, pushImage } from '../support/image.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { mutate } from './mutate.ts';
import type { Random } from './random.ts';

export type FuzzedHttp = { requests: number; answers: Record<string, number>; broken: string[] };

/** A request that is not answered by then is one that hangs; the server's own limits end it at 30 s at the latest. */
const PATIENCE_MS = 45_000;
const PARALLEL = 8;

export async function fuzzHttp(random: Random, until: () => boolean, say: (line: string) => void): Promise<FuzzedHttp> {
  const server = await startServer();
  const fuzzed: FuzzedHttp = { requests: 0, answers: {}, broken: [] };
  try {
    const targets = await prepare(server);
    const before = roles(server);
    await Promise.all(
      Array.from({ length: PARALLEL }, async () => {
        while (!until() && fuzzed.broken.length < 20) {
          const target = targets[random.between(0, targets.length - 1)];
          if (!target) return;
          const seed = target.seeds[random.between(0, target.seeds.length - 1)] ?? Buffer.alloc(0);
          const input = spoil(random, seed, target.seeds);
          const answer = await send(target, input);
          fuzzed.requests++;
          const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? answer;
          fuzzed.answers[status] = (fuzzed.answers[status] ?? 0) + 1;
          if (status === '500' || status === 'hangs')
            fuzzed.broken.push(
              `${status} of ${target.name} for base64 ${input.toString('base64').slice(0, 2000)}: ${answer.slice(0, 300)}`,
            );
        }
      }),
    );
    const after = roles(server);
    for (const [part, pid] of Object.entries(before))
      if (after[part] !== pid) fuzzed.broken.push(`the ${part} process ended and was started again`);
    const alive = await settled(server, 'vendor', 'fuzz', 'v1').catch(() => null);
    if (alive?.verdict?.decision !== 'allow')
      fuzzed.broken.push('the image that was there before cannot be read as it was');
    if (fuzzed.broken.length > 0) say(`the server's last lines:\n${server.log().slice(-6000)}`);
    return fuzzed;
  } finally {
    await server.stop();
  }
}

const MAX_REQUEST = 512 * 1024;

/** A third of the requests are spoiled anywhere, a third only in what they ask for, a third only in their body. */
function spoil(random: Random, seed: Buffer, others: readonly Buffer[]): Buffer {
  const where = random.between(0, 2);
  const end = seed.indexOf('\r\n\r\n');
  const body = seed.subarray(end + 4);
  if (where === 1) {
    const [from, to] = [seed.indexOf(' ') + 1, seed.indexOf(' HTTP/1.1')];
    const target = mutate(random, seed.subarray(from, to), others, 16_000).toString('latin1');
    const sane = target.replaceAll(/[^\x21-\xff]/g, '+');
    return Buffer.concat([seed.subarray(0, from), Buffer.from(sane, 'latin1'), seed.subarray(to)]);
  }
  if (where === 2 && body.length > 0) {
    const spoiled = mutate(random, body, others, MAX_REQUEST);
    const head = seed
      .subarray(0, end)
      .toString('latin1')
      .replace(/Content-Length: \d+/, `Content-Length: ${spoiled.length}`);
    return Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), spoiled]);
  }
  return mutate(random, seed, others, MAX_REQUEST);
}

type Target = { name: string; port: number; tls: boolean; seeds: Buffer[] };

async function prepare(server: TestServer): Promise<Target[]> {
  const image = makeImage(bookworm([HARMLESS]), { note: 'fuzz' });
  await pushImage(server, 'vendor/fuzz', 'v1', image);
  await settled(server, 'vendor', 'fuzz', 'v1');
  const cluster = must(
    await server.api('POST', '/api/v1/accounts/vendor/clusters', { name: 'fuzz' }),
  ) as NewClusterAnswer;
  const bearer = `Authorization: Bearer ${server.token()}`;
  const blob = image.blobs[0];
  const request = (line: string, headers: string[], body: Buffer = Buffer.alloc(0)) =>
    Buffer.concat([
      Buffer.from(
        `${line} HTTP/1.1\r\nHost: ${server.host}\r\n${bearer}\r\n${headers.map((header) => `${header}\r\n`).join('')}${body.length > 0 ? `Content-Length: ${body.length}\r\n` : ''}Connection: close\r\n\r\n`,
      ),
      body,
    ]);
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  const port = Number(new URL(server.url).port);
  const review = json({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'u',
      operation: 'CREATE',
      namespace: 'shop',
      kind: { group: '', version: 'v1', kind: 'Pod' },
      object: {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p' },
        spec: { containers: [{ name: 'c', image: `${server.host}/vendor/fuzz@${image.digest}` }] },
      },
    },
  });
  return [
    {
      name: 'registry',
      port,
      tls: false,
      seeds: [
        request('GET /v2/', []),
        request('GET /v2/vendor/fuzz/manifests/v1', ['Accept: application/vnd.oci.image.manifest.v1+json']),
        request('HEAD /v2/vendor/fuzz/manifests/v1', []),
        request(`GET /v2/vendor/fuzz/blobs/${blob?.digest ?? ''}`, ['Range: bytes=0-10']),
        request('GET /v2/vendor/fuzz/tags/list?n=1&last=a', []),
        request(`GET /v2/vendor/fuzz/referrers/${image.digest}?artifactType=x`, []),
        request('GET /v2/_catalog?n=5', []),
        request('POST /v2/vendor/fuzz/blobs/uploads/', []),
        request(`POST /v2/vendor/fuzz/blobs/uploads/?mount=${blob?.digest ?? ''}&from=vendor/other`, []),
        request(`POST /v2/vendor/fuzz/blobs/uploads/?digest=${blob?.digest ?? ''}`, [], blob?.bytes),
        request(
          'PUT /v2/vendor/fuzz/manifests/v2',
          ['Content-Type: application/vnd.oci.image.manifest.v1+json'],
          image.manifest,
        ),
        request('DELETE /v2/vendor/fuzz/manifests/v9', []),
        request('GET /v2/token?service=pratique&scope=repository:vendor/fuzz:pull', []),
      ],
    },
    {
      name: 'API',
      port,
      tls: false,
      seeds: [
        request('GET /api/v1/me', []),
        request('GET /api/v1/accounts/vendor/image?repository=fuzz&reference=v1', []),
        request('GET /api/v1/accounts/vendor/images?search=a&limit=5&offset=0', []),
        request('GET /api/v1/accounts/vendor/events?after=0&limit=5', []),
        request('GET /readyz', []),
        request(
          'POST /api/v1/login',
          ['Content-Type: application/json'],
          json({ user: 'nobody', password: 'wrong-password' }),
        ),
        request(
          'POST /api/v1/accounts/vendor/exceptions',
          ['Content-Type: application/json'],
          json({
            kind: 'finding',
            selector: { id: 'CVE-2020-0001', repositories: ['**'] },
            reason: 'fuzz is no reason',
            days: 3,
          }),
        ),
        request(
          'PUT /api/v1/accounts/vendor/chains/fuzz',
          ['Content-Type: application/json'],
          json({
            definition: { name: 'fuzz', repositories: ['never'], steps: [{ name: 'inventory', kind: 'inventory' }] },
          }),
        ),
      ],
    },
    {
      name: 'admission',
      port: server.admissionPort,
      tls: true,
      seeds: ['validate', 'mutate'].map((verb) =>
        request(
          `POST ${new URL(verb === 'validate' ? cluster.validateUrl : cluster.mutateUrl).pathname}`,
          ['Content-Type: application/json'],
          review,
        ),
      ),
    },
  ];
}

function roles(server: TestServer): Record<string, number> {
  return Object.fromEntries(
    server
      .processes()
      .filter((one) => ['supervisor', 'api', 'worker', 'signer', 'admission'].includes(one.part))
      .map((one) => [one.part, one.pid]),
  );
}

/** @returns the beginning of the answer; `closed` when none came, `hangs` when nothing came at all */
function send(target: Target, input: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port: target.port };
    const socket = target.tls ? connectTls({ ...options, rejectUnauthorized: false }) : connect(options);
    const chunks: Buffer[] = [];
    const end = (otherwise: string) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(chunks.length > 0 ? Buffer.concat(chunks).toString('latin1').slice(0, 2000) : otherwise);
    };
    const timer = setTimeout(() => end('hangs'), PATIENCE_MS);
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      // An answer is all that is waited for; a request that promised more bytes than it has would wait for the limits.
      setTimeout(() => end('closed'), 20);
    });
    socket.on('close', () => end('closed'));
    socket.on('error', () => end('closed'));
    socket.on(target.tls ? 'secureConnect' : 'connect', () => socket.end(input));
  });
}
