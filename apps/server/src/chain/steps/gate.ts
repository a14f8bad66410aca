/** Step: the decision. What denies stops everything after it. */
import type { Reason } from '@pratique/contract';
import { canonicalDigest } from '@pratique/contract/canonical-digest';
import { asSystem } from '../../db/connect.ts';
import { approvalIsAhead } from '../../gate/approvals.ts';
import { readCurrentInputs, sameRules } from '../../gate/current-inputs.ts';
import { type JudgeDeps, judgeSubject, type Ruling } from '../../gate/judge.ts';
import { readRules } from '../../gate/rules.ts';
import { storeVerdict } from '../../gate/store-verdict.ts';
import { lockDigests } from '../../revocation/lock-digests.ts';
import { isRevoked } from '../../revocation/read-revocation.ts';
import { readVexInForce } from '../../vex/in-force.ts';
import { PermanentStepError, type StepWork } from '../run-step.ts';

/** Decides every platform; the subject's verdict is the worst of them. */
export function gateStep(deps: JudgeDeps & { validDays: number }): StepWork {
  return async ({ repository, digest, runId, name }) => {
    const rules = await asSystem(deps.db, (tx) => readRules(tx, repository.accountId, deps));
    const judged = await judgeSubject(deps, rules, repository, digest);
    if (!judged) throw new PermanentStepError(`${digest} is no longer in ${repository.account}/${repository.name}`);
    const { inputs, whole, platforms } = judged;
    const summary = whole.decision === 'allow' ? allowedSentence(whole.reasons) : deniedSentence(whole.reasons);
    return {
      state: whole.decision === 'allow' ? 'succeeded' : 'denied',
      summary,
      result: { decision: whole.decision },
      async commit(tx) {
        const rulings = platforms.filter((one) => one.digest !== digest);
        const digests = [...new Set([digest, ...platforms.map((one) => one.digest)])];
        await lockDigests(tx, repository.accountId, digests);
        // A verdict is never recorded under rules that it was not decided by; the step is soon tried again.
        if (!sameRules(inputs, await readCurrentInputs(tx, repository.accountId)))
          throw new Error('policies, exceptions or trust changed while this was decided; it is decided again');
        if (
          (await readVexInForce(tx, repository.accountId, deps.vex)).hashOf(repository.repositoryId, digests) !==
          rules.vex.hashOf(repository.repositoryId, digests)
        )
          throw new Error('VEX was attached to the image while this was decided; it is decided again');
        if ((await isRevoked(tx, repository, digests)) !== whole.revoked)
          throw new Error('the image was revoked or reinstated while this was decided; it is decided again');
        const pending = whole.decision === 'allow' && (await approvalIsAhead(tx, runId, name));
        const verdict = (one: Ruling) => ({
          ...one,
          inputs,
          inputHash: canonicalDigest({ digest: one.digest, ...inputs }),
          runId,
          validDays: deps.validDays,
          pending,
        });
        // Children first: whoever sees the verdict of the index finds theirs.
        for (const one of rulings) await storeVerdict(tx, repository, verdict(one));
        await storeVerdict(tx, repository, verdict(whole));
      },
    };
  };
}

function allowedSentence(reasons: readonly Reason[]): string {
  const warnings = reasons.filter((reason) => reason.action === 'warn').length;
  return warnings === 0 ? 'allowed' : `allowed with ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`;
}

function deniedSentence(reasons: readonly Reason[]): string {
  const denies = reasons.filter((reason) => reason.action === 'deny');
  const first = denies[0]?.message ?? '';
  return denies.length === 1 ? `denied: ${first}` : `denied for ${denies.length} reasons; the first: ${first}`;
}
