/** Rotation of the authority: the next one is handed out, issues once every cluster trusts it, and the one before ends. */
import { X509Certificate } from 'node:crypto';
import type { AuthorityRotation } from '@pratique/contract';
import { sql } from 'kysely';
import { type Actor, recordAudit, SYSTEM_ACTOR } from '../auth/audit.ts';
import type { Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { appendEvents } from '../feed/append-event.ts';
import { PREVIOUS_COUNTS_DAYS } from '../signer/authority.ts';
import type { MadeAuthority } from '../signer/client.ts';
import { fingerprintOf } from './authority-bundle.ts';

/** Makes the next authority known; where there is one already, it issues if every cluster trusts it by now. */
export async function beginRotation(tx: Tx, made: MadeAuthority, actor: Actor): Promise<void> {
  await lock(tx);
  const { rows } = await sql`
    insert into authority (name, certificate_pem, wrapped) values ('next', ${made.certificatePem}, ${JSON.stringify(made.wrapped)}::jsonb)
    on conflict (name) do nothing returning 1`.execute(tx);
  if (rows.length === 1) await tell(tx, actor, 'authority.begin', made.certificatePem);
  else await switchWhenTrusted(tx);
}

/** Lets the next authority issue, whoever trusts it. @throws ServerError `conflict` when there is none */
export async function finishRotation(tx: Tx, actor: Actor): Promise<void> {
  await lock(tx);
  if (!(await switchOver(tx, actor)))
    throw new ServerError('conflict', 'there is no next authority; make one with: pratique cluster ca --rotate');
}

/** Ends trust in the authority before. @throws ServerError `conflict` when there is none */
export async function forgetPrevious(tx: Tx, actor: Actor): Promise<void> {
  await lock(tx);
  const { rows } = await sql<{
    certificate_pem: string;
  }>`delete from authority where name = 'previous' returning certificate_pem`.execute(tx);
  if (!rows[0]) throw new ServerError('conflict', 'no authority before this one counts any more');
  await tell(tx, actor, 'authority.forget', rows[0].certificate_pem);
}

/** Lets the next authority issue when every cluster has told that agent and webhooks trust it. */
export async function switchWhenTrusted(tx: Tx): Promise<void> {
  // Of two clusters that tell it at once, the second waits here and sees what the first has told.
  await lock(tx);
  const next = (await readRows(tx)).find((row) => row.name === 'next');
  if (!next || (await readLacking(tx, pemFingerprint(next.certificate_pem))).length > 0) return;
  await switchOver(tx, SYSTEM_ACTOR);
}

async function switchOver(tx: Tx, actor: Actor): Promise<boolean> {
  const next = (await readRows(tx)).find((row) => row.name === 'next');
  if (!next) return false;
  await sql`delete from authority where name = 'previous'`.execute(tx);
  await sql`update authority set name = 'previous', changed_at = now() where name = 'instance'`.execute(tx);
  await sql`update authority set name = 'instance', changed_at = now() where name = 'next'`.execute(tx);
  await tell(tx, actor, 'authority.finish', next.certificate_pem);
  return true;
}

/** The same lock as of whoever makes the first authority. Taken before accounts are locked by events. */
const lock = (tx: Tx) => sql`select pg_advisory_xact_lock(8480004)`.execute(tx);

/** One line in the instance's audit; an event for each cluster, whose people may have something to apply. */
async function tell(tx: Tx, actor: Actor, action: string, certificatePem: string): Promise<void> {
  const fingerprint = new X509Certificate(certificatePem).fingerprint256;
  await recordAudit(tx, { accountId: null, actor, action, subject: fingerprint });
  const { rows } = await sql<{ account_id: string; name: string }>`
    select account_id, name from cluster where removed_at is null order by account_id, name`.execute(tx);
  await appendEvents(
    tx,
    rows.map((row) => ({
      accountId: row.account_id,
      subject: `cluster/${row.name}`,
      type: 'cluster.changed',
      data: { cluster: row.name, action, fingerprint },
    })),
  );
}

type Row = { name: 'instance' | 'next' | 'previous'; certificate_pem: string; changed_at: Date };

async function readRows(tx: Tx): Promise<Row[]> {
  const { rows } = await sql<Row>`
    select name, certificate_pem, changed_at from authority
    where name <> 'previous' or changed_at > now() - make_interval(days => ${PREVIOUS_COUNTS_DAYS}) order by name`.execute(
    tx,
  );
  return rows;
}

const pemFingerprint = (pem: string): string => fingerprintOf(new X509Certificate(pem));

type Lacking = AuthorityRotation['lacking'];

/** Clusters that have webhooks or an agent, and of which is not known that all of it trusts this authority. */
async function readLacking(tx: Tx, fingerprint: string): Promise<Lacking> {
  const { rows } = await sql<{ account: string; cluster: string; enrolled: boolean; told: boolean }>`
    select a.name as account, c.name as cluster, g.enrolled_at is not null as enrolled, g.trusts is not null as told
    from cluster c join account a using (account_id) left join cluster_agent g using (cluster_id)
    where c.removed_at is null and (c.token_hash is not null or g.enrolled_at is not null)
      and not coalesce(g.trusts @> array[${fingerprint}]::text[], false) order by a.name, c.name`.execute(tx);
  return rows.map(({ account, cluster, enrolled, told }) => ({
    account,
    cluster,
    why: told ? 'not-there' : enrolled ? 'not-told' : 'no-agent',
  }));
}

export type AuthorityState = AuthorityRotation & {
  /** Of the newest authority, in lower-case hex: what clusters have to trust. */
  newest: string;
};

/** @throws ServerError `internal` when there is no authority yet; the signer makes it */
export async function readAuthority(tx: Tx): Promise<AuthorityState> {
  const rows = await readRows(tx);
  const of = (name: Row['name']) => rows.find((row) => row.name === name);
  const issuing = of('instance');
  if (!issuing) throw new ServerError('internal', 'there is no authority yet');
  const newest = pemFingerprint((of('next') ?? issuing).certificate_pem);
  return {
    certificate: issuing.certificate_pem,
    bundle: [issuing, ...rows.filter((row) => row !== issuing)].map((row) => row.certificate_pem.trim()).join('\n'),
    ...describe(issuing),
    next: describeOther(of('next')),
    previous: describeOther(of('previous')),
    lacking: await readLacking(tx, newest),
    newest,
  };
}

function describe(row: Row): { endsAt: string; fingerprint: string } {
  const certificate = new X509Certificate(row.certificate_pem);
  return { endsAt: certificate.validToDate.toISOString(), fingerprint: certificate.fingerprint256 };
}

const describeOther = (row: Row | undefined): AuthorityRotation['next'] =>
  row ? { since: row.changed_at.toISOString(), ...describe(row) } : null;
