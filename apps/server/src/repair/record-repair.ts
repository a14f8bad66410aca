/** Keeps what came of a repair. */
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import type { CarriedOut, RepairRequest } from './carry-out.ts';
import type { Published } from './publish-repair.ts';

export type Outcome = CarriedOut & {
  published: Published | null;
  /** The step of a chain that repaired; null for what somebody asked for. */
  stepRunId: string | null;
};

/** A repair that a chain's step did; of two records of one step the first stays. */
export async function recordRepair(tx: Tx, request: RepairRequest, outcome: Outcome): Promise<void> {
  const { repository, digest, tag, mode, scope, tagging, requestedBy } = request;
  const { original, repaired, published, platforms, stepRunId } = outcome;
  await sql`
    insert into repair (account_id, repository_id, subject_digest, tag, mode, scope, tagging, step_run_id, requested_by, state,
                        original_digest, repaired_digest, repaired_tag, provenance_digest, child_run_id, platforms, finished_at)
    values (${repository.accountId}, ${repository.repositoryId}, ${digest}, ${tag}, ${mode}, ${scope}, ${tagging}, ${stepRunId}, ${requestedBy}, 'done',
            ${original}, ${repaired?.digest ?? null}, ${published?.tag ?? null}, ${repaired?.provenance ?? null}, ${published?.childRunId ?? null}, ${JSON.stringify(platforms)}::jsonb, now())
    on conflict (step_run_id) do nothing`.execute(tx);
}
