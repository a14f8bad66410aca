/** Judges an image by the account's policies as they are now; the chain's gate and the renewal of verdicts both ask here. */
import type { Decision, Reason, Violation } from '@pratique/contract';
import { type Bundle, decide, evaluateImage, type PolicyEngine } from '@pratique/policy';
import type { BlobStore } from '../blobs/store.ts';
import { asSystem, type Db } from '../db/connect.ts';
import { type PlatformManifest, readPlatforms } from '../inventory/platforms.ts';
import type { Repository } from '../registry/cache.ts';
import { readRevocation, revokedViolation } from '../revocation/read-revocation.ts';
import { readAccountBundle } from './account-policy.ts';
import { buildReview } from './build-review.ts';
import { type GateInputs, readCurrentInputs, readScannedSnapshot } from './current-inputs.ts';
import { exceptViolations, readActiveExceptions } from './exceptions.ts';
import { applyGrace, endOfGrace } from './grace.ts';
import { type ReceiverTrustDeps, receiverTrust } from './receiver-trust.ts';
import { readVendorEvidence, trustVendor } from './vendor-evidence.ts';

export type JudgeDeps = ReceiverTrustDeps & { db: Db; store: BlobStore; engine: PolicyEngine; now: () => Date };

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
 * @throws Error while policies, advisories or catalogers are not ready; PolicyError when the engine cannot answer
 */
export async function judgeSubject(deps: JudgeDeps, repository: Repository, digest: string): Promise<Judgement | null> {
  const { current, bundle, platforms, revocation } = await asSystem(deps.db, async (tx) => ({
    current: await readCurrentInputs(tx, repository.accountId),
    bundle: await readAccountBundle(tx, repository.accountId),
    platforms: await readPlatforms(tx, repository.repositoryId, digest),
    revocation: await readRevocation(tx, repository, digest),
  }));
  if (!current || !bundle || current.bundle !== bundle.digest)
    throw new Error('policies, advisories or catalogers are not ready yet');
  if (platforms.length === 0) return null;
  // What the findings really come from: advisories may have changed since the scan.
  const digests = platforms.map((one) => one.digest);
  const snapshot = await asSystem(deps.db, (tx) => readScannedSnapshot(tx, digests));
  // Signatures are of the subject as it was delivered; what it fails, its platforms fail.
  const distrust = await receiverTrust(deps, repository, digest);
  const rulings: Ruling[] = [];
  const all: Violation[] = [];
  for (const platform of platforms) {
    const violations = [...(await judgePlatform(deps, repository, bundle.bundle, platform)), ...distrust];
    rulings.push(rule(platform.digest, violations));
    all.push(...violations);
  }
  if (revocation) all.push(revokedViolation(revocation));
  return {
    inputs: { ...current, snapshot: snapshot ?? current.snapshot },
    whole: rule(digest, all),
    platforms: rulings,
  };
}

async function judgePlatform(
  deps: JudgeDeps,
  repository: Repository,
  bundle: Bundle,
  platform: PlatformManifest,
): Promise<Violation[]> {
  const now = deps.now();
  const { review, exceptions, vendor, revocation } = await asSystem(deps.db, async (tx) => {
    const exceptions = await readActiveExceptions(tx, repository.accountId);
    return {
      exceptions,
      review: await buildReview(tx, deps.store, repository, platform, exceptions, now),
      vendor: await readVendorEvidence(tx, repository, platform.digest),
      revocation: await readRevocation(tx, repository, platform.digest),
    };
  });
  const violations = applyGrace(await evaluateImage(deps.engine, bundle, review), now);
  const excepted = exceptViolations(exceptions, repository.name, violations);
  const judged = vendor ? trustVendor(vendor, excepted) : excepted;
  // Last, and after all that softens: neither an exception nor a vendor's word outweighs a revocation.
  return revocation ? [...judged, revokedViolation(revocation)] : judged;
}

function rule(digest: string, violations: readonly Violation[]): Ruling {
  return {
    digest,
    ...decide(violations),
    reviewAt: endOfGrace(violations),
    revoked: violations.some((violation) => violation.details['revocation'] !== undefined),
  };
}
