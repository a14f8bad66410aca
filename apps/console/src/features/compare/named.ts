/** Images as people name them within an account. */
import type { ImageRow } from '@pratique/contract';

export type Named = { repository: string; reference: string };

/** `web/shop:v1` or `web/shop@sha256:...`. */
export function nameOf({ repository, reference }: Named): string {
  return `${repository}${reference.startsWith('sha256:') ? '@' : ':'}${reference}`;
}

/** @returns null for what names no image; without a tag it is `latest` */
export function parseName(text: string): Named | null {
  const name = text.trim();
  const [digested = '', digest] = name.split('@');
  if (digest !== undefined)
    return digested === '' || digest === '' ? null : { repository: digested, reference: digest };
  const colon = name.lastIndexOf(':');
  const repository = colon < 0 ? name : name.slice(0, colon);
  const reference = colon < 0 ? 'latest' : name.slice(colon + 1);
  return repository === '' || reference === '' ? null : { repository, reference };
}

/**
 * The tags of a repository that name other bytes, with the one that was pushed just before the image first.
 *
 * @param rows of the repository, the newest first
 */
export function othersOf(
  rows: readonly ImageRow[],
  image: { repository: string; digest: string; pushedAt: string },
): ImageRow[] {
  const others = rows.filter((row) => row.repository === image.repository && row.digest !== image.digest);
  const at = Date.parse(image.pushedAt);
  const earlier = others.filter((row) => Date.parse(row.pushedAt) <= at);
  const later = others.filter((row) => Date.parse(row.pushedAt) > at);
  return [...earlier, ...later.toReversed()];
}
