/** Which images a constraint of the target `image.pratique.dev` is about. */
import type { ImageReview } from '@pratique/contract';
import { z } from 'zod';
import { matchesPath } from './wildcard.ts';

const Patterns = z.array(z.string().min(1).max(300)).max(200);

/** All given fields must agree; an empty match is every image. `*` matches within a path segment, `**` across. */
export const ImageMatch = z.strictObject({
  accounts: Patterns.optional(),
  excludedAccounts: Patterns.optional(),
  repositories: Patterns.optional(),
  excludedRepositories: Patterns.optional(),
});
export type ImageMatch = z.infer<typeof ImageMatch>;

/** True when the constraint is about the image. */
export function matchesImage(match: ImageMatch, image: Pick<ImageReview['image'], 'account' | 'repository'>): boolean {
  const among = (patterns: string[] | undefined, text: string) =>
    patterns?.some((pattern) => matchesPath(pattern, text));
  if (among(match.accounts, image.account) === false || among(match.repositories, image.repository) === false)
    return false;
  return !among(match.excludedAccounts, image.account) && !among(match.excludedRepositories, image.repository);
}
