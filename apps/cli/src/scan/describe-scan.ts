/** A scan in text. */
import type { ImageScan, RankedFinding } from '@pratique/contract';
import { formatTable, shorten, visible } from '../text.ts';
import { describeContents } from './describe-contents.ts';
import { describeOutdated } from './describe-outdated.ts';

/** Narrower than this a title tells nothing. */
const MIN_TITLE = 24;
const MAX_UPGRADES = 10;

/**
 * @param width columns of the terminal; null where nobody looks, and nothing is cut
 * @param all also all that is merely old
 */
export async function describeScan(scan: ImageScan, width: number | null, all = false): Promise<string> {
  const lines = [
    `${scan.image.reference}: ${[
      scan.image.distribution?.name ?? 'no distribution',
      `${scan.packages.length} packages`,
      `${scan.findings.length} findings`,
      ...(scan.secrets ? [`${scan.secrets.length} secrets`] : []),
      ...(scan.malware ? [`${scan.malware.length} matches of malware`] : []),
      ...(scan.baseline ? [`${scan.baseline.filter((one) => one.status === 'failed').length} failed checks`] : []),
    ].join(', ')}`,
  ];
  lines.push(...describeContents(scan, width));
  if (scan.findings.length > 0) lines.push('', findingTable(scan.findings, width));
  lines.push(...(await describeUpgrades(scan)));
  lines.push(...(await describeOutdated(scan, all)));
  if (scan.uncovered.length > 0)
    lines.push(
      '',
      'No advisories are at hand for:',
      ...scan.uncovered.map((one) => `  ${visible(one.ecosystem)}: ${one.packages} packages (${visible(one.reason)})`),
    );
  if (scan.missing.length > 0)
    lines.push(
      '',
      'Not examined, so the result is partial:',
      ...scan.missing.slice(0, 20).map((one) => `  ${one.what} ${visible(one.path)}: ${visible(one.detail)}`),
      ...(scan.missing.length > 20 ? [`  … and ${scan.missing.length - 20} more`] : []),
    );
  return lines.join('\n');
}

function findingTable(findings: readonly RankedFinding[], width: number | null): string {
  const head = ['PRIORITY', 'ID', 'SEVERITY', 'PACKAGE', 'INSTALLED', 'FIXED IN', 'STATUS'];
  const rows = findings.map((f) => [
    String(f.priority.score),
    f.exploited ? `${f.id} (exploited)` : f.id,
    f.severity,
    width === null ? f.package.name : shorten(f.package.name, 32),
    width === null ? f.package.version : shorten(f.package.version, 28),
    f.fixedVersion === null ? '–' : width === null ? f.fixedVersion : shorten(f.fixedVersion, 28),
    f.status,
  ]);
  if (width === null) return formatTable(head, rows);
  const taken =
    Math.max(
      ...formatTable(head, rows)
        .split('\n')
        .map((line) => line.length),
    ) + 2;
  if (width - taken < MIN_TITLE) return formatTable(head, rows);
  return formatTable(
    [...head, 'TITLE'],
    rows.map((row, at) => [...row, shorten(findings[at]?.title ?? '', width - taken)]),
  );
}

async function describeUpgrades(scan: ImageScan): Promise<string[]> {
  if (!scan.findings.some((finding) => finding.fixedVersion !== null)) return [];
  const { groupByUpgrade } = await import('@pratique/scan/report/upgrades');
  const groups = groupByUpgrade(scan.findings, scan.packages);
  const rows = groups
    .slice(0, MAX_UPGRADES)
    .map(({ name, packages, to, ids, score }) => [
      `  ${name}`,
      packages[0]?.version ?? '',
      to ?? 'several',
      String(ids.length),
      String(score),
    ]);
  const more = groups.length > MAX_UPGRADES ? [`  … and ${groups.length - MAX_UPGRADES} more`] : [];
  return [
    '',
    'Upgrades that clear most:',
    formatTable(['  PACKAGE', 'INSTALLED', 'UPGRADE TO', 'CLEARS', 'PRIORITY'], rows),
    ...more,
  ];
}
