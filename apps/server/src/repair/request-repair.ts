/** Asks for a repair, or for what one would do; the same that is under way is not asked for twice. */
import type { RepairMode, RepairScope, RepairTagging } from '@pratique/contract';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import { enqueue, repairQueue } from '../jobs/run-queue.ts';
import type { Repository } from '../registry/cache.ts';

export type AskedRepair = {
  repository: Repository;
  digest: string;
  tag: string | null;
  mode: RepairMode;
  scope: RepairScope;
  tagging: RepairTagging;
  smokeStart: boolean;
  requestedBy: string;
};

/** @returns the id of the repair, and whether it is a new one */
export async function requestRepair(tx: Tx, asked: AskedRepair): Promise<{ repairId: string; isNew: boolean }> {
  const { repository, digest, tag, mode, scope, tagging, smokeStart, requestedBy } = asked;
  const { rows } = await sql<{ repair_id: string }>`
    insert into repair (account_id, repository_id, subject_digest, tag, mode, scope, tagging, smoke_start, requested_by, state)
    values (${repository.accountId}, ${repository.repositoryId}, ${digest}, ${tag}, ${mode}, ${scope}, ${tagging}, ${smokeStart}, ${requestedBy}, 'queued')
    on conflict (repository_id, subject_digest, mode, scope, tagging) where finished_at is null do nothing returning repair_id`.execute(
    tx,
  );
  const made = rows[0]?.repair_id;
  if (made === undefined)
    return { repairId: (await findLive(tx, asked)) ?? (await requestRepair(tx, asked)).repairId, isNew: false };
  await enqueue(tx, 'repair.run', { repairId: made }, { queue: repairQueue(repository.accountId) });
  return { repairId: made, isNew: true };
}

async function findLive(tx: Tx, { repository, digest, mode, scope, tagging }: AskedRepair): Promise<string | null> {
  const { rows } = await sql<{ repair_id: string }>`
    select repair_id from repair where repository_id = ${repository.repositoryId} and subject_digest = ${digest}
      and mode = ${mode} and scope = ${scope} and tagging = ${tagging} and finished_at is null`.execute(tx);
  return rows[0]?.repair_id ?? null;
}
