/** What policies are shown of an image's contents, with the exceptions that cover it. */
import type { ReviewContents } from '@pratique/contract';
import { type ActiveException, contentExceptions } from './exceptions.ts';
import type { PlatformFacts } from './read-subjects.ts';

/** Of each list. What is covered by an exception is left out first, so that nothing else hides behind it. */
const MAX_SHOWN = 1000;

/** @returns null where the contents were not examined */
export function reviewContents(
  { examination, contents }: Pick<PlatformFacts, 'examination' | 'contents'>,
  exceptions: readonly ActiveException[],
  repository: string,
): ReviewContents | null {
  if (!examination || !contents) return null;
  const { ofSecret, ofMalware, ofCheck } = contentExceptions(exceptions, repository);
  return {
    revision: examination.revision,
    counts: examination.counts,
    secrets: shown(contents.secrets.map((one) => ({ ...one, exception: ofSecret(one) }))),
    malware: shown(contents.malware.map((one) => ({ ...one, exception: ofMalware(one) }))),
    baseline: shown(contents.checks.map((one) => ({ ...one, exception: ofCheck(one.id) }))),
    unexamined: contents.unexamined,
  };
}

function shown<T extends { exception: string | null }>(all: readonly T[]): T[] {
  if (all.length <= MAX_SHOWN) return [...all];
  const open = all.filter((one) => one.exception === null);
  return [...open, ...all.filter((one) => one.exception !== null)].slice(0, MAX_SHOWN);
}
