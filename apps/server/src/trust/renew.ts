/** Jobs behind a verdict that changed without a run: the statements about it are made anew, or taken back. */
import { OPENVEX, VERDICT, VSA, VULNS } from '@pratique/sign';
import { sql } from 'kysely';
import { asSystem, type Tx } from '../db/connect.ts';
import type { Repository } from '../registry/cache.ts';
import { findRepositoryById } from '../registry/find-repository.ts';
import { makePredicates, type PredicateContext } from './predicates.ts';
import { type PublishDeps, publish } from './publish.ts';
import { publishDenial } from './publish-denial.ts';
import { readSubject } from './read-subject.ts';
import { withdrawSignatures } from './withdraw.ts';

export type RenewDeps = PublishDeps & Pick<PredicateContext, 'publicUrl' | 'vex'>;
type Order = { repositoryId: string; digest: string };

/** Renews the statements that speak of time: the verdict and what is known of vulnerabilities. Others stay as they are. */
export async function refreshStatements(deps: RenewDeps, order: Order): Promise<void> {
  const context = await readContext(deps, order);
  if (context?.subject.verdict.decision !== 'allow') return;
  const { repository, subject } = context;
  const live = await asSystem(deps.db, (tx) => readLiveTypes(tx, repository, order.digest));
  const predicates = await asSystem(deps.db, async (tx) => [
    ...(live.has(VSA) || live.has(VERDICT) ? await makePredicates(tx, 'verdict', context) : []),
    ...(live.has(VULNS) ? await makePredicates(tx, 'vulns', context) : []),
    ...(live.has(VULNS) || live.has(OPENVEX)
      ? await makePredicates(tx, 'vex', { ...context, states: live.has(OPENVEX) })
      : []),
  ]);
  for (const predicate of predicates)
    await publish(deps, {
      repository,
      subject: subject.descriptor,
      form: 'attestation',
      predicateType: predicate.type,
      predicates: [predicate],
      inputHash: `${subject.verdict.inputHash} ${subject.verdict.decidedAt}`,
      created: context.startedAt,
    });
}

/** Withdraws what cosign would take for a signature, then records the denial. Safe to repeat. */
export async function withdrawAndDeny(deps: RenewDeps, order: Order): Promise<void> {
  const context = await readContext(deps, order);
  if (context?.subject.verdict.decision !== 'deny') return;
  const { repository } = context;
  await asSystem(deps.db, async (tx) => {
    // It may have been reinstated since: what a later run signs stays.
    if ((await readSubject(tx, repository, order.digest))?.verdict.decision === 'deny')
      await withdrawSignatures(tx, repository, order.digest);
  });
  await publishDenial(deps, context);
}

async function readContext(deps: RenewDeps, order: Order): Promise<PredicateContext | null> {
  return asSystem(deps.db, async (tx) => {
    const repository = await findRepositoryById(tx, order.repositoryId);
    const subject = repository ? await readSubject(tx, repository, order.digest) : null;
    // The time of the decision, so that repeating the job makes the same bytes.
    return repository && subject
      ? {
          store: deps.store,
          repository,
          subject,
          publicUrl: deps.publicUrl,
          vex: deps.vex,
          startedAt: new Date(subject.verdict.decidedAt),
        }
      : null;
  });
}

async function readLiveTypes(tx: Tx, repository: Repository, digest: string): Promise<Set<string>> {
  const { rows } = await sql<{ predicate_type: string }>`
    select distinct a.predicate_type from attestation a join repository_manifest r on r.repository_id = a.repository_id and r.digest = a.manifest_digest
    where a.repository_id = ${repository.repositoryId} and a.subject_digest = ${digest}`.execute(tx);
  return new Set(rows.map((row) => row.predicate_type));
}
