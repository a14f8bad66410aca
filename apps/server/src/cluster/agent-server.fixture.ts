/** The agents’ listener with a signer behind it, and what an agent does to be let in. */
import 'reflect-metadata';
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID, webcrypto } from 'node:crypto';
import { createServer, request as httpsRequest, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import * as x509 from '@peculiar/x509';
import type { AgentIdentity, AgentReport, RunningPod } from '@pratique/contract';
import { generateMasterKey, type MasterKey } from '@pratique/sign';
import { sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { asSystem } from '../db/connect.ts';
import { issueServerCertificate } from '../signer/authority.ts';
import { issueClusterCertificate } from '../signer/cluster-certificate.ts';
import { answerAgent } from './agent-server.ts';
import { issueToken } from './enrolment.ts';

const HOUR_MS = 3_600_000;
export const hoursAgo = (hours: number) => new Date(Date.now() - hours * HOUR_MS);

/** Starts the listener for the tests of a file; each of them has an account and a cluster of its own. */
export async function useAgentServer() {
  const { db } = await testDatabase();
  const master: MasterKey = generateMasterKey();
  /** What the signer takes for the present, what the listener serves as authority, and whose turn it is. */
  const now = { clock: () => new Date(), authority: '', accountId: '', clusterId: '', token: '' };
  let server: Server;

  beforeAll(async () => {
    const served = await issueServerCertificate(db, master, ['127.0.0.1'], new Date());
    now.authority = served.caPem;
    const signer = {
      clusterCertificate: (id: string, csr: string) =>
        issueClusterCertificate(db, master, { clusterId: id, csr }, now.clock()),
    };
    const tls = { cert: served.certificatePem, key: served.keyPem, ca: served.caPem, requestCert: true };
    const log = pino({ level: 'silent' });
    server = createServer({ ...tls, rejectUnauthorized: false }, (request, response) => {
      void answerAgent({ db, signer, log, authority: () => now.authority }, request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    server.close();
  });

  beforeEach(async () => {
    now.clock = () => new Date();
    const name = `c${randomUUID().slice(0, 8)}`;
    await asSystem(db, async (tx) => {
      const account = await sql<{
        account_id: string;
      }>`insert into account (name) values (${name}) returning account_id`.execute(tx);
      now.accountId = account.rows[0]?.account_id ?? '';
      const cluster = await sql<{ cluster_id: string }>`
        insert into cluster (account_id, name) values (${now.accountId}, ${name}) returning cluster_id`.execute(tx);
      now.clusterId = cluster.rows[0]?.cluster_id ?? '';
      ({ token: now.token } = await issueToken(tx, now, new Date()));
    });
  });

  function post(path: string, body: unknown, certificate?: Certificate): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const { port } = server.address() as AddressInfo;
      const call = httpsRequest(
        {
          host: '127.0.0.1',
          port,
          path: `/agent/v1/${path}`,
          method: 'POST',
          ca: now.authority,
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

  async function enrol(withToken = now.token): Promise<Certificate> {
    const key = makeKey();
    const reply = await post('enroll', { token: withToken, csr: await makeRequest(key) });
    expect([reply.status, reply.body.error]).toEqual([200, undefined]);
    return { key, cert: reply.body.certificate ?? '' };
  }

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

  return { db, master, now, post, enrol, generation };
}

export const makeKey = () =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** A request that asks for more than it gets: the name of another, and to be an authority. */
export async function makeRequest(keyPem: string): Promise<string> {
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

export type Certificate = { key: string; cert: string };
export type Reply = {
  status: number;
  body: Partial<AgentIdentity> & { outcome?: string; error?: { message: string } };
};

export const DIGEST = `sha256:${'a'.repeat(64)}`;
export const OTHER = `sha256:${'b'.repeat(64)}`;
export const pod = (uid: string, digest: string | null, running: string | null = digest): RunningPod => ({
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
