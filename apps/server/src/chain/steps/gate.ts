/** Step: the decision. What denies stops everything after it. */
import type { Reason, Violation } from '@pratique/contract';
import { canonicalDigest } from '@pratique/contract/canonical-digest';
import { type Bundle, decide, evaluateImage, type PolicyEngine } from '@pratique/policy';
import type { BlobStore } from '../../blobs/store.ts';
import { asSystem, type Db } from '../../db/connect.ts';
import { readAccountBundle } from '../../gate/account-policy.ts';
import { approvalIsAhead } from '../../gate/approvals.ts';
import { buildReview } from '../../gate/build-review.ts';
import { type GateInputs, readCurrentInputs, readScannedSnapshot, sameRules } from '../../gate/current-inputs.ts';
import { exceptViolations, readActiveExceptions } from '../../gate/exceptions.ts';
import { storeVerdict } from '../../gate/store-verdict.ts';
import { readVendorEvidence, trustVendor } from '../../gate/vendor-evidence.ts';
import { type PlatformManifest, readPlatforms } from '../../inventory/platforms.ts';
import type { Repository } from '../../registry/cache.ts';
import { PermanentStepError, type StepWork } from '../run-step.ts';

export type GateDeps = { db: Db; store: BlobStore; engine: PolicyEngine; validDays: number; now: () => Date };

/** Decides every platform; the subject's verdict is the worst of them. */
export function gateStep(deps: GateDeps): StepWork {
  return async ({ repository, digest, runId, name }) => {
    const prepared = await asSystem(deps.db, async (tx) => ({
      inputs: await readCurrentInputs(tx, repository.accountId),
      bundle: await readAccountBundle(tx, repository.accountId),
      platforms: await readPlatforms(tx, repository.repositoryId, digest),
    }));
    const { inputs: current, bundle, platforms } = prepared;
    if (!current || !bundle || current.bundle !== bundle.digest)
      throw new Error('policies, advisories or catalogers are not ready yet');
    if (platforms.length === 0)
      throw new PermanentStepError(`${digest} is no longer in ${repository.account}/${repository.name}`);
    // What the findings really come from: advisories may have changed since the scan.
    const snapshot = await asSystem(deps.db, (tx) =>
      readScannedSnapshot(
        tx,
        platforms.map((one) => one.digest),
      ),
    );
    const inputs: GateInputs = { ...current, snapshot: snapshot ?? current.snapshot };
    const decided: { digest: string; violations: Violation[] }[] = [];
    for (const platform of platforms)
      decided.push({ digest: platform.digest, violations: await judge(deps, repository, bundle.bundle, platform) });
    const whole = decide(decided.flatMap((one) => one.violations));
    const summary = whole.decision === 'allow' ? allowedSentence(whole.reasons) : deniedSentence(whole.reasons);
    return {
      state: whole.decision === 'allow' ? 'succeeded' : 'denied',
      summary,
      result: { decision: whole.decision },
      async commit(tx) {
        // A verdict is never recorded under rules that it was not decided by; the step is soon tried again.
        if (!sameRules(inputs, await readCurrentInputs(tx, repository.accountId)))
          throw new Error('policies, exceptions or trust changed while this was decided; it is decided again');
        const pending = whole.decision === 'allow' && (await approvalIsAhead(tx, runId, name));
        const verdict = (of: string, decision: ReturnType<typeof decide>) => ({
          digest: of,
          ...decision,
          inputs,
          inputHash: canonicalDigest({ digest: of, ...inputs }),
          runId,
          validDays: deps.validDays,
          pending,
        });
        // Children first: whoever sees the verdict of the index finds theirs.
        for (const one of decided)
          if (one.digest !== digest) await storeVerdict(tx, repository, verdict(one.digest, decide(one.violations)));
        await storeVerdict(tx, repository, verdict(digest, whole));
      },
    };
  };
}

async function judge(
  deps: GateDeps,
  repository: Repository,
  bundle: Bundle,
  platform: PlatformManifest,
): Promise<Violation[]> {
  const { review, exceptions, vendor } = await asSystem(deps.db, async (tx) => {
    const exceptions = await readActiveExceptions(tx, repository.accountId);
    return {
      exceptions,
      review: await buildReview(tx, deps.store, repository, platform, exceptions, deps.now()),
      vendor: await readVendorEvidence(tx, repository, platform.digest),
    };
  });
  const violations = await evaluateImage(deps.engine, bundle, review);
  const afterExceptions = exceptViolations(exceptions, repository.name, violations);
  return vendor ? trustVendor(vendor, afterExceptions) : afterExceptions;
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
