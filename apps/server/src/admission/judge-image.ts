/** One image of a pod: may it run in this cluster? Reads as the rule does, and everything unforeseen is a no. */

import type { ForeignImages } from '../foreign/foreign-images.ts';
import type { ClusterEntry } from './clusters.ts';
import { type ImageName, readImageName } from './image-name.ts';
import { judgeForeign } from './judge-foreign.ts';
import type { VerdictFeed } from './verdict-feed.ts';

export type ImageJudgement = {
  reference: string;
  digest: string | null;
  /** `HOST/ACCOUNT/NAME@DIGEST`, for pinning; null when it could not be resolved. */
  pinned: string | null;
  /** Whether the name already carries the digest. */
  isPinned: boolean;
  /** null: allowed. */
  reason: string | null;
  /** The reason is only that it is not known yet, and will be without anybody's doing. */
  isUndecided?: true;
};

export type ResolvedName = {
  repositoryId: string;
  digest: string /** What the tag names, where one was given. */;
  tagDigest: string | null;
};

export type ImageLookup = {
  /** Repository and digest that the name means for an account, or null when there is nothing for it. */
  resolve(account: string, repository: string, tag: string | null, digest: string | null): Promise<ResolvedName | null>;
};

export type JudgeDeps = {
  hosts: ReadonlySet<string>;
  lookup: ImageLookup;
  verdicts: VerdictFeed;
  foreign: ForeignImages;
};

export async function judgeImage(deps: JudgeDeps, cluster: ClusterEntry, reference: string): Promise<ImageJudgement> {
  const refuse = (
    reason: string,
    digest: string | null = null,
    pinned: string | null = null,
    isPinned = false,
  ): ImageJudgement => ({ reference, digest, pinned, isPinned, reason });
  const name: ImageName = readImageName(reference, deps.hosts);
  if (name.outcome === 'invalid') return refuse(`${quote(reference)} is no image name: ${name.message}`);
  if (name.outcome === 'foreign') return judgeForeign(deps.foreign, cluster, reference, name.image);
  const { account, repository, tag, digest } = name.image;
  const shown = `${account}/${repository}${tag ? `:${tag}` : ''}${digest ? `@${digest}` : ''}`;
  // Another account's image is answered like one that does not exist, by the same words.
  const found = account === cluster.account ? await deps.lookup.resolve(account, repository, tag, digest) : null;
  if (!found)
    return refuse(`there is no image ${shown} that ${cluster.account} may pull. Look with: pratique status ${shown}`);
  const host = reference.slice(0, reference.indexOf('/'));
  const pinned = `${host}/${account}/${repository}@${found.digest}`;
  const isPinned = digest !== null;
  if (digest !== null && found.tagDigest !== null && found.tagDigest !== digest)
    return refuse(
      `${shown} names two images: the tag ${tag} is ${found.tagDigest}. Name one of them`,
      digest,
      pinned,
      isPinned,
    );
  if (deps.verdicts.allows(found.repositoryId, found.digest))
    return { reference, digest: found.digest, pinned, isPinned, reason: null };
  const verdict = await deps.verdicts.read(found.repositoryId, found.digest);
  const explain = `Explain with: pratique status ${account}/${repository}@${found.digest}`;
  const denied = (why: string) =>
    refuse(`${shown} (${found.digest}) ${why}. ${explain}`, found.digest, pinned, isPinned);
  if (!verdict) return denied('has no verdict yet; its chain has not passed the gate');
  if (verdict.state === 'revoked') return denied(`was ${verdict.reasons[0] ?? 'revoked'}`);
  if (verdict.decision === 'deny') return denied(`was refused by the gate: ${summarise(verdict.reasons)}`);
  if (verdict.state === 'pending') return denied('passed the gate, but waits for approval');
  if (verdict.state !== 'valid') return denied(`has a verdict that is ${verdict.state}`);
  if (verdict.validUntil <= Date.now())
    return denied(`has a verdict that expired at ${new Date(verdict.validUntil).toISOString()}`);
  return { reference, digest: found.digest, pinned, isPinned, reason: null };
}

function summarise(reasons: readonly string[]): string {
  const shown = reasons.slice(0, 5).join('; ');
  return reasons.length > 5 ? `${shown}; and ${reasons.length - 5} more reasons` : shown;
}

const quote = (text: string) => JSON.stringify(text.slice(0, 200));
