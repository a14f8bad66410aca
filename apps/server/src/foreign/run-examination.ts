/** The job that examines one name and records what it found, with its event, in one transaction. */
import { isDigest } from '@pratique/contract';
import { type CanonicalImage, canonicalImage, compileTrustPolicy, namedAccounts } from '@pratique/sign';
import type { Logger } from 'pino';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { appendEvent } from '../feed/append-event.ts';
import type { OutboundGuard } from '../outbound/check-target.ts';
import type { Signer } from '../signer/client.ts';
import { readKeysForJudging } from './account-keys.ts';
import { type Examination, type ExamineLimits, examine } from './examine.ts';
import { type Finding, type ForeignKey, noteDigest, recordFinding } from './foreign-rows.ts';
import { createFindCredentials } from './registry-credentials.ts';
import { readTrustPolicy } from './trust-policy-store.ts';

export type ExaminationDeps = {
  db: Db;
  guard: OutboundGuard;
  signer: Pick<Signer, 'open'>;
  log: Logger;
  limits?: ExamineLimits;
};

/** What a tag means may change at any time; a digest only by what is attached to it. */
const TAG = { validForS: 3600, nextInS: 300 };
const DIGEST = { validForS: 86_400, nextInS: 43_200 };
/** Whoever signed it just now tries again soon. */
const REFUSED_AGAIN_S = 10;
const UNREACHABLE_AGAIN_S = 15;

export async function runExamination(deps: ExaminationDeps, key: ForeignKey): Promise<void> {
  const { db, log } = deps;
  const image = imageOf(key);
  const prepared = await asSystem(db, async (tx) => {
    const stored = await readTrustPolicy(tx, key.accountId);
    if (!stored) return null;
    const keys = await readKeysForJudging(tx, key.accountId, namedAccounts(stored.policy));
    return { version: stored.version, policy: compileTrustPolicy(stored.policy, keys) };
  });
  if (!prepared) return; // admission refuses by itself where there is no policy
  const credentials = createFindCredentials(db, deps.signer, key.accountId);
  const found = await examine({ ...deps, credentials }, prepared.policy, image);
  if (found.outcome === 'unreachable')
    log.info({ name: key.name, reasons: found.reasons }, 'a registry could not be asked');
  await asSystem(db, async (tx) => {
    await record(tx, key, image, found, prepared.version);
    const digestKey = { ...key, reference: found.outcome === 'trusted' ? found.digest : '' };
    if (found.outcome !== 'trusted' || digestKey.reference === key.reference) return;
    await noteDigest(tx, digestKey);
    // A tag rule that asks for a digest or other tags is about how it is named; by its digest alone it is trusted.
    await record(tx, digestKey, { ...image, tag: null, digest: found.digest }, found, prepared.version);
  });
}

async function record(
  tx: Tx,
  key: ForeignKey,
  image: CanonicalImage,
  found: Examination,
  policyVersion: number,
): Promise<void> {
  const finding = toFinding(found, image, policyVersion);
  const recorded = await recordFinding(tx, key, finding);
  if (!recorded?.changed) return;
  await appendEvent(tx, {
    accountId: key.accountId,
    subject: `foreign-image/${key.name}@${key.reference}`,
    type: `foreign-image.${recorded.row.state}`,
    data: {
      name: key.name,
      reference: key.reference,
      digest: recorded.row.digest,
      state: recorded.row.state,
      reasons: recorded.row.reasons.slice(0, 5),
      policyVersion,
    },
  });
}

function toFinding(found: Examination, image: CanonicalImage, policyVersion: number): Finding {
  const times = image.digest === null ? TAG : DIGEST;
  const shared = { policyVersion, ...times };
  if (found.outcome === 'trusted')
    return { ...shared, state: 'trusted', digest: found.digest, reasons: [], rules: found.rules };
  const again = found.outcome === 'unreachable' ? UNREACHABLE_AGAIN_S : REFUSED_AGAIN_S;
  if (found.outcome === 'refused')
    return {
      ...shared,
      nextInS: again,
      state: 'refused',
      digest: found.digest,
      reasons: found.reasons.slice(0, 20).map((reason) => reason.slice(0, 2000)),
      rules: found.rules,
    };
  const reasons = found.outcome === 'unreachable' ? found.reasons : [`no rule is about ${image.name} any more`];
  const state = found.outcome === 'unreachable' ? ('unreachable' as const) : ('refused' as const);
  return {
    ...shared,
    nextInS: again,
    state,
    digest: null,
    reasons: reasons.map((reason) => reason.slice(0, 2000)),
    rules: [],
  };
}

/** How a name, a tag and a digest are kept: `tag`, `digest` or `tag@digest`. */
export function referenceOf({ tag, digest }: Pick<CanonicalImage, 'tag' | 'digest'>): string {
  if (digest === null) return tag ?? 'latest';
  return tag === null ? digest : `${tag}@${digest}`;
}

function imageOf({ name, reference }: ForeignKey): CanonicalImage {
  return canonicalImage(isDigest(reference) ? `${name}@${reference}` : `${name}:${reference}`);
}
