import { X509Certificate } from 'node:crypto';
import { generateMasterKey } from '@pratique/sign';
import { sql } from 'kysely';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { SYSTEM_ACTOR } from '../auth/audit.ts';
import { asSystem } from '../db/connect.ts';
import { issueServerCertificate, makeAuthority } from '../signer/authority.ts';
import { certificatesOf, fingerprintOf, isIssuedBy } from './authority-bundle.ts';
import { beginRotation, finishRotation, forgetPrevious, readAuthority, switchWhenTrusted } from './rotate-authority.ts';

const { db } = await testDatabase();
const master = generateMasterKey();
const actor = { ...SYSTEM_ACTOR, name: 'harriet' };
let accountId = '';

beforeAll(async () => {
  accountId = await asSystem(db, async (tx) => {
    const { rows } = await sql<{
      account_id: string;
    }>`insert into account (name) values ('acme') returning account_id`.execute(tx);
    return rows[0]?.account_id ?? '';
  });
});
beforeEach(async () => {
  await asSystem(db, async (tx) => {
    await sql`update cluster set removed_at = now(), name = name || '-' || cluster_id where removed_at is null`.execute(
      tx,
    );
    await sql`delete from authority`.execute(tx);
  });
  await issue();
});

const issue = () => issueServerCertificate(db, master, ['127.0.0.1'], new Date());
const state = () => asSystem(db, readAuthority);
const begin = async () => {
  const made = await makeAuthority(master, new Date());
  await asSystem(db, (tx) => beginRotation(tx, { ...made, wrapped: { ...made.wrapped } }, actor));
};
const addCluster = (name: string, enrolled = true) =>
  asSystem(db, async (tx) => {
    const { rows } = await sql<{ cluster_id: string }>`
      insert into cluster (account_id, name, token_hash) values (${accountId}, ${name}, ${Buffer.from(name)}) returning cluster_id`.execute(
      tx,
    );
    const id = rows[0]?.cluster_id ?? '';
    if (enrolled)
      await sql`insert into cluster_agent (cluster_id, account_id, enrolled_at) values (${id}, ${accountId}, now())`.execute(
        tx,
      );
    return id;
  });
const tell = (clusterId: string, trusts: string[]) =>
  asSystem(db, async (tx) => {
    await sql`update cluster_agent set trusts = ${trusts}::text[] where cluster_id = ${clusterId}`.execute(tx);
    await switchWhenTrusted(tx);
  });
/** Which of the bundle has issued what is served now. */
async function issuerOf(): Promise<string> {
  const { certificatePem, caPem } = await issue();
  const issuer = certificatesOf(caPem).find((one) => isIssuedBy(new X509Certificate(certificatePem), one));
  return issuer?.fingerprint256 ?? 'nobody';
}

test('the next authority is handed out at once and issues nothing until the last cluster trusts it', async () => {
  const [one, two] = [await addCluster('one'), await addCluster('two')];
  const before = await state();
  await begin();
  const spreading = await state();
  expect(spreading).toMatchObject({ fingerprint: before.fingerprint, previous: null });
  expect(certificatesOf((await issue()).caPem)).toHaveLength(2);
  expect(spreading.lacking.map(({ cluster, why }) => [cluster, why])).toEqual([
    ['one', 'not-told'],
    ['two', 'not-told'],
  ]);
  const old = fingerprintOf(new X509Certificate(before.certificate));
  await tell(one, [old, spreading.newest]);
  await tell(two, [old]);
  expect((await state()).lacking).toEqual([{ account: 'acme', cluster: 'two', why: 'not-there' }]);
  expect(await issuerOf()).toBe(before.fingerprint);
  await tell(two, [old, spreading.newest]);
  const after = await state();
  expect(after).toMatchObject({ fingerprint: spreading.next?.fingerprint, next: null, lacking: [] });
  expect(after.previous?.fingerprint).toBe(before.fingerprint);
  expect(await issuerOf()).toBe(after.fingerprint);
  // The one before still counts, for the certificates that are out.
  expect(certificatesOf((await issue()).caPem)).toHaveLength(2);
});

test('of two clusters that tell it at once one sees the other', async () => {
  const [one, two] = [await addCluster('one'), await addCluster('two')];
  await begin();
  const { newest } = await state();
  await Promise.all([tell(one, [newest]), tell(two, [newest])]);
  expect((await state()).next).toBeNull();
});

test('a cluster without an agent keeps it from ending by itself; finishing ends it, and says what is missing', async () => {
  await addCluster('silent', false);
  await begin();
  const one = await addCluster('one');
  await tell(one, [(await state()).newest]);
  expect(await state()).toMatchObject({ next: expect.anything(), lacking: [{ cluster: 'silent', why: 'no-agent' }] });
  await asSystem(db, (tx) => finishRotation(tx, actor));
  expect(await state()).toMatchObject({ next: null, lacking: [{ cluster: 'silent' }] });
});

test('beginning twice makes one next authority', async () => {
  await addCluster('one');
  await begin();
  const { next } = await state();
  await begin();
  expect((await state()).next).toEqual(next);
});

test('the one before ends when it is forgotten, after a month, or when there is another', async () => {
  await begin();
  await asSystem(db, (tx) => finishRotation(tx, actor));
  await asSystem(db, (tx) => sql`update authority set changed_at = now() - interval '32 days'`.execute(tx));
  expect((await state()).previous).toBeNull();
  expect(certificatesOf((await issue()).caPem)).toHaveLength(1);
  await begin();
  await asSystem(db, (tx) => finishRotation(tx, actor));
  expect((await state()).previous).not.toBeNull();
  await asSystem(db, (tx) => forgetPrevious(tx, actor));
  expect(certificatesOf((await issue()).caPem)).toHaveLength(1);
  await expect(asSystem(db, (tx) => forgetPrevious(tx, actor))).rejects.toMatchObject({ code: 'conflict' });
  await expect(asSystem(db, (tx) => finishRotation(tx, actor))).rejects.toMatchObject({ code: 'conflict' });
});

test('every cluster’s people hear of each step, and the instance’s audit keeps it', async () => {
  await addCluster('one');
  await begin();
  await asSystem(db, (tx) => finishRotation(tx, actor));
  const { rows } = await asSystem(db, (tx) =>
    sql<{ action: string; fingerprint: string }>`
      select data->>'action' as action, data->>'fingerprint' as fingerprint from outbox where subject = 'cluster/one' order by position desc limit 2`.execute(
      tx,
    ),
  );
  const { fingerprint } = await state();
  expect(rows).toEqual([
    { action: 'authority.finish', fingerprint },
    { action: 'authority.begin', fingerprint },
  ]);
  const audit = await asSystem(db, (tx) =>
    sql<{
      actor: string;
    }>`select actor from audit where account_id is null and action = 'authority.finish' order by audit_id desc limit 1`.execute(
      tx,
    ),
  );
  expect(audit.rows).toEqual([{ actor: 'harriet' }]);
});
