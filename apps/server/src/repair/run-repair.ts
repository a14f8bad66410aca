/** A repair that somebody asked for: claimed, carried out, and recorded together with what it made. */
import { RepairMode, RepairScope, RepairTagging } from '@pratique/contract';
import { sql } from 'kysely';
import type { Logger } from 'pino';
import { isPermanent } from '../chain/run-step.ts';
import { asSystem, type Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { appendEvent } from '../feed/append-event.ts';
import { findRepositoryById } from '../registry/find-repository.ts';
import { type CarriedOut, carryOutRepair, type RepairDeps, type RepairRequest } from './carry-out.ts';
import { publishRepair, SupersededRepair } from './publish-repair.ts';

type Claim = { request: RepairRequest; attempt: number };

/** @throws what went wrong, where trying again may help */
export async function runRepair(deps: RepairDeps, repairId: string, lastAttempt: boolean, log: Logger): Promise<void> {
  const claim = await asSystem(deps.db, (tx) => claimRepair(tx, repairId));
  if (!claim) return; // done already: the process ended between the outcome and the end of the job
  try {
    const done = await carryOutRepair(deps, claim.request);
    await asSystem(deps.db, (tx) => finishRepair(tx, repairId, claim, done));
  } catch (error) {
    const permanent =
      isPermanent(error) ||
      error instanceof SupersededRepair ||
      (error instanceof ServerError && error.details['permanent'] === true);
    log[permanent ? 'warn' : 'error']({ err: error, repairId, lastAttempt }, 'repair failed');
    if (!permanent && !lastAttempt) {
      await asSystem(deps.db, (tx) => noteError(tx, repairId, claim, error));
      throw error;
    }
    await asSystem(deps.db, (tx) => failRepair(tx, repairId, claim, error));
  }
}

async function claimRepair(tx: Tx, repairId: string): Promise<Claim | null> {
  const { rows } = await sql<{
    repository_id: string;
    subject_digest: string;
    tag: string | null;
    mode: string;
    scope: string;
    tagging: string;
    smoke_start: boolean;
    requested_by: string;
    attempts: number;
  }>`
    update repair set state = 'running', attempts = attempts + 1 where repair_id = ${repairId} and finished_at is null
    returning repository_id, subject_digest, tag, mode, scope, tagging, smoke_start, requested_by, attempts`.execute(
    tx,
  );
  const row = rows[0];
  const repository = row ? await findRepositoryById(tx, row.repository_id) : null;
  if (!row || !repository) return null;
  const request: RepairRequest = {
    repository,
    digest: row.subject_digest,
    tag: row.tag,
    mode: RepairMode.parse(row.mode),
    scope: RepairScope.parse(row.scope),
    tagging: RepairTagging.parse(row.tagging),
    smokeStart: row.smoke_start,
    requestedBy: row.requested_by,
  };
  return { request, attempt: row.attempts };
}

async function finishRepair(tx: Tx, repairId: string, claim: Claim, done: CarriedOut): Promise<void> {
  if (!(await isOurs(tx, repairId, claim))) return;
  const { request } = claim;
  const { repaired } = done;
  const published =
    repaired && request.mode === 'repair' ? await publishRepair(tx, request, { ...done, repaired }) : null;
  await sql`
    update repair set state = 'done', finished_at = now(), error = null, original_digest = ${done.original}, repaired_digest = ${repaired?.digest ?? null},
      repaired_tag = ${published?.tag ?? null}, provenance_digest = ${repaired?.provenance ?? null}, child_run_id = ${published?.childRunId ?? null}, platforms = ${JSON.stringify(done.platforms)}::jsonb
    where repair_id = ${repairId}`.execute(tx);
  await announce(tx, repairId, claim, 'repair.finished', {});
}

/** It will be tried again; until then this is why it is not done. */
async function noteError(tx: Tx, repairId: string, claim: Claim, error: unknown): Promise<void> {
  if (await isOurs(tx, repairId, claim))
    await sql`update repair set error = ${reasonOf(error)} where repair_id = ${repairId}`.execute(tx);
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 2000);

async function failRepair(tx: Tx, repairId: string, claim: Claim, error: unknown): Promise<void> {
  if (!(await isOurs(tx, repairId, claim))) return;
  const reason = reasonOf(error);
  await sql`update repair set state = 'failed', finished_at = now(), error = ${reason} where repair_id = ${repairId}`.execute(
    tx,
  );
  await announce(tx, repairId, claim, 'repair.failed', { reason });
}

/** Whether nobody has claimed it since; locked until the transaction ends. */
async function isOurs(tx: Tx, repairId: string, { attempt }: Claim): Promise<boolean> {
  const { rows } =
    await sql`select from repair where repair_id = ${repairId} and attempts = ${attempt} and finished_at is null for update`.execute(
      tx,
    );
  return rows.length > 0;
}

async function announce(
  tx: Tx,
  repairId: string,
  { request }: Claim,
  type: string,
  more: Record<string, unknown>,
): Promise<void> {
  const { repository, digest, tag, mode } = request;
  await appendEvent(tx, {
    accountId: repository.accountId,
    subject: `repository/${repository.name}@${digest}`,
    type,
    data: { repairId, repositoryId: repository.repositoryId, repository: repository.name, digest, tag, mode, ...more },
  });
}
