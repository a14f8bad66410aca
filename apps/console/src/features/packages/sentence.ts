/** The state of a package in a sentence. */
import type { PackagePage } from '@pratique/contract';
import type { Catalogue } from '../../catalogue/catalogue.ts';

/** What is not known is said before what is: a package without findings is clean only where somebody answers for it. */
export function sentenceOf(
  { findings, uncovered, versions, fixable, exploited, holders, fixedVersion }: PackagePage,
  text: Catalogue['packages'],
  number: (value: number) => string,
): string {
  const total = Object.values(findings).reduce((sum, count) => sum + count, 0);
  const where = text.where(number(versions), number(holders.images), number(holders.containers));
  const unknown = uncovered > 0 ? [text.uncovered(number(uncovered), number(versions))] : [];
  if (total === 0) return [where, ...(uncovered > 0 ? unknown : [text.clean])].join(' ');
  const known = exploited > 0 ? text.exploited(number(total), number(exploited)) : text.affected(number(total));
  const way =
    fixable === 0
      ? text.noFix
      : fixedVersion === null
        ? text.fixes(number(fixable))
        : text.fixesBy(number(fixable), fixedVersion);
  return [where, known, way, ...unknown].join(' ');
}
