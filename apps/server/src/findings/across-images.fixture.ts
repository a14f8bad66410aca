/** Images of two accounts that hold packages with holes, some running, one delivered; and the routes that speak of them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FindingRows } from '@pratique/contract';
import { keepSnapshot, openSnapshotOf } from '@pratique/scan';
import { sql } from 'kysely';
import { afterAll, expect } from 'vitest';
import { openApp } from '../api/app.fixture.ts';
import { asSystem } from '../db/connect.ts';
import { makeAccount, makeIndex, makeVerdict } from '../gate/account.fixture.ts';
import type { Repository } from '../registry/cache.ts';
import { rematch } from '../renewal/rematch.ts';
import { digestOf, sayOfDebian, scanDebianImage } from '../scan/debian-store.fixture.ts';

const data = await mkdtemp(join(tmpdir(), 'pratique-across-'));
afterAll(() => rm(data, { recursive: true, force: true }));
const { db, openSession, ask } = await openApp({ PRATIQUE_DATA: data });

export { db };

const dir = join(data, 'advisories');
export const history = {
  open: (snapshot: string) => openSnapshotOf(dir, snapshot),
  keep: (snapshot: string) => keepSnapshot(dir, snapshot),
};
const [acme, rival] = [
  await asSystem(db, (tx) => makeAccount(tx, 'acme')),
  await asSystem(db, (tx) => makeAccount(tx, 'rival')),
];
await sql`insert into membership (account_id, person_id, role) select a.account_id, p.person_id, 'reader' from account a, person p where a.name in ('acme', 'rival') and p.name = 'admin'`.execute(
  db,
);
const web = await addRepository(acme, 'web');
const token = await openSession();

async function addRepository(account: Repository, name: string): Promise<Repository> {
  const { rows } = await asSystem(db, (tx) =>
    sql<{
      id: string;
    }>`insert into repository (account_id, name) values (${account.accountId}, ${name}) returning repository_id as id`.execute(
      tx,
    ),
  );
  return { ...account, repositoryId: rows[0]?.id ?? '', name };
}

export const say = (zlib: string) =>
  sayOfDebian(dir, {
    openssl: [
      { id: 'CVE-2026-10', fixed: '3.0.5', title: 'Padding oracle in the handshake' },
      { id: 'CVE-2026-11', fixed: '3.0.9', urgency: 'low' },
    ],
    zlib: zlib === '' ? [{ id: 'CVE-2026-19', fixed: '0.1' }] : [{ id: zlib, urgency: 'medium' }],
    bash: [{ id: 'CVE-2026-30', fixed: '6', urgency: 'medium' }],
    log4j: [{ id: 'CVE-2026-40', fixed: '2.17', urgency: 'high' }],
    unheld: [{ id: 'CVE-2026-99', title: 'Nobody here has it' }],
  });

export const before = await say('CVE-2026-20');
await scanDebianImage(db, acme, digestOf(1), ['openssl@3.0.1', 'zlib@1', 'log4j@2.3'], before);
await scanDebianImage(db, acme, digestOf(2), ['openssl@3.0.1', 'bash@5', 'log4j@2.16', 'zlib@1'], before);
await scanDebianImage(db, web, digestOf(3), ['openssl@3.0.4', 'log4j@2.17', 'log4j@2.9', 'sed@1'], before);
await scanDebianImage(db, rival, digestOf(4), ['zlib@1', 'bash@5', 'secret@1'], before);
await asSystem(db, async (tx) => {
  await makeIndex(tx, acme, digestOf(50), [digestOf(2)]);
  await sql`insert into tag (repository_id, account_id, name, digest) values (${acme.repositoryId}, ${acme.accountId}, 'v1', ${digestOf(1)}), (${acme.repositoryId}, ${acme.accountId}, 'multi', ${digestOf(50)})`.execute(
    tx,
  );
  await makeVerdict(tx, acme, digestOf(1), { decision: 'deny' });
  await makeVerdict(tx, acme, digestOf(50));
  // The index runs in a cluster, and image 1 was delivered.
  await sql`
    with c as (insert into cluster (account_id, name) values (${acme.accountId}, 'prod') returning cluster_id),
    a as (insert into cluster_agent (cluster_id, account_id, reported_at) select cluster_id, ${acme.accountId}, now() from c)
    insert into placement (cluster_id, pod_uid, container, account_id, namespace, pod, workload_kind, workload_name, image, digest, generation)
    select cluster_id, 'pod-' || n, 'main', ${acme.accountId}, 'shop', 'web-' || n, 'Deployment', 'web', 'registry/app', ${digestOf(50)}, gen_random_uuid() from c, generate_series(1, 3) n`.execute(
    tx,
  );
  await sql`
    with c as (insert into contract (from_account_id, to_account_id, from_repositories, to_repositories, offered_by) values (${acme.accountId}, ${rival.accountId}, '{**}', '{**}', 't') returning contract_id),
    d as (insert into delivery (account_id, contract_id, from_repository_id, to_account_id, to_repository, to_tag, digest, state, requested_by)
      select ${acme.accountId}, contract_id, ${acme.repositoryId}, ${rival.accountId}, 'app', '1', ${digestOf(1)}, 'delivered', 't' from c returning delivery_id)
    insert into receipt (account_id, delivery_id, side, repository_id, repository, counterparty, tag, digest, manifests, blobs, graph_hash)
    select ${acme.accountId}, delivery_id, 'sent', ${acme.repositoryId}, 'app', 'rival', '1', ${digestOf(1)}, 1, 1, 'h' from d`.execute(
    tx,
  );
  await sql`
    insert into exception (account_id, name, kind, selector, owner, reason, approver, approved_at, expires_at) values
    (${acme.accountId}, 'known', 'finding', '{"id": "CVE-2026-30", "repositories": ["**"]}', 'ann', 'a good reason', 'bob', now(), now() + interval '1 day'),
    (${acme.accountId}, 'partly', 'finding', '{"id": "CVE-2026-10", "package": "openssl", "repositories": ["web"]}', 'ann', 'a good reason', 'bob', now(), now() + interval '1 day')`.execute(
    tx,
  );
});
await rematch(db, before, history);
before.close();

export const get = async <T>(path: string, account = 'acme'): Promise<T> => {
  const answer = await ask('GET', `/api/v1/accounts/${account}/${path}`, token);
  expect([path, answer.statusCode, answer.statusCode === 200 ? '' : answer.body]).toEqual([path, 200, '']);
  return answer.json() as T;
};
export const refused = async (path: string, account = 'acme') => {
  const answer = await ask('GET', `/api/v1/accounts/${account}/${path}`, token);
  return [answer.statusCode, (answer.json() as { error: { message: string } }).error.message] as const;
};
export const named = ({ findings }: FindingRows) =>
  findings.map((row) => `${row.id} ${row.package.name}@${row.package.version} ${row.images}`);
