/** One image of another registry: may it run? Answers from what was examined before, and never waits for that registry. */
import { type CanonicalImage, matchRules, refuseName } from '@pratique/sign';
import type { ForeignImages } from '../foreign/foreign-images.ts';
import type { ForeignRow } from '../foreign/foreign-rows.ts';
import { referenceOf } from '../foreign/run-examination.ts';
import type { ClusterEntry } from './clusters.ts';
import type { ImageJudgement } from './judge-image.ts';

/** @param reference the name as the pod has it */
export async function judgeForeign(
  foreign: ForeignImages,
  cluster: ClusterEntry,
  reference: string,
  image: CanonicalImage,
): Promise<ImageJudgement> {
  const isPinned = image.digest !== null;
  const refuse = (reason: string, digest: string | null = image.digest): ImageJudgement => ({
    reference,
    digest,
    pinned: digest === null ? null : `${image.name}@${digest}`,
    isPinned,
    reason,
  });
  const policy = await foreign.policy(cluster.accountId);
  const rules = policy ? matchRules(policy, image) : [];
  if (!policy || rules.length === 0) return refuse(noRule(cluster.account, reference, image.name, policy !== null));
  const byName = refuseName(rules, image);
  if (byName) return refuse(`${reference} is refused: ${byName}`);
  const key = { accountId: cluster.accountId, name: image.name, reference: referenceOf(image) };
  const row = await foreign.ask(key, policy.version);
  if (!row)
    return refuse(
      `${reference} cannot be examined: ${cluster.account} has too many images of other registries under examination`,
    );
  const explain = `Explain with: pratique trust test ${cluster.account} ${reference}`;
  if (row.state === 'trusted' && row.policyVersion === policy.version && row.digest !== null && isValid(row))
    return { reference, digest: row.digest, pinned: `${image.name}@${row.digest}`, isPinned, reason: null };
  if (row.policyVersion !== policy.version || row.state === 'examining' || row.state === 'trusted')
    return { ...refuse(`${reference} is being examined; try again in a moment`, row.digest), isUndecided: true };
  if (row.state === 'unreachable')
    return refuse(`${reference} could not be examined: ${summarise(row)}. It is tried again; ${explain}`);
  return refuse(
    `${reference} is refused by the trust policy of ${cluster.account}: ${summarise(row)}. ${explain}`,
    row.digest,
  );
}

const isValid = (row: ForeignRow): boolean => (row.validUntil?.getTime() ?? 0) > Date.now();

function summarise({ reasons }: ForeignRow): string {
  const shown = reasons.slice(0, 3).join('; ').slice(0, 1500);
  return reasons.length > 3 ? `${shown}; and ${reasons.length - 3} more reasons` : shown;
}

function noRule(account: string, reference: string, name: string, hasPolicy: boolean): string {
  const why = hasPolicy ? `no rule of ${account}’s trust policy is about ${name}` : `${account} has no trust policy`;
  return `${reference} is in another registry, and ${why}, so nobody’s signature on it counts. Say whose does with: pratique trust set ${account} FILE (pratique trust example shows one); or copy it in with: pratique copy ${reference} ${account}/NAME:TAG`;
}
