/** Step: mend what the gate denied, as an image of its own that a run of its own judges. The original stays denied. */
import type { PlatformRepair, Reason } from '@pratique/contract';
import { sql } from 'kysely';
import { asSystem, type Tx } from '../../db/connect.ts';
import { ServerError } from '../../error.ts';
import { carryOutRepair, type RepairDeps, type RepairRequest } from '../../repair/carry-out.ts';
import { describeOutcome } from '../../repair/describe-outcome.ts';
import { type Published, publishRepair } from '../../repair/publish-repair.ts';
import { recordRepair } from '../../repair/record-repair.ts';
import { isRevoked } from '../../revocation/read-revocation.ts';
import { PermanentStepError, type StepContext, type StepOutcome, type StepWork } from '../run-step.ts';
import { RepairParameters } from '../step-parameters.ts';

export function repairStep(deps: RepairDeps): StepWork {
  return async (context) => {
    const parameters = RepairParameters.parse(context.parameters);
    const refusal = await asSystem(deps.db, (tx) => whyNot(tx, context));
    if (refusal !== null) return { state: 'skipped', summary: refusal };
    const request: RepairRequest = {
      repository: context.repository,
      digest: context.digest,
      tag: context.tag,
      mode: parameters.preview ? 'preview' : 'repair',
      scope: parameters.upgrades,
      tagging: parameters.tag,
      smokeStart: parameters.smoke_start,
      requestedBy: context.requestedBy,
    };
    try {
      const done = await carryOutRepair(deps, request);
      return outcomeOf(context, request, done.platforms, async (tx) => {
        const { repaired } = done;
        const published: Published | null =
          repaired && request.mode === 'repair' ? await publishRepair(tx, request, { ...done, repaired }) : null;
        await recordRepair(tx, request, { ...done, published, stepRunId: context.stepRunId });
      });
    } catch (error) {
      if (error instanceof ServerError && error.details['permanent'] === true)
        throw new PermanentStepError(`the image cannot be repaired: ${error.message}`);
      throw error;
    }
  };
}

/** Constraints of ours that speak of other things than packages; those of users may speak of anything. */
const NOT_OF_PACKAGES: ReadonlySet<string> = new Set([
  'Secrets',
  'Malware',
  'Baseline',
  'RunsAsRoot',
  'UnexaminedContent',
  'UnknownBase',
]);

/** A sentence where there is nothing to do here; null where there is. */
async function whyNot(tx: Tx, { runId, repository, tag, digest }: StepContext): Promise<string | null> {
  const { rows } = await sql<{ trigger: string; tagged: string | null; reasons: Reason[] | null }>`
    select run.trigger, (select v.reasons from verdict v where v.run_id = run.run_id and v.digest = run.subject_digest and v.decision = 'deny') as reasons,
      (select t.digest from tag t where t.repository_id = ${repository.repositoryId} and t.name = ${tag}) as tagged
    from run where run.run_id = ${runId}`.execute(tx);
  // What a repair could not clear, another one at once will not clear either.
  if (rows[0]?.trigger === 'repair') return 'this is a repaired image: what is left has no upgrade that clears it';
  const denials = (rows[0]?.reasons ?? []).filter((reason) => reason.action === 'deny');
  const [first] = denials;
  if (first && denials.every((reason) => NOT_OF_PACKAGES.has(reason.template)))
    return `newer packages mend nothing of what denies it: ${first.message}`;
  if (await isRevoked(tx, repository, [digest])) return 'it was revoked: what was taken out of service is not mended';
  const tagged = rows[0]?.tagged ?? null;
  if (tag !== null && tagged !== null && tagged !== digest)
    return `${tag} names another image by now, which has a run of its own`;
  return null;
}

function outcomeOf(
  context: StepContext,
  { mode }: RepairRequest,
  platforms: readonly PlatformRepair[],
  commit: (tx: Tx) => Promise<void>,
): StepOutcome {
  const { upgraded, left, sentence } = describeOutcome(platforms, mode);
  return { state: upgraded === 0 ? 'skipped' : 'succeeded', summary: sentence, result: { upgraded, left }, commit };
}
