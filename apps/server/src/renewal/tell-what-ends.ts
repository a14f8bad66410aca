/** Tells people in time: of verdicts that end within a day because nothing renewed them, and of exceptions. */
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import { appendEvent } from '../feed/append-event.ts';
import { rulesChanged } from './mark-due.ts';

const BATCH = 200;

/** Each thing is told once, in the transaction that notes that it was. */
export async function tellWhatEnds(tx: Tx): Promise<void> {
  await tellEndingVerdicts(tx);
  await endVerdicts(tx);
  await remindOfExceptions(tx);
  await endExceptions(tx);
}

type VerdictRow = {
  account_id: string;
  account: string;
  repository_id: string;
  repository: string;
  digest: string;
  valid_until: Date;
  renewal_error: string | null;
};

const dataOf = (row: VerdictRow) => ({
  repositoryId: row.repository_id,
  repository: row.repository,
  account: row.account,
  digest: row.digest,
  validUntil: row.valid_until.toISOString(),
  reason: row.renewal_error ?? 'it has not been looked at again yet',
});

async function tellEndingVerdicts(tx: Tx): Promise<void> {
  const { rows } = await sql<VerdictRow>`
    with ending as (
      select account_id, repository_id, digest from verdict
      where state = 'valid' and decision = 'allow' and valid_until between now() and now() + interval '1 day' and warned_at is null limit ${BATCH} for update skip locked)
    update verdict v set warned_at = now() from ending, repository r, account a
    where v.account_id = ending.account_id and v.repository_id = ending.repository_id and v.digest = ending.digest and r.repository_id = v.repository_id and a.account_id = v.account_id
    returning v.account_id, a.name as account, v.repository_id, r.name as repository, v.digest, v.valid_until, v.renewal_error`.execute(
    tx,
  );
  for (const row of rows)
    await appendEvent(tx, {
      accountId: row.account_id,
      subject: `repository/${row.repository}@${row.digest}`,
      type: 'verdict.ending',
      data: dataOf(row),
    });
}

async function endVerdicts(tx: Tx): Promise<void> {
  const { rows } = await sql<VerdictRow>`
    with ended as (
      select account_id, repository_id, digest from verdict where state = 'valid' and decision = 'allow' and valid_until <= now() limit ${BATCH} for update skip locked)
    update verdict v set state = 'expired' from ended, repository r, account a
    where v.account_id = ended.account_id and v.repository_id = ended.repository_id and v.digest = ended.digest and r.repository_id = v.repository_id and a.account_id = v.account_id
    returning v.account_id, a.name as account, v.repository_id, r.name as repository, v.digest, v.valid_until, v.renewal_error`.execute(
    tx,
  );
  for (const row of rows)
    await appendEvent(tx, {
      accountId: row.account_id,
      subject: `repository/${row.repository}@${row.digest}`,
      type: 'verdict.expired',
      data: dataOf(row),
    });
}

type ExceptionRow = {
  account_id: string;
  name: string;
  kind: string;
  owner: string;
  expires_at: Date;
  approved: boolean;
};

async function remindOfExceptions(tx: Tx): Promise<void> {
  const { rows } = await sql<ExceptionRow>`
    with open as (
      select exception_id from exception where approved_at is not null and withdrawn_at is null and ended_at is null and reminded_at is null and kind <> 'break-glass'
        and expires_at > now() and expires_at < now() + least(interval '3 days', (expires_at - created_at) / 2) limit ${BATCH} for update skip locked)
    update exception e set reminded_at = now() from open where e.exception_id = open.exception_id
    returning e.account_id, e.name, e.kind, e.owner, e.expires_at, true as approved`.execute(tx);
  for (const row of rows)
    await appendEvent(tx, {
      accountId: row.account_id,
      subject: `exception/${row.name}`,
      type: 'exception.ending',
      data: { name: row.name, kind: row.kind, owner: row.owner, expiresAt: row.expires_at.toISOString() },
    });
}

/** What it covered is judged by the policies again. */
async function endExceptions(tx: Tx): Promise<void> {
  const { rows } = await sql<ExceptionRow>`
    with over as (
      select exception_id from exception where expires_at <= now() and ended_at is null and withdrawn_at is null and rejected_at is null limit ${BATCH} for update skip locked)
    update exception e set ended_at = now() from over where e.exception_id = over.exception_id
    returning e.account_id, e.name, e.kind, e.owner, e.expires_at, e.approved_at is not null as approved`.execute(tx);
  for (const row of rows)
    await appendEvent(tx, {
      accountId: row.account_id,
      subject: `exception/${row.name}`,
      type: 'exception.expired',
      data: {
        name: row.name,
        kind: row.kind,
        owner: row.owner,
        expiresAt: row.expires_at.toISOString(),
        approved: row.approved,
      },
    });
  for (const accountId of new Set(rows.filter((row) => row.approved).map((row) => row.account_id)))
    await rulesChanged(tx, accountId);
}
