/** The listener as agents, and those who are none, meet it: TLS, tokens, certificates, reports. */
import 'reflect-metadata';
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID, webcrypto } from 'node:crypto';
import { createServer, request as httpsRequest, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import * as x509 from '@peculiar/x509';
import type { AgentIdentity, AgentReport, RunningPod } from '@pratique/contract';
import { generateMasterKey, type MasterKey } from '@pratique/sign';
import { sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { asSystem } from '../db/connect.ts';
import { issueServerCertificate, makeAuthority } from '../signer/authority.ts';
import { issueClusterCertificate } from '../signer/cluster-certificate.ts';
import { answerAgent } from './agent-server.ts';
import { certificatesOf, fingerprintOf } from './authority-bundle.ts';
import { issueToken } from './enrolment.ts';

const { db } = await testDatabase();
const master: MasterKey = generateMasterKey();
const log = pino({ level: 'silent' });
const HOUR_MS = 3_600_000;
/** What the signer takes for the present. */
let signingClock = () => new Date();
let server: Server;
let authority = '';
let accountId = '';
let clusterId = '';
let token = '';

beforeAll(async () => {
  const served = await issueServerCertificate(db, master, ['127.0.0.1'], new Date());
  authority = served.caPem;
  const signer = {
    clusterCertificate: (id: string, csr: string) =>
      issueClusterCertificate(db, master, { clusterId: id, csr }, signingClock()),
  };
  const tls = { cert: served.certificatePem, key: served.keyPem, ca: authority, requestCert: true };
  server = createServer({ ...tls, rejectUnauthorized: false }, (request, response) => {
    void answerAgent({ db, signer, log, authority: () => authority }, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.close();
});

beforeEach(async () => {
  signingClock = () => new Date();
  const name = `c${randomUUID().slice(0, 8)}`;
  await asSystem(db, async (tx) => {
    const account = await sql<{
      account_id: string;
    }>`insert into account (name) values (${name}) returning account_id`.execute(tx);
    accountId = account.rows[0]?.account_id ?? '';
    const cluster = await sql<{ cluster_id: string }>`
      insert into cluster (account_id, name) values (${accountId}, ${name}) returning cluster_id`.execute(tx);
    clusterId = cluster.rows[0]?.cluster_id ?? '';
    ({ token } = await issueToken(tx, { accountId, clusterId }, new Date()));
  });
});

const makeKey = () =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** A request that asks for more than it gets: the name of another, and to be an authority. */
async function makeRequest(keyPem: string): Promise<string> {
  const key = createPrivateKey(keyPem);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const pkcs8 = new Uint8Array(key.export({ type: 'pkcs8', format: 'der' }));
  const spki = new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' }));
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=cluster 00000000-0000-0000-0000-000000000000',
    keys: {
      privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, true, ['sign']),
      publicKey: await webcrypto.subtle.importKey('spki', spki, algorithm, true, ['verify']),
    },
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 2, true),
      new x509.SubjectAlternativeNameExtension([
        { type: 'url', value: `spiffe://pratique-${'0'.repeat(32)}/cluster/00000000-0000-0000-0000-000000000000` },
      ]),
    ],
  });
  return request.toString('pem');
}

type Certificate = { key: string; cert: string };
type Reply = { status: number; body: Partial<AgentIdentity> & { outcome?: string; error?: { message: string } } };

function post(path: string, body: unknown, certificate?: Certificate): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { port } = server.address() as AddressInfo;
    const call = httpsRequest(
      {
        host: '127.0.0.1',
        port,
        path: `/agent/v1/${path}`,
        method: 'POST',
        ca: authority,
        agent: false,
        ...certificate,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: JSON.parse(Buffer.concat(chunks).toString()) as Reply['body'],
          }),
        );
      },
    );
    call.on('error', reject);
    call.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}

async function enrol(withToken = token): Promise<Certificate> {
  const key = makeKey();
  const reply = await post('enroll', { token: withToken, csr: await makeRequest(key) });
  expect([reply.status, reply.body.error]).toEqual([200, undefined]);
  return { key, cert: reply.body.certificate ?? '' };
}

const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;
const pod = (uid: string, digest: string | null, running: string | null = digest): RunningPod => ({
  uid,
  namespace: 'shop',
  name: `web-${uid}`,
  workload: { kind: 'Deployment', name: 'web' },
  containers: [
    {
      name: 'app',
      image: `registry.example/customer/web@${digest}`,
      pinned: digest,
      running,
      startedAt: '2026-11-22T10:00:00Z',
    },
  ],
});

/** A generation of messages, numbered. */
function generation(certificate: Certificate) {
  const id = randomUUID();
  let sequence = 0;
  const compose = (part: Partial<AgentReport>): AgentReport => ({
    version: '1',
    clock: new Date().toISOString(),
    generation: id,
    sequence: sequence++,
    kind: 'changes',
    last: false,
    pods: [],
    ended: [],
    ...part,
  });
  const send = (report: unknown) => post('report', report, certificate);
  return {
    compose,
    send,
    snapshot: async (...pods: RunningPod[]) =>
      (await send(compose({ kind: 'snapshot', last: true, pods }))).body.outcome,
    changes: async (pods: RunningPod[], ended: string[] = []) => (await send(compose({ pods, ended }))).body.outcome,
  };
}

const rows = async <T>(query: ReturnType<typeof sql<T>>) => (await asSystem(db, (tx) => query.execute(tx))).rows;
const holds = async () =>
  (
    await rows(
      sql<{
        digest: string;
        reason: string;
      }>`select digest, reason from hold where account_id = ${accountId} order by digest`,
    )
  ).map(({ digest, reason }) => [digest, reason]);
const events = async () =>
  (
    await rows(
      sql<{ type: string; digest: string }>`
        select type, data ->> 'digest' as digest from outbox where account_id = ${accountId} and type like 'placement.%' order by seq`,
    )
  ).map(({ type, digest }) => `${type} ${digest.slice(7, 8)}`);

describe('a token', () => {
  test('enrols one key: the same again gets another certificate, another one nothing', async () => {
    const csr = await makeRequest(makeKey());
    expect((await post('enroll', { token, csr })).status).toBe(200);
    expect((await post('enroll', { token, csr })).status).toBe(200);
    const refused = await post('enroll', { token, csr: await makeRequest(makeKey()) });
    expect([refused.status, refused.body.error?.message]).toEqual([
      403,
      expect.stringContaining('enroll NAME --again'),
    ]);
  });

  test('is used by one of two that try at once', async () => {
    const requests = await Promise.all([makeRequest(makeKey()), makeRequest(makeKey())]);
    const replies = await Promise.all(requests.map((csr) => post('enroll', { token, csr })));
    expect(replies.map((reply) => reply.status).sort((a, b) => a - b)).toEqual([200, 403]);
  });

  test('that is wrong, expired, replaced or of a removed cluster is refused in the same words', async () => {
    const csr = await makeRequest(makeKey());
    const words = new Set<string | undefined>();
    const refused = async (attempt: string) => {
      const reply = await post('enroll', { token: attempt, csr });
      expect(reply.status).toBe(403);
      words.add(reply.body.error?.message);
    };
    await refused('A'.repeat(43));
    await asSystem(db, (tx) => issueToken(tx, { accountId, clusterId }, new Date()));
    await refused(token);
    const old = await asSystem(db, (tx) =>
      issueToken(tx, { accountId, clusterId }, new Date(Date.now() - 25 * HOUR_MS)),
    );
    await refused(old.token);
    const live = await asSystem(db, (tx) => issueToken(tx, { accountId, clusterId }, new Date()));
    await asSystem(db, (tx) => sql`update cluster set removed_at = now() where cluster_id = ${clusterId}`.execute(tx));
    await refused(live.token);
    expect(words.size).toBe(1);
  });

  test.each([
    ['no PEM', 'garbage'],
    ['empty', ''],
    ['a request cut short', '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----'],
  ])('with a request that is %s is not used up', async (_, csr) => {
    expect((await post('enroll', { token, csr })).status).toBe(400);
    await enrol();
  });
});

describe('a certificate', () => {
  test('says what the server knows, whatever the request asked for', async () => {
    const { cert } = await enrol();
    const made = new x509.X509Certificate(cert);
    expect(made.getExtension(x509.BasicConstraintsExtension)?.ca).toBe(false);
    const names = made.getExtension(x509.SubjectAlternativeNameExtension)?.names.toJSON() ?? [];
    expect(names).toEqual([
      {
        type: 'url',
        value: expect.stringMatching(new RegExp(`^spiffe://pratique-[0-9a-f]{32}/cluster/${clusterId}$`)),
      },
    ]);
  });

  test('is asked for by renewals and reports, and by nothing else accepted', async () => {
    const csr = await makeRequest(makeKey());
    for (const path of ['renew', 'report']) {
      const reply = await post(path, { csr });
      expect([reply.status, reply.body.error?.message]).toEqual([401, 'no client certificate was shown']);
    }
    // The listener's own certificate is of the same authority, but for servers.
    const served = await issueServerCertificate(db, master, ['127.0.0.1'], new Date());
    const reply = await post('renew', { csr }, { key: served.keyPem, cert: served.certificatePem });
    expect(reply.status).toBe(401);
  });

  test('of another instance’s authority is nobody’s, whatever it names', async () => {
    const { db: elsewhere } = await testDatabase();
    const key = makeKey();
    const foreign = await issueClusterCertificate(
      elsewhere,
      generateMasterKey(),
      { clusterId, csr: await makeRequest(key) },
      new Date(),
    );
    const reply = await post('renew', { csr: await makeRequest(key) }, { key, cert: foreign.certificatePem });
    expect(reply.status).toBe(401);
  });

  test('is renewed; the one before counts until the next renewal, the one before that no more', async () => {
    const first = await enrol();
    const renew = async (from: Certificate): Promise<Certificate & { status: number }> => {
      const key = makeKey();
      const { status, body } = await post('renew', { csr: await makeRequest(key) }, from);
      return { status, key, cert: body.certificate ?? '' };
    };
    const second = await renew(first);
    expect((await renew(first)).status).toBe(200);
    expect((await renew(second)).status).toBe(403);
    expect(await generation(first).snapshot()).toBe('taken');
  });

  test('that has expired reports nothing, but is renewed for a month', async () => {
    signingClock = () => new Date(Date.now() - 48 * HOUR_MS);
    const late = await enrol();
    expect((await post('report', {}, late)).status).toBe(401);
    signingClock = () => new Date();
    const key = makeKey();
    const renewed = await post('renew', { csr: await makeRequest(key) }, late);
    expect(renewed.status).toBe(200);
    expect(await generation({ key, cert: renewed.body.certificate ?? '' }).snapshot()).toBe('taken');
  });

  test('that expired more than a month ago is not', async () => {
    signingClock = () => new Date(Date.now() - 33 * 24 * HOUR_MS);
    const late = await enrol();
    expect((await post('renew', { csr: await makeRequest(makeKey()) }, late)).status).toBe(401);
  });

  test('of a removed cluster is worth nothing at once', async () => {
    const certificate = await enrol();
    await asSystem(db, (tx) => sql`update cluster set removed_at = now() where cluster_id = ${clusterId}`.execute(tx));
    expect((await post('renew', { csr: await makeRequest(makeKey()) }, certificate)).status).toBe(403);
    const messages = generation(certificate);
    expect((await messages.send(messages.compose({ kind: 'snapshot', last: true }))).status).toBe(403);
  });
});

describe('reports', () => {
  test('set and lift holds, with one event for each digest that changed', async () => {
    const messages = generation(await enrol());
    expect(await messages.snapshot(pod('1', DIGEST), pod('2', DIGEST))).toBe('taken');
    expect(await holds()).toEqual([
      [DIGEST, expect.stringMatching(/^it runs in the cluster c\S+ in shop\/web-1 and 1 more$/)],
    ]);
    await messages.changes([pod('3', OTHER)], ['1']);
    expect(await holds()).toEqual([
      [DIGEST, expect.stringMatching(/in shop\/web-2$/)],
      [OTHER, expect.stringMatching(/in shop\/web-3$/)],
    ]);
    await messages.changes([], []);
    await messages.changes([pod('3', OTHER)]);
    await messages.changes([], ['2', '3']);
    expect(await holds()).toEqual([]);
    expect(await events()).toEqual([
      'placement.started a',
      'placement.started b',
      'placement.ended a',
      'placement.ended a',
      'placement.ended b',
    ]);
  });

  test('of a container that waited and now runs tell so; its image was held from the beginning', async () => {
    const messages = generation(await enrol());
    const running = pod('1', DIGEST);
    const waiting = { ...running, containers: running.containers.map((one) => ({ ...one, startedAt: null })) };
    await messages.snapshot(waiting);
    expect((await holds()).length).toBe(1);
    await messages.changes([running]);
    await messages.changes([running]);
    expect(await events()).toEqual(['placement.started a', 'placement.started a']);
  });

  test('hold what is pinned and what runs, where they differ', async () => {
    const messages = generation(await enrol());
    await messages.snapshot(pod('1', DIGEST, OTHER));
    expect((await holds()).map(([digest]) => digest)).toEqual([DIGEST, OTHER]);
  });

  test('that miss one before them ask for a snapshot, which ends what it does not name', async () => {
    const certificate = await enrol();
    const first = generation(certificate);
    await first.snapshot(pod('1', DIGEST), pod('2', OTHER));
    first.compose({}); // lost on its way
    expect(await first.changes([], ['1'])).toBe('resync');
    expect(await generation(certificate).changes([pod('9', DIGEST)])).toBe('resync');
    expect((await holds()).length).toBe(2);
    const second = generation(certificate);
    const part = (pods: RunningPod[], last: boolean) => second.send(second.compose({ kind: 'snapshot', pods, last }));
    await part([pod('2', OTHER)], false);
    // Until its last part a snapshot ends nothing, and changes must wait.
    expect((await holds()).length).toBe(2);
    await part([pod('3', OTHER)], true);
    expect((await holds()).map(([digest]) => digest)).toEqual([OTHER]);
  });

  test('that come twice are taken once', async () => {
    const messages = generation(await enrol());
    await messages.snapshot();
    const report = messages.compose({ pods: [pod('1', DIGEST)] });
    for (const _ of [1, 2, 3]) expect((await messages.send(report)).body.outcome).toBe('taken');
    expect(await events()).toEqual(['placement.started a']);
  });

  test('of one cluster say nothing about another, whatever they name', async () => {
    const mine = generation(await enrol());
    await mine.snapshot(pod('1', DIGEST));
    const before = { accountId, clusterId };
    const name = `c${randomUUID().slice(0, 8)}`;
    await asSystem(db, async (tx) => {
      await sql`insert into cluster (account_id, name) values (${accountId}, ${name})`.execute(tx);
      clusterId =
        (await sql<{ cluster_id: string }>`select cluster_id from cluster where name = ${name}`.execute(tx)).rows[0]
          ?.cluster_id ?? '';
      ({ token } = await issueToken(tx, { accountId, clusterId }, new Date()));
    });
    const other = generation(await enrol());
    await other.snapshot();
    await other.changes([], ['1']);
    expect(
      await rows(sql<{ n: number }>`select count(*)::int as n from placement where cluster_id = ${before.clusterId}`),
    ).toEqual([{ n: 1 }]);
  });

  test.each<[string, (good: AgentReport) => unknown]>([
    ['no JSON', () => '{'],
    ['an array', () => []],
    ['nested deeply', () => '['.repeat(100_000)],
    ['without a generation', (good) => ({ ...good, generation: undefined })],
    ['with a negative number', (good) => ({ ...good, sequence: -1 })],
    [
      'with a name that is none',
      (good) => ({ ...good, pods: [{ ...pod('1', DIGEST), name: "x'; drop table hold; --" }] }),
    ],
    ['with a NUL', (good) => ({ ...good, pods: [{ ...pod('1', DIGEST), namespace: 'a\u0000b' }] })],
    ['with a digest that is none', (good) => ({ ...good, pods: [pod('1', 'sha256:zz')] })],
    ['with 501 pods', (good) => ({ ...good, pods: Array.from({ length: 501 }, (_, i) => pod(`${i}`, DIGEST)) })],
    [
      'with 501 containers in a pod',
      (good) => {
        const one = pod('1', DIGEST);
        return { ...good, pods: [{ ...one, containers: Array.from({ length: 501 }, () => one.containers[0]) }] };
      },
    ],
  ])('that are %s are refused, and change nothing', async (_, make) => {
    const messages = generation(await enrol());
    await messages.snapshot(pod('7', OTHER));
    const reply = await messages.send(make(messages.compose({})));
    expect([reply.status, typeof reply.body.error?.message]).toEqual([400, 'string']);
    expect((await holds()).map(([digest]) => digest)).toEqual([OTHER]);
  });

  test('of more than 4 MB are refused', async () => {
    const messages = generation(await enrol());
    expect((await messages.send('x'.repeat(4 * 1024 * 1024 + 1))).status).toBe(413);
  });
});

describe('an authority that is being replaced', () => {
  test('is told to agents that say what they trust, while they lack it; and a certificate by the former is renewed', async () => {
    const messages = generation(await enrol());
    await messages.snapshot();
    const old = authority;
    const next = (await makeAuthority(master, new Date())).certificatePem;
    const [first = '', second = ''] = certificatesOf(`${old}\n${next}`).map(fingerprintOf);
    const answer = async (trust: object) => (await messages.send({ ...messages.compose({}), ...trust })).body;
    const taken = { outcome: 'taken', nextWithin: expect.any(Number) };
    try {
      authority = `${old}\n${next}`;
      expect(await answer({})).toEqual(taken);
      expect(await answer({ trust: { agent: [first], webhooks: null } })).toEqual({ ...taken, authority });
      expect(await answer({ trust: { agent: [second, first], webhooks: [first] } })).toEqual(taken);
      expect(await rows(sql`select trusts from cluster_agent where cluster_id = ${clusterId}`)).toEqual([
        { trusts: [first] },
      ]);
      authority = `${next}\n${old}`;
      expect(await answer({ trust: { agent: [first, second], webhooks: null } })).toEqual({ ...taken, renew: true });
      const strange = await messages.send({ ...messages.compose({}), trust: { agent: ['x'], webhooks: null } });
      expect(strange.status).toBe(400);
    } finally {
      authority = old;
    }
  });
});
