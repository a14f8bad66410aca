/** Tells people in time: of verdicts that end within a day because nothing renewed them, and of exceptions. */
import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import { appendEvents } from '../feed/append-event.ts';
import { GATE_KINDS } from '../gate/exceptions.ts';
import { rulesChanged } from './mark-due.ts';

const BATCH = 200;

/** What there is to tell: the rows that it is about, and how they remember that it was told. */
type Tale = { type: string; about: RawBuilder<unknown>; told: RawBuilder<unknown> };

const VERDICT_TALES: readonly Tale[] = [
  {
    type: 'verdict.ending',
    about: sql`valid_until between now() and now() + interval '1 day' and warned_at is null`,
    told: sql`warned_at = now()`,
  },
  { type: 'verdict.expired', about: sql`valid_until <= now()`, told: sql`state = 'expired'` },
];

const REMINDER: Tale = {
  type: 'exception.ending',
  about: sql`approved_at is not null and reminded_at is null and kind <> 'break-glass'
    and expires_at > now() and expires_at < now() + least(interval '3 days', (expires_at - created_at) / 2)`,
  told: sql`reminded_at = now()`,
};
const EXPIRY: Tale = { type: 'exception.expired', about: sql`expires_at <= now()`, told: sql`ended_at = now()` };

/**
 * Each thing is told once, in the transaction that notes that it was.
 * @returns whether something is left to tell at once
 */
export async function tellWhatEnds(tx: Tx): Promise<boolean> {
  const told: number[] = [];
  for (const tale of VERDICT_TALES) told.push(await tellOfVerdicts(tx, tale));
  told.push((await tellOfExceptions(tx, REMINDER)).length);
  const expired = await tellOfExceptions(tx, EXPIRY);
  told.push(expired.length);
  // What they covered is judged by the policies again.
  for (const accountId of new Set(expired.filter((row) => row.approved && row.gated).map((row) => row.account_id)))
    await rulesChanged(tx, accountId);
  return told.some((count) => count === BATCH);
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

async function tellOfVerdicts(tx: Tx, { type, about, told }: Tale): Promise<number> {
  const { rows } = await sql<VerdictRow>`
    with chosen as (
      select account_id, repository_id, digest from verdict
      where state = 'valid' and decision = 'allow' and ${about} limit ${BATCH} for update skip locked)
    update verdict v set ${told} from chosen, repository r, account a
    where v.account_id = chosen.account_id and v.repository_id = chosen.repository_id and v.digest = chosen.digest and r.repository_id = v.repository_id and a.account_id = v.account_id
    returning v.account_id, a.name as account, v.repository_id, r.name as repository, v.digest, v.valid_until, v.renewal_error`.execute(
    tx,
  );
  const events = rows.map((row) => ({
    accountId: row.account_id,
    subject: `repository/${row.repository}@${row.digest}`,
    type,
    data: {
      repositoryId: row.repository_id,
      repository: row.repository,
      account: row.account,
      digest: row.digest,
      validUntil: row.valid_until.toISOString(),
      reason: row.renewal_error ?? 'it has not been looked at again yet',
    },
  }));
  await appendEvents(tx, events);
  return rows.length;
}

type ExceptionRow = {
  account_id: string;
  name: string;
  kind: string;
  owner: string;
  expires_at: Date;
  approved: boolean;
  gated: boolean;
};

async function tellOfExceptions(tx: Tx, { type, about, told }: Tale): Promise<ExceptionRow[]> {
  const { rows } = await sql<ExceptionRow>`
    with chosen as (
      select exception_id from exception
      where ended_at is null and withdrawn_at is null and rejected_at is null and ${about} limit ${BATCH} for update skip locked)
    update exception e set ${told} from chosen where e.exception_id = chosen.exception_id
    returning e.account_id, e.name, e.kind, e.owner, e.expires_at, e.approved_at is not null as approved, e.kind = any (${[...GATE_KINDS]}::text[]) as gated`.execute(
    tx,
  );
  const events = rows.map(({ account_id, name, kind, owner, expires_at, approved }) => ({
    accountId: account_id,
    subject: `exception/${name}`,
    type,
    data: { name, kind, owner, expiresAt: expires_at.toISOString(), approved },
  }));
  await appendEvents(tx, events);
  return rows;
}
