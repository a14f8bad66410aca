/** Writes a verdict: the current one of (account, repository, digest), and its place in the history. */
import type { Decision, Reason } from '@pratique/contract';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import { appendEvent } from '../feed/append-event.ts';
import type { Repository } from '../registry/cache.ts';
import type { GateInputs } from './current-inputs.ts';
import { keepHistory } from './keep-history.ts';

export type NewVerdict = {
  digest: string;
  decision: Decision;
  reasons: Reason[];
  inputs: GateInputs;
  inputHash: string;
  runId: string;
  validDays: number;
  /** People still have a say in the run; an image that is allowed already stays so meanwhile. */
  pending: boolean;
  /** A revocation is in force. */
  revoked: boolean;
  /** When a time of grace ends; null when none runs. */
  reviewAt: Date | null;
};

/** Tells `verdict.decided`, and `verdict.withdrawn` where the image was allowed until now. */
export async function storeVerdict(tx: Tx, repository: Repository, verdict: NewVerdict): Promise<void> {
  const { accountId, repositoryId } = repository;
  const state = verdict.revoked ? 'revoked' : verdict.pending ? 'pending' : 'valid';
  // Examined again at half of its validity, or when a time of grace ends.
  const { rows } = await sql<{ valid_until: Date; state: string; was_allowed: boolean; trigger: string | null }>`
    with before as (
      select decision = 'allow' and state = 'valid' as allowed from verdict
      where account_id = ${accountId} and repository_id = ${repositoryId} and digest = ${verdict.digest})
    insert into verdict (account_id, repository_id, digest, decision, state, reasons, inputs, input_hash, run_id, decided_at, valid_until, renew_at)
    values (${accountId}, ${repositoryId}, ${verdict.digest}, ${verdict.decision}, ${state}, ${JSON.stringify(verdict.reasons)}::jsonb, ${JSON.stringify(verdict.inputs)}::jsonb,
            ${verdict.inputHash}, ${verdict.runId}, now(), now() + make_interval(days => ${verdict.validDays}),
            least(now() + make_interval(hours => ${verdict.validDays * 12}), ${verdict.reviewAt}::timestamptz))
    on conflict (account_id, repository_id, digest) do update set decision = excluded.decision,
      state = case when excluded.state = 'pending' and verdict.decision = 'allow' and verdict.state = 'valid' and verdict.valid_until > now() then 'valid' else excluded.state end, reasons = excluded.reasons, inputs = excluded.inputs,
      input_hash = excluded.input_hash, run_id = excluded.run_id, decided_at = excluded.decided_at, valid_until = excluded.valid_until,
      renew_at = excluded.renew_at, renewal_failures = 0, renewal_error = null, warned_at = null
    returning valid_until, state, coalesce((select allowed from before), false) as was_allowed,
      (select trigger from run where run_id = ${verdict.runId}) as trigger`.execute(tx);
  await keepHistory(tx, accountId, [{ repositoryId, digest: verdict.digest }]);
  const denies = verdict.reasons.filter((reason) => reason.action === 'deny');
  const about = {
    accountId,
    subject: `repository/${repository.name}@${verdict.digest}`,
    data: {
      repositoryId,
      repository: repository.name,
      account: repository.account,
      digest: verdict.digest,
      decision: verdict.decision,
      state: rows[0]?.state,
      validUntil: rows[0]?.valid_until.toISOString(),
      runId: verdict.runId,
      reasons: denies.slice(0, 20).map((reason) => reason.message),
    },
  };
  await appendEvent(tx, { ...about, type: 'verdict.decided' });
  if (rows[0]?.was_allowed && verdict.decision === 'deny')
    await appendEvent(tx, {
      ...about,
      type: 'verdict.withdrawn',
      data: {
        ...about.data,
        reason: denies[0]?.message ?? '',
        trigger: rows[0].trigger,
        advisories: advisoriesOf(denies),
      },
    });
}

/** Ids of the holes that the image is denied for, at most a hundred. */
function advisoriesOf(denies: readonly Reason[]): string[] {
  const ids = denies.flatMap((reason) => (typeof reason.details['id'] === 'string' ? [reason.details['id']] : []));
  return [...new Set(ids)].slice(0, 100);
}
