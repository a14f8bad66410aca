/** What agents report, what it changes, and what is told them. */
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import type { AgentReport, RunningPod } from '@pratique/contract';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { asSystem } from '../db/connect.ts';
import { makeAuthority } from '../signer/authority.ts';
import { DIGEST, OTHER, pod, useAgentServer } from './agent-server.fixture.ts';
import { certificatesOf, fingerprintOf } from './authority-bundle.ts';
import { issueToken } from './enrolment.ts';

const { db, master, now, enrol, generation } = await useAgentServer();

const rows = async <T>(query: ReturnType<typeof sql<T>>) => (await asSystem(db, (tx) => query.execute(tx))).rows;
const holds = async () =>
  (
    await rows(
      sql<{
        digest: string;
        reason: string;
      }>`select digest, reason from hold where account_id = ${now.accountId} order by digest`,
    )
  ).map(({ digest, reason }) => [digest, reason]);
const events = async () =>
  (
    await rows(
      sql<{ type: string; digest: string }>`
        select type, data ->> 'digest' as digest from outbox where account_id = ${now.accountId} and type like 'placement.%' order by seq`,
    )
  ).map(({ type, digest }) => `${type} ${digest.slice(7, 8)}`);

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
    const before = { ...now };
    const name = `c${randomUUID().slice(0, 8)}`;
    await asSystem(db, async (tx) => {
      await sql`insert into cluster (account_id, name) values (${now.accountId}, ${name})`.execute(tx);
      now.clusterId =
        (await sql<{ cluster_id: string }>`select cluster_id from cluster where name = ${name}`.execute(tx)).rows[0]
          ?.cluster_id ?? '';
      ({ token: now.token } = await issueToken(tx, now, new Date()));
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
    const old = now.authority;
    const next = (await makeAuthority(master, new Date())).certificatePem;
    const [first = '', second = ''] = certificatesOf(`${old}\n${next}`).map(fingerprintOf);
    const answer = async (trust: object) => (await messages.send({ ...messages.compose({}), ...trust })).body;
    const taken = { outcome: 'taken', nextWithin: expect.any(Number) };
    try {
      now.authority = `${old}\n${next}`;
      expect(await answer({})).toEqual(taken);
      expect(await answer({ trust: { agent: [first], webhooks: null } })).toEqual({
        ...taken,
        authority: now.authority,
      });
      expect(await answer({ trust: { agent: [second, first], webhooks: [first] } })).toEqual(taken);
      expect(await rows(sql`select trusts from cluster_agent where cluster_id = ${now.clusterId}`)).toEqual([
        { trusts: [first] },
      ]);
      now.authority = `${next}\n${old}`;
      expect(await answer({ trust: { agent: [first, second], webhooks: null } })).toEqual({ ...taken, renew: true });
      const strange = await messages.send({ ...messages.compose({}), trust: { agent: ['x'], webhooks: null } });
      expect(strange.status).toBe(400);
    } finally {
      now.authority = old;
    }
  });
});
