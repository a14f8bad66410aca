/** Looks at one verdict again: the same decision is renewed, another one is the chain's to make. */
import { canonicalDigest } from '@pratique/contract/canonical-digest';
import { sql } from 'kysely';
import { startRun } from '../chain/start-run.ts';
import { asSystem, type Tx } from '../db/connect.ts';
import { appendEvent } from '../feed/append-event.ts';
import { readCurrentInputs, sameRules } from '../gate/current-inputs.ts';
import { type JudgeDeps, type Judgement, judgeSubject } from '../gate/judge.ts';
import { keepHistory } from '../gate/keep-history.ts';
import { enqueue } from '../jobs/run-queue.ts';
import type { Repository } from '../registry/cache.ts';
import { findRepositoryById } from '../registry/find-repository.ts';
import { lockDigests } from '../revocation/lock-digests.ts';
import { isRevoked } from '../revocation/read-revocation.ts';
import type { DueVerdict } from './claim-due.ts';

export type RenewalDeps = JudgeDeps & { validDays: number };
export type Renewed = 'renewed' | 'run-started' | 'gone' | 'overtaken';

/** Seconds until the verdict is looked at again where a run was started that should replace it. */
const RUN_GRACE_S = 3600;

/** @throws Error when the image cannot be judged now; the verdict then stays as it is, and ends when it ends */
export async function renewVerdict(deps: RenewalDeps, due: DueVerdict): Promise<Renewed> {
  const repository = await asSystem(deps.db, (tx) => findRepositoryById(tx, due.repositoryId));
  const judged = repository ? await judgeSubject(deps, repository, due.digest) : null;
  if (!repository || !judged) {
    await asSystem(deps.db, (tx) => stopLooking(tx, due));
    return 'gone';
  }
  if (judged.whole.decision !== due.decision) return startAnew(deps, repository, due);
  return asSystem<Renewed>(deps.db, async (tx) => {
    await lockDigests(tx, repository.accountId, [due.digest, ...judged.platforms.map((one) => one.digest)]);
    if (!sameRules(judged.inputs, await readCurrentInputs(tx, repository.accountId)))
      throw new Error('policies, exceptions or trust changed while the verdict was renewed');
    if (await isRevoked(tx, repository, [due.digest, ...judged.platforms.map((one) => one.digest)])) return 'overtaken';
    return (await extend(tx, deps, repository, due, judged)) ? 'renewed' : 'overtaken';
  });
}

/** The gate of a run decides, with all that follows from it; until then what was decided stays. */
async function startAnew(deps: RenewalDeps, repository: Repository, due: DueVerdict): Promise<Renewed> {
  return asSystem<Renewed>(deps.db, async (tx) => {
    const started = await startRun(tx, {
      repository,
      digest: due.subject,
      tag: await readLatestTag(tx, due.repositoryId, due.subject),
      trigger: 'renewal',
      requestedBy: 'pratique',
    });
    if (started.outcome === 'no-chain')
      throw new Error('the decision would change, but no chain of the account covers the repository any more');
    await sql`update verdict set renew_at = now() + make_interval(secs => ${RUN_GRACE_S}) where repository_id = ${due.repositoryId} and digest = ${due.digest} and date_trunc('milliseconds', decided_at) = ${due.decidedAt}`.execute(
      tx,
    );
    return 'run-started';
  });
}

/** False when another decision has been made since the claim: that one stands. */
async function extend(
  tx: Tx,
  deps: RenewalDeps,
  repository: Repository,
  due: DueVerdict,
  judged: Judgement,
): Promise<boolean> {
  const { whole, inputs } = judged;
  const { rows } = await sql<{ valid_until: Date }>`
    update verdict set state = 'valid', reasons = ${JSON.stringify(whole.reasons)}::jsonb, inputs = ${JSON.stringify(inputs)}::jsonb,
      input_hash = ${canonicalDigest({ digest: due.digest, ...inputs })}, decided_at = now(), valid_until = now() + make_interval(days => ${deps.validDays}),
      renew_at = least(now() + make_interval(hours => ${deps.validDays * 12}), ${whole.reviewAt}::timestamptz),
      renewal_failures = 0, renewal_error = null, warned_at = null
    where repository_id = ${due.repositoryId} and digest = ${due.digest} and decision = ${due.decision} and state in ('valid', 'expired')
      and date_trunc('milliseconds', decided_at) = ${due.decidedAt}
    returning valid_until`.execute(tx);
  const row = rows[0];
  if (!row) return false;
  await keepHistory(tx, repository.accountId, [due]);
  const halfGone = Date.now() - due.decidedAt.getTime() > (due.validUntil.getTime() - due.decidedAt.getTime()) * 0.4;
  // Statements carry the verdict's time and reasons; one that says the same a day later is worth no signature.
  if (whole.decision === 'allow' && (halfGone || canonicalDigest(whole.reasons) !== canonicalDigest(due.reasons)))
    await enqueue(tx, 'trust.refresh', { repositoryId: due.repositoryId, digest: due.digest });
  await appendEvent(tx, {
    accountId: repository.accountId,
    subject: `repository/${repository.name}@${due.digest}`,
    type: 'verdict.renewed',
    data: {
      repositoryId: due.repositoryId,
      repository: repository.name,
      account: repository.account,
      digest: due.digest,
      decision: whole.decision,
      state: 'valid',
      validUntil: row.valid_until.toISOString(),
    },
  });
  return true;
}

/** The image is gone: nothing to renew, and nothing to warn of. */
async function stopLooking(tx: Tx, due: DueVerdict): Promise<void> {
  await sql`update verdict set renew_at = 'infinity' where repository_id = ${due.repositoryId} and digest = ${due.digest}`.execute(
    tx,
  );
}

async function readLatestTag(tx: Tx, repositoryId: string, digest: string): Promise<string | null> {
  const { rows } = await sql<{ name: string }>`
    select name from tag where repository_id = ${repositoryId} and digest = ${digest} order by updated_at desc limit 1`.execute(
    tx,
  );
  return rows[0]?.name ?? null;
}

/** Seconds before another attempt: soon, then hourly. */
const PAUSES_S = [5, 30, 120, 600, 1800, 3600];

/** Remembers why; people are told when less than a day is left. */
export async function noteRenewalFailure(tx: Tx, due: DueVerdict, error: string): Promise<void> {
  const pause = PAUSES_S[Math.min(due.failures, PAUSES_S.length - 1)] ?? 3600;
  await sql`
    update verdict set renewal_failures = renewal_failures + 1, renewal_error = ${error.slice(0, 1000)}, renew_at = now() + make_interval(secs => ${pause})
    where repository_id = ${due.repositoryId} and digest = ${due.digest}`.execute(tx);
}
