/** Judges an image by the account's policies as they are now; the chain's gate and the renewal of verdicts both ask here. */
import type { Decision, Reason, Violation } from '@pratique/contract';
import { decide, evaluateImage, type PolicyEngine } from '@pratique/policy';
import { asSystem } from '../db/connect.ts';
import type { Repository } from '../registry/cache.ts';
import { revokedViolation } from '../revocation/read-revocation.ts';
import { namesOf, type VexInForce } from '../vex/in-force.ts';
import { buildReview } from './build-review.ts';
import { examinedRevision, type GateInputs, scannedSnapshot } from './current-inputs.ts';
import { exceptViolations } from './exceptions.ts';
import { applyGrace, endOfGrace } from './grace.ts';
import { type PlatformFacts, readSubjects, type SubjectFacts } from './read-subjects.ts';
import { type ReceiverTrustDeps, receiverTrust } from './receiver-trust.ts';
import type { RuleCaches, Rules } from './rules.ts';
import { readVendorEvidence, trustVendor } from './vendor-evidence.ts';

export type JudgeDeps = ReceiverTrustDeps & RuleCaches & { engine: PolicyEngine; now: () => Date };

export type Ruling = {
  digest: string;
  decision: Decision;
  reasons: Reason[];
  /** When a time of grace ends and the decision may turn; null when none runs. */
  reviewAt: Date | null;
  revoked: boolean;
};

export type Judgement = {
  inputs: GateInputs;
  whole: Ruling;
  /** Of an index, its platforms; of an image, itself alone. */
  platforms: Ruling[];
};

/**
 * The ruling on every platform, and on the whole: the worst of them.
 * @returns null when the image is no longer in the repository
 * @throws PolicyError when the engine cannot answer
 */
export async function judgeSubject(
  deps: JudgeDeps,
  rules: Rules,
  repository: Repository,
  digest: string,
): Promise<Judgement | null> {
  const [facts] = await asSystem(deps.db, (tx) => readSubjects(tx, rules.accountId, [{ repository, digest }]));
  return facts ? judgeFacts(deps, rules, facts) : null;
}

/** As `judgeSubject`, of what was read already. */
export async function judgeFacts(deps: JudgeDeps, rules: Rules, facts: SubjectFacts): Promise<Judgement | null> {
  const { repository, digest, platforms, revocation } = facts;
  if (platforms.length === 0) return null;
  // Signatures are of the subject as it was delivered; what it fails, its platforms fail.
  const distrust = facts.delivered ? await receiverTrust(deps, repository, digest) : [];
  const rulings: Ruling[] = [];
  const all: Violation[] = [];
  for (const platform of platforms) {
    const stated = applyVex(deps.publicUrl, rules.vex, facts, platform);
    const violations = [...(await judgePlatform(deps, rules, repository, stated)), ...distrust];
    rulings.push(rule(platform.digest, violations));
    all.push(...violations);
  }
  // An image is its own platform, and says it there.
  if (revocation && !platforms.some((platform) => platform.digest === digest)) all.push(revokedViolation(revocation));
  // What the findings really come from: advisories may have changed since the scan.
  const snapshot = scannedSnapshot(platforms) ?? rules.inputs.snapshot;
  const inputs = { ...rules.inputs, snapshot, contents: examinedRevision(platforms) };
  return { inputs, whole: rule(digest, all), platforms: rulings };
}

async function judgePlatform(
  deps: JudgeDeps,
  rules: Rules,
  repository: Repository,
  facts: PlatformFacts,
): Promise<Violation[]> {
  const now = deps.now();
  const review = await buildReview(deps.store, repository, facts, rules.exceptions, now);
  const violations = applyGrace(await evaluateImage(deps.engine, rules.bundle, review), now);
  const excepted = exceptViolations(rules.exceptions, repository.name, violations);
  const vendor = facts.delivered
    ? await asSystem(deps.db, (tx) => readVendorEvidence(tx, repository, facts.digest))
    : null;
  const judged = vendor ? trustVendor(vendor, excepted) : excepted;
  // Last, and after all that softens: neither an exception nor a vendor's word outweighs a revocation.
  return facts.revocation ? [...judged, revokedViolation(facts.revocation)] : judged;
}

/** Findings as those who know the product state them: about the platform, or about the index that lists it. */
function applyVex(
  publicUrl: string,
  vex: VexInForce,
  { repository, digest }: SubjectFacts,
  platform: PlatformFacts,
): PlatformFacts {
  const stated = vex.of(repository.repositoryId, [platform.digest, digest]);
  const names = namesOf(publicUrl, repository, platform.tags);
  return { ...platform, findings: stated(platform.findings, { names, digest: platform.digest }) };
}

function rule(digest: string, violations: readonly Violation[]): Ruling {
  return {
    digest,
    ...decide(violations),
    reviewAt: endOfGrace(violations),
    revoked: violations.some((violation) => violation.details['revocation'] !== undefined),
  };
}
