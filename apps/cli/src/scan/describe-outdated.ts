/** What an upgrade from the distribution's own suites would bring, in text: not holes, and said so. */
import type { ImageScan } from '@pratique/contract';
import { formatTable, visible } from '../text.ts';

const MAX_OUTDATED = 10;

/** @param all each package; otherwise a few, and how many more there are */
export async function describeOutdated(scan: ImageScan, all: boolean): Promise<string[]> {
  const system = scan.packages.filter((one) => one.type === 'deb');
  if (system.length === 0) return [];
  const sources = scan.candidates;
  if (sources === undefined) return []; // nobody looked
  if (sources.length === 0)
    return ['', "What the distribution's suites offer now is not known (pratique advisories status)."];
  const from = sources.map(
    ({ release, architecture, date }) =>
      `${visible(release)} ${visible(architecture)} ${date === null ? 'of an unknown day' : `of ${date.slice(0, 10)}`}`,
  );
  const fixed = new Set(scan.findings.flatMap((one) => (one.fixCandidate ? one.package.purl : []))).size;
  const lines = ['', `The distribution's suites now (${from.join(', ')}) have fixes for ${packages(fixed)}.`];
  const strange = system.filter((one) => one.candidate == null).length;
  if (strange > 0) lines.push(`Of ${packages(strange)} they have none: newer ones may be elsewhere.`);
  const { outdatedPackages } = await import('@pratique/scan/candidates/outdated');
  const outdated = outdatedPackages(scan);
  if (outdated.length === 0) return lines;
  const shown = all ? outdated : outdated.slice(0, MAX_OUTDATED);
  lines.push(
    '',
    `Outdated, not holes: the suites have a newer version of ${packages(outdated.length)} that no fix explains:`,
    formatTable(
      ['  PACKAGE', 'INSTALLED', 'NEWER'],
      shown.map((one) => [`  ${visible(one.name)}`, visible(one.version), one.candidate ?? '']),
    ),
  );
  if (shown.length < outdated.length) lines.push(`  … and ${outdated.length - shown.length} more (--all has all)`);
  return lines;
}

const packages = (count: number): string => `${count} ${count === 1 ? 'package' : 'packages'}`;
