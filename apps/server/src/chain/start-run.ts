/** Starts the chain of a repository on a digest, inside the transaction that gave the reason. */
import type { ChainDefinition } from '@pratique/contract';
import { sql } from 'kysely';
import { matchesPattern } from '../auth/pattern.ts';
import type { Tx } from '../db/connect.ts';
import { appendEvent } from '../feed/append-event.ts';
import { hasCurrentVerdict } from '../gate/current-inputs.ts';
import type { Repository } from '../registry/cache.ts';
import type { OnTagged } from '../registry/put-manifest.ts';

export type Trigger = 'push' | 'delivery' | 'manual' | 'renewal' | 'repair';
export type StartedRun =
  | { outcome: 'started' | 'joined'; runId: string }
  /** A valid verdict was decided from the very inputs that a run would use now. */
  | { outcome: 'unneeded' }
  /** No chain of the account covers the repository. */
  | { outcome: 'no-chain' };

export type RunRequest = {
  repository: Repository;
  digest: string;
  tag: string | null;
  trigger: Trigger;
  requestedBy: string;
};

/** What a pushed or delivered tag sets off; tags that chains write themselves set off nothing. */
export const startRunOnTag: OnTagged = async (tx, { repository, tag, digest, origin, actor }) => {
  if (origin === 'chain') return;
  await startRun(tx, { repository, digest, tag, trigger: origin, requestedBy: actor.name });
};

/** Two triggers for one subject at a time make one run. */
export async function startRun(tx: Tx, request: RunRequest): Promise<StartedRun> {
  const { repository, digest, trigger } = request;
  const chain = await findChain(tx, repository);
  if (!chain) return { outcome: 'no-chain' };
  // A renewal asks because time alone changes the decision: a grace ended, a release went out of support.
  const isAsked = trigger === 'manual' || trigger === 'renewal';
  if (!isAsked && (await hasCurrentVerdict(tx, repository, digest))) return { outcome: 'unneeded' };
  const inserted = await insertRun(tx, chain.chainId, request);
  if (inserted === null) {
    const live = await findLiveRun(tx, repository, digest, chain.chainId);
    if (live !== null) return { outcome: 'joined', runId: live };
    // It ended between the two statements: the next attempt inserts.
    return startRun(tx, request);
  }
  await insertSteps(tx, inserted, repository.accountId, chain.definition);
  await sql`select enqueue('chain.advance', ${JSON.stringify({ runId: inserted })}::json)`.execute(tx);
  await appendEvent(tx, {
    accountId: repository.accountId,
    subject: `run/${inserted}`,
    type: 'run.started',
    data: {
      runId: inserted,
      repository: repository.name,
      repositoryId: repository.repositoryId,
      digest,
      tag: request.tag,
      chain: chain.definition.name,
      trigger,
    },
  });
  return { outcome: 'started', runId: inserted };
}

/** The chain whose pattern says most about the name: the longest literal part wins, then the chain's name. */
export async function findChain(
  tx: Tx,
  repository: Pick<Repository, 'accountId' | 'name'>,
): Promise<{ chainId: string; definition: ChainDefinition } | null> {
  const { rows } = await sql<{ chain_id: string; definition: ChainDefinition }>`
    select chain_id, definition from chain where account_id = ${repository.accountId} and retired_at is null order by name`.execute(
    tx,
  );
  let best: { chainId: string; definition: ChainDefinition } | null = null;
  let bestLiteral = -1;
  for (const row of rows)
    for (const pattern of row.definition.repositories) {
      const literal = pattern.replaceAll('*', '').length;
      if (literal > bestLiteral && matchesPattern(pattern, repository.name)) {
        best = { chainId: row.chain_id, definition: row.definition };
        bestLiteral = literal;
      }
    }
  return best;
}

async function insertRun(tx: Tx, chainId: string, request: RunRequest): Promise<string | null> {
  const { repository } = request;
  const { rows } = await sql<{ run_id: string }>`
    insert into run (account_id, repository_id, chain_id, subject_digest, tag, trigger, requested_by, state)
    values (${repository.accountId}, ${repository.repositoryId}, ${chainId}, ${request.digest}, ${request.tag}, ${request.trigger}, ${request.requestedBy}, 'queued')
    on conflict (repository_id, subject_digest, chain_id) where finished_at is null do nothing returning run_id`.execute(
    tx,
  );
  return rows[0]?.run_id ?? null;
}

async function findLiveRun(tx: Tx, repository: Repository, digest: string, chainId: string): Promise<string | null> {
  const { rows } = await sql<{ run_id: string }>`
    select run_id from run where repository_id = ${repository.repositoryId} and subject_digest = ${digest} and chain_id = ${chainId} and finished_at is null`.execute(
    tx,
  );
  return rows[0]?.run_id ?? null;
}

async function insertSteps(tx: Tx, runId: string, accountId: string, definition: ChainDefinition): Promise<void> {
  const steps = definition.steps;
  await sql`
    insert into step_run (account_id, run_id, ordinal, name, kind, needs, on_deny, parameters, state)
    select ${accountId}, ${runId}, ordinal, name, kind, array(select jsonb_array_elements_text(needs)), array(select jsonb_array_elements_text(on_deny)), parameters, 'queued'
    from unnest(${steps.map((_, i) => i)}::int[], ${steps.map((s) => s.name)}::text[], ${steps.map((s) => s.kind)}::text[], ${steps.map((s) => JSON.stringify(s.needs))}::jsonb[],
                ${steps.map((s) => JSON.stringify(s.on_deny))}::jsonb[], ${steps.map((s) => JSON.stringify(s.with))}::jsonb[])
      as step (ordinal, name, kind, needs, on_deny, parameters)`.execute(tx);
}
