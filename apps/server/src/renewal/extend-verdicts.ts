/** Extends verdicts that would be decided the same again: all of them, their history and their events in one transaction. */
import { canonicalDigest } from '@pratique/contract/canonical-digest';
import { sql } from 'kysely';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { appendEvents } from '../feed/append-event.ts';
import { readCurrentInputs, sameRules } from '../gate/current-inputs.ts';
import type { Judgement } from '../gate/judge.ts';
import { keepHistory } from '../gate/keep-history.ts';
import type { Rules } from '../gate/rules.ts';
import { enqueueAll } from '../jobs/run-queue.ts';
import { lockDigests } from '../revocation/lock-digests.ts';
import { readRevocations } from '../revocation/read-revocation.ts';
import { claimsOf, type DueVerdict, giveBack } from './claim-due.ts';

export type SameDecision = { verdict: DueVerdict; judged: Judgement };
type ExtendDeps = { db: Db; validDays: number; now: () => Date };

/**
 * Nothing that was revoked, decided or marked since the claim is extended, and nothing at all under rules that changed.
 * @returns the verdicts that were extended
 */
export async function extendVerdicts(
  deps: ExtendDeps,
  rules: Rules,
  same: readonly SameDecision[],
): Promise<ReadonlySet<DueVerdict>> {
  if (same.length === 0) return new Set();
  return asSystem(deps.db, async (tx) => {
    const { accountId } = rules;
    await lockDigests(tx, accountId, same.flatMap(digestsOf));
    if (!sameRules(rules.inputs, await readCurrentInputs(tx, accountId))) {
      const verdicts = same.map((one) => one.verdict);
      await giveBack(tx, verdicts, sql`now()`);
      return new Set();
    }
    const extended = await extend(tx, deps.validDays, await withoutRevoked(tx, accountId, same));
    const verdicts = extended.map((one) => one.verdict);
    await keepHistory(
      tx,
      accountId,
      verdicts.map(({ repository, digest }) => ({ repositoryId: repository.repositoryId, digest })),
    );
    await enqueueAll(
      tx,
      'trust.refresh',
      extended
        .filter((one) => saysMore(one, deps.now()))
        .map(({ verdict }) => ({ repositoryId: verdict.repository.repositoryId, digest: verdict.digest })),
    );
    await appendEvents(tx, extended.map(toEvent));
    return new Set(verdicts);
  });
}

const digestsOf = ({ verdict, judged }: SameDecision): string[] => [
  ...new Set([verdict.digest, ...judged.platforms.map((one) => one.digest)]),
];

async function withoutRevoked(tx: Tx, accountId: string, same: readonly SameDecision[]): Promise<SameDecision[]> {
  const keysOf = (one: SameDecision) =>
    digestsOf(one).map((digest) => ({ repositoryId: one.verdict.repository.repositoryId, digest }));
  const revocations = await readRevocations(tx, accountId, same.flatMap(keysOf));
  return same.filter((one) => keysOf(one).every((key) => revocations.get(key.repositoryId, key.digest) === null));
}

type Extended = SameDecision & { validUntil: Date };

async function extend(tx: Tx, validDays: number, same: readonly SameDecision[]): Promise<Extended[]> {
  if (same.length === 0) return [];
  const json = (of: (one: SameDecision) => unknown) => same.map((one) => JSON.stringify(of(one)));
  const { rows } = await sql<{ ordinal: number; valid_until: Date }>`
    with claimed as (
      select * from ${claimsOf(same.map((one) => one.verdict))} with ordinality as c (account_id, repository_id, digest, claim, ordinal)
      join unnest(${same.map((one) => one.verdict.decision)}::text[], ${json((one) => one.judged.whole.reasons)}::jsonb[], ${json((one) => one.judged.inputs)}::jsonb[],
                  ${same.map((one) => canonicalDigest({ digest: one.verdict.digest, ...one.judged.inputs }))}::text[],
                  ${same.map((one) => one.judged.whole.reviewAt)}::timestamptz[]) with ordinality as j (decision, reasons, inputs, input_hash, review_at, ordinal) using (ordinal))
    update verdict v set state = 'valid', reasons = c.reasons, inputs = c.inputs, input_hash = c.input_hash, decided_at = now(),
      valid_until = now() + make_interval(days => ${validDays}), renew_at = least(now() + make_interval(hours => ${validDays * 12}), c.review_at),
      renewal_failures = 0, renewal_error = null, warned_at = null
    from claimed c
    where v.account_id = c.account_id and v.repository_id = c.repository_id and v.digest = c.digest
      and v.decision = c.decision and v.state in ('valid', 'expired') and v.renew_at = c.claim
    returning c.ordinal, v.valid_until`.execute(tx);
  return rows.flatMap((row) => {
    const one = same[row.ordinal - 1];
    return one ? [{ ...one, validUntil: row.valid_until }] : [];
  });
}

/** Statements carry the verdict's time and reasons; one that says the same a day later is worth no signature. */
function saysMore({ verdict, judged }: SameDecision, now: Date): boolean {
  const { decidedAt, validUntil, reasons } = verdict;
  const halfGone = now.getTime() - decidedAt.getTime() > (validUntil.getTime() - decidedAt.getTime()) * 0.4;
  return (
    verdict.decision === 'allow' && (halfGone || canonicalDigest(judged.whole.reasons) !== canonicalDigest(reasons))
  );
}

const toEvent = ({ verdict: { repository, digest, decision }, validUntil }: Extended) => ({
  accountId: repository.accountId,
  subject: `repository/${repository.name}@${digest}`,
  type: 'verdict.renewed',
  data: {
    repositoryId: repository.repositoryId,
    repository: repository.name,
    account: repository.account,
    digest,
    decision,
    state: 'valid',
    validUntil: validUntil.toISOString(),
  },
});
