/** Looks at verdicts again: the same decision is renewed, another one is the chain's to make. */
import { sql } from 'kysely';
import { refuseWaiting } from '../chain/refuse-waiting.ts';
import { startRun } from '../chain/start-run.ts';
import { asSystem, type Tx } from '../db/connect.ts';
import { type JudgeDeps, judgeFacts, type Ruling } from '../gate/judge.ts';
import { readSubjects } from '../gate/read-subjects.ts';
import type { Rules } from '../gate/rules.ts';
import { type DueVerdict, giveBack } from './claim-due.ts';
import { extendVerdicts, type SameDecision } from './extend-verdicts.ts';

export type RenewalDeps = JudgeDeps & { validDays: number };

export type Looked = { verdict: DueVerdict } & (
  | { outcome: 'renewed' | 'run-started' | 'gone' }
  /** Decided, revoked or marked by others meanwhile, or under rules that changed: it is looked at again where it is due. */
  | { outcome: 'overtaken' }
  /** It cannot be judged now; it stays as it is, and ends when it ends. */
  | { outcome: 'failed'; error: unknown }
);

/**
 * Verdicts of one account. What is the same is extended in one transaction.
 * @throws Error when nothing of them could be read or written
 */
export async function renewVerdicts(
  deps: RenewalDeps,
  rules: Rules,
  verdicts: readonly DueVerdict[],
): Promise<Looked[]> {
  const facts = await asSystem(deps.db, (tx) => readSubjects(tx, rules.accountId, verdicts));
  const looked: Looked[] = [];
  const same: SameDecision[] = [];
  for (const [n, verdict] of verdicts.entries())
    try {
      const judged = facts[n] ? await judgeFacts(deps, rules, facts[n]) : null;
      if (!judged) looked.push(await stopLooking(deps, verdict));
      else if (judged.whole.decision === verdict.decision) same.push({ verdict, judged });
      else looked.push(await startAnew(deps, verdict, judged.whole));
    } catch (error) {
      looked.push({ verdict, outcome: 'failed', error });
    }
  const extended = await extendVerdicts(deps, rules, same);
  for (const { verdict } of same) looked.push({ verdict, outcome: extended.has(verdict) ? 'renewed' : 'overtaken' });
  return looked;
}

/** The image is gone: nothing to renew, and nothing to warn of. */
async function stopLooking(deps: RenewalDeps, verdict: DueVerdict): Promise<Looked> {
  await asSystem(deps.db, (tx) => giveBack(tx, [verdict], sql`'infinity'`));
  return { verdict, outcome: 'gone' };
}

/** The gate of a run decides, with all that follows from it; until then what was decided stays. */
async function startAnew(deps: RenewalDeps, verdict: DueVerdict, now: Ruling): Promise<Looked> {
  const { repository, subject } = verdict;
  return asSystem<Looked>(deps.db, async (tx) => {
    const started = await startRun(tx, {
      repository,
      digest: subject,
      tag: await readLatestTag(tx, repository.repositoryId, subject),
      trigger: 'renewal',
      requestedBy: 'pratique',
    });
    if (started.outcome === 'no-chain')
      throw new Error('the decision would change, but no chain of the account covers the repository any more');
    // A run under way may be past its gate, and decides nothing more: it is asked again until that run is over.
    if (started.outcome === 'joined') {
      if (now.decision === 'deny') await refuseWaiting(tx, started.runId, whyDenied(now));
      await giveBack(tx, [verdict], sql`now() + interval '5 seconds'`);
    }
    // Where the run does not replace it.
    else await giveBack(tx, [verdict], sql`now() + interval '1 hour'`);
    return { verdict, outcome: 'run-started' };
  });
}

const whyDenied = ({ reasons }: Ruling): string =>
  reasons.find((reason) => reason.action === 'deny')?.message ?? 'the image would be denied now';

async function readLatestTag(tx: Tx, repositoryId: string, digest: string): Promise<string | null> {
  const { rows } = await sql<{ name: string }>`
    select name from tag where repository_id = ${repositoryId} and digest = ${digest} order by updated_at desc limit 1`.execute(
    tx,
  );
  return rows[0]?.name ?? null;
}
