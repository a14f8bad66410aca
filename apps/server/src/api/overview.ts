/** The first page: what is wrong, what changed, what needs a decision, is the watch healthy. */

import { join } from 'node:path';
import { AdvisoryStatus, Overview } from '@pratique/contract';
import { openAdvisoryStore } from '@pratique/scan';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { countContents } from '../contents/across-images.ts';
import { asSystem, asTenant, type Db, type Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { readFeedStates } from '../scan/feeds.ts';
import type { ChildState } from '../supervisor/child.ts';
import { wholeGrantOf } from './access.ts';
import type { App } from './app.ts';
import { readStandingTroubles } from './standing-troubles.ts';

const AccountPath = z.object({ account: z.string() });

export function overviewRoutes(app: App, deps: { db: Db; config: Config; siblings: () => ChildState[] }): void {
  const { db, config } = deps;

  app.get(
    '/api/v1/advisories',
    { config: { access: 'signed-in' }, schema: { response: { 200: AdvisoryStatus } } },
    async () => {
      const status = await readAdvisories(config.dataDir);
      if (!status) throw new ServerError('unavailable', 'the advisory store is not ready yet');
      const feeds = Object.entries(await readFeedStates(db)).map(([name, { triedAt, succeededAt, error }]) => ({
        name,
        triedAt,
        succeededAt,
        error,
      }));
      return { ...status, feeds };
    },
  );

  app.get(
    '/api/v1/accounts/:account/overview',
    { config: { access: 'reader' }, schema: { params: AccountPath, response: { 200: Overview } } },
    async (request) => {
      const { accountId, account } = wholeGrantOf(request);
      const own = await asTenant(db, [accountId], async (tx) => ({
        ...(await readDecisions(tx)),
        failedRuns: await readFailedRuns(tx),
        waiting: await readWaiting(tx),
        requestedExceptions: await readRequested(tx),
        expiring: await readExpiring(tx),
        ...(await readStandingTroubles(tx)),
        changes: await readChanges(tx),
        recent: await readRecent(tx),
        deniedAdmissions: await readDenied(tx),
      }));
      const [queue, contents] = await asSystem(db, async (tx) => [
        await readQueue(tx, accountId),
        await countContents(tx, accountId),
      ]);
      const processes = deps.siblings().map(({ name, state, restarts, detail }) => ({ name, state, restarts, detail }));
      return {
        account,
        ...own,
        contents,
        health: { processes, advisories: await readAdvisories(config.dataDir), queue },
      };
    },
  );
}

async function readAdvisories(dataDir: string): Promise<AdvisoryStatus | null> {
  const store = await openAdvisoryStore(join(dataDir, 'advisories')).catch(() => null);
  if (!store) return null;
  store.close();
  const { snapshot, sources } = store;
  return { snapshot, sources: sources.map(({ name, date, records, licence }) => ({ name, date, records, licence })) };
}

async function readDecisions(tx: Tx) {
  const { rows } = await sql<{ images: number; allowed: number; denied: number; undecided: number }>`
    select count(*)::int as images, count(*) filter (where v.decision = 'allow' and v.state = 'valid' and v.valid_until > now())::int as allowed,
           count(*) filter (where v.decision = 'deny')::int as denied,
           count(*) filter (where v.digest is null or (v.decision = 'allow' and (v.state <> 'valid' or v.valid_until <= now())))::int as undecided
    from (select distinct repository_id, digest from tag where name !~ '^sha256-[0-9a-f]{64}') t join manifest m on m.digest = t.digest
    left join verdict v on v.repository_id = t.repository_id and v.digest = t.digest where m.runnable or v.digest is not null`.execute(
    tx,
  );
  return rows[0] ?? { images: 0, allowed: 0, denied: 0, undecided: 0 };
}

async function readFailedRuns(tx: Tx): Promise<Overview['failedRuns']> {
  const { rows } = await sql<{
    id: string;
    repository: string;
    tag: string | null;
    step: string;
    error: string | null;
    at: Date;
  }>`
    select run.run_id as id, r.name as repository, run.tag, s.name as step, s.error, s.finished_at as at from run join repository r using (repository_id) join step_run s using (run_id)
    where run.state = 'failed' and s.state = 'failed' and run.created_at > now() - interval '7 days' order by s.finished_at desc limit 20`.execute(
    tx,
  );
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}

async function readWaiting(tx: Tx): Promise<Overview['waiting']> {
  const { rows } = await sql<{
    runId: string;
    repository: string;
    tag: string | null;
    step: string;
    since: Date;
    digest: string;
    requestedBy: string;
    given: number;
    needed: number;
    expires: Date | null;
    approvers: string[];
    answeredBy: string[];
  }>`
    select run.run_id as "runId", r.name as repository, run.tag, s.name as step, s.started_at as since, run.subject_digest as digest,
      run.requested_by as "requestedBy", coalesce((s.parameters->>'approvals')::int, 1) as needed, s.expires_at as expires,
      coalesce(s.parameters->'approvers', '[]') as approvers, answers.given, answers."answeredBy"
    from run join repository r using (repository_id) join step_run s using (run_id)
    cross join lateral (
      select count(*) filter (where a.approve)::int as given, coalesce(json_agg(a.actor order by a.answered_at), '[]') as "answeredBy"
      from approval_answer a where a.step_run_id = s.step_run_id) answers
    where s.state = 'waiting' order by s.started_at limit 50`.execute(tx);
  return rows.map(({ expires, since, ...row }) => ({
    ...row,
    since: since.toISOString(),
    expiresAt: expires?.toISOString() ?? null,
  }));
}

async function readRequested(tx: Tx): Promise<Overview['requestedExceptions']> {
  const { rows } = await sql<{ name: string; owner: string; reason: string }>`
    select name, owner, reason from exception where approved_at is null and rejected_at is null and withdrawn_at is null and expires_at > now() order by created_at limit 50`.execute(
    tx,
  );
  return rows;
}

async function readExpiring(tx: Tx): Promise<Overview['expiring']> {
  const { rows } = await sql<{ repository: string; digest: string; valid_until: Date; error: string | null }>`
    select r.name as repository, v.digest, v.valid_until, v.renewal_error as error from verdict v join repository r using (repository_id)
    where v.state = 'valid' and v.decision = 'allow' and v.valid_until < now() + interval '1 day' order by v.valid_until limit 50`.execute(
    tx,
  );
  return rows.map((row) => ({
    repository: row.repository,
    digest: row.digest,
    validUntil: row.valid_until.toISOString(),
    error: row.error,
  }));
}

async function readChanges(tx: Tx): Promise<Overview['changes']> {
  const { rows } = await sql<Overview['changes']>`
    select count(*) filter (where type = 'tag.pushed' and data->>'origin' = 'push')::int as pushes,
           count(*) filter (where type = 'verdict.decided' and data->>'decision' = 'allow')::int as allowed,
           count(*) filter (where type = 'verdict.decided' and data->>'decision' = 'deny')::int as denied,
           count(*) filter (where type = 'delivery.sent')::int as "deliveriesSent", count(*) filter (where type = 'delivery.received')::int as "deliveriesReceived",
           count(*) filter (where type = 'admission.allowed')::int as "admissionsAllowed", count(*) filter (where type = 'admission.denied')::int as "admissionsDenied"
    from outbox where at > now() - interval '24 hours'`.execute(tx);
  return (
    rows[0] ?? {
      pushes: 0,
      allowed: 0,
      denied: 0,
      deliveriesSent: 0,
      deliveriesReceived: 0,
      admissionsAllowed: 0,
      admissionsDenied: 0,
    }
  );
}

async function readRecent(tx: Tx): Promise<Overview['recent']> {
  const { rows } = await sql<{ seq: number; at: Date; type: string; subject: string; data: Record<string, unknown> }>`
    select seq, at, type, subject, data from outbox where type not like 'step.%' and type <> 'manifest.pushed' order by seq desc limit 30`.execute(
    tx,
  );
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}

async function readDenied(tx: Tx): Promise<Overview['deniedAdmissions']> {
  const { rows } = await sql<{
    id: number;
    at: Date;
    namespace: string | null;
    name: string | null;
    kind: string;
    reasons: string[];
  }>`
    select admission_review_id as id, at, namespace, name, kind, reasons from admission_review
    where not allowed and at > now() - interval '7 days' order by admission_review_id desc limit 20`.execute(tx);
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}

async function readQueue(tx: Tx, accountId: string): Promise<{ waiting: number; failed: number }> {
  const { rows } = await sql<{ waiting: number; failed: number }>`
    select count(*) filter (where state in ('queued', 'running'))::int as waiting, count(*) filter (where state = 'failed' and finished_at > now() - interval '7 days')::int as failed
    from step_run where account_id = ${accountId}`.execute(tx);
  return rows[0] ?? { waiting: 0, failed: 0 };
}
