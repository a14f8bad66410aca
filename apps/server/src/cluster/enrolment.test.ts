/** The listener as agents, and those who are none, meet it: TLS, tokens, certificates. */
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { generateMasterKey } from '@pratique/sign';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { asSystem } from '../db/connect.ts';
import { issueServerCertificate } from '../signer/authority.ts';
import { issueClusterCertificate } from '../signer/cluster-certificate.ts';
import { type Certificate, hoursAgo, makeKey, makeRequest, useAgentServer } from './agent-server.fixture.ts';
import { issueToken } from './enrolment.ts';

const { db, master, now, post, enrol, generation } = await useAgentServer();

describe('a token', () => {
  test('enrols one key: the same again gets another certificate, another one nothing', async () => {
    const csr = await makeRequest(makeKey());
    expect((await post('enroll', { token: now.token, csr })).status).toBe(200);
    expect((await post('enroll', { token: now.token, csr })).status).toBe(200);
    const refused = await post('enroll', { token: now.token, csr: await makeRequest(makeKey()) });
    expect([refused.status, refused.body.error?.message]).toEqual([
      403,
      expect.stringContaining('enroll NAME --again'),
    ]);
  });

  test('is used by one of two that try at once', async () => {
    const requests = await Promise.all([makeRequest(makeKey()), makeRequest(makeKey())]);
    const replies = await Promise.all(requests.map((csr) => post('enroll', { token: now.token, csr })));
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
    await asSystem(db, (tx) => issueToken(tx, now, new Date()));
    await refused(now.token);
    const old = await asSystem(db, (tx) => issueToken(tx, now, hoursAgo(25)));
    await refused(old.token);
    const live = await asSystem(db, (tx) => issueToken(tx, now, new Date()));
    await asSystem(db, (tx) =>
      sql`update cluster set removed_at = now() where cluster_id = ${now.clusterId}`.execute(tx),
    );
    await refused(live.token);
    expect(words.size).toBe(1);
  });

  test.each([
    ['no PEM', 'garbage'],
    ['empty', ''],
    ['a request cut short', '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----'],
  ])('with a request that is %s is not used up', async (_, csr) => {
    expect((await post('enroll', { token: now.token, csr })).status).toBe(400);
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
        value: expect.stringMatching(new RegExp(`^spiffe://pratique-[0-9a-f]{32}/cluster/${now.clusterId}$`)),
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
      { clusterId: now.clusterId, csr: await makeRequest(key) },
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
    now.clock = () => hoursAgo(48);
    const late = await enrol();
    expect((await post('report', {}, late)).status).toBe(401);
    now.clock = () => new Date();
    const key = makeKey();
    const renewed = await post('renew', { csr: await makeRequest(key) }, late);
    expect(renewed.status).toBe(200);
    expect(await generation({ key, cert: renewed.body.certificate ?? '' }).snapshot()).toBe('taken');
  });

  test('that expired more than a month ago is not', async () => {
    now.clock = () => hoursAgo(33 * 24);
    const late = await enrol();
    expect((await post('renew', { csr: await makeRequest(makeKey()) }, late)).status).toBe(401);
  });

  test('of a removed cluster is worth nothing at once', async () => {
    const certificate = await enrol();
    await asSystem(db, (tx) =>
      sql`update cluster set removed_at = now() where cluster_id = ${now.clusterId}`.execute(tx),
    );
    expect((await post('renew', { csr: await makeRequest(makeKey()) }, certificate)).status).toBe(403);
    const messages = generation(certificate);
    expect((await messages.send(messages.compose({ kind: 'snapshot', last: true }))).status).toBe(403);
  });
});
