/** One hole in one image: the packages, the advisories, the comparisons and the priority, or why there is nothing. */
import { resolve } from 'node:path';
import type { ImageScan, RankedFinding } from '@pratique/contract';
import type { HoleReason } from '@pratique/scan';
import type { Context } from '../context.ts';
import { visible } from '../text.ts';
import { defaultStore } from './advisories.ts';
import { type ScanOptions, scanSubject } from './scan-subject.ts';

export type ExplainedHole = {
  id: string;
  image: ImageScan['image'];
  /** What was found, each with its evidence and its priority. */
  findings: RankedFinding[];
  /** Every package of the image that an advisory of this name is about, affected or not. */
  considered: HoleReason[];
  /** What was not examined, or nothing is known of: the hole may be there. */
  unknown: string[];
};

/** @throws CliError usage; OciError and ScanError for what cannot be read */
export async function explainFinding(
  context: Context,
  subject: string,
  id: string,
  options: ScanOptions,
): Promise<ExplainedHole> {
  const scan = await scanSubject(context, subject, { ...options, all: true });
  const { ensureSeed, explainHole, openAdvisoryStore } = await import('@pratique/scan');
  const db = options.db === undefined ? defaultStore(context) : resolve(context.cwd, options.db);
  if (options.db === undefined) await ensureSeed(db);
  const store = await openAdvisoryStore(db);
  const considered = explainHole(scan.packages, scan.image.distribution, store, id);
  store.close();
  const wanted = id.toUpperCase();
  return {
    id,
    image: scan.image,
    findings: scan.findings.filter((one) => [one.id, ...one.aliases].some((name) => name.toUpperCase() === wanted)),
    considered,
    unknown: [
      ...scan.uncovered.map((one) => `${one.ecosystem}: ${one.packages} packages, ${one.reason}`),
      ...scan.missing.map((one) => `${one.what} ${one.path}: ${one.detail}`),
    ],
  };
}

export function describeHole({ id, image, findings, considered, unknown }: ExplainedHole): string {
  const lines = [`${visible(id)} in ${visible(image.reference)}: ${summary(findings, considered)}`];
  for (const finding of findings) lines.push('', ...describeFinding(finding, considered));
  const clean = considered.filter((reason) => reason.affected === false);
  if (clean.length > 0)
    lines.push(
      '',
      'Not affected',
      ...clean
        .slice(0, 20)
        .map(
          (one) =>
            `  ${one.package.name} ${one.package.version}: ${visible(one.sentence)}; ${one.source} ${one.advisory}`,
        ),
    );
  if (unknown.length > 0)
    lines.push(
      '',
      'Not known',
      ...unknown.slice(0, 10).map((line) => `  ${visible(line)}`),
      ...(unknown.length > 10 ? [`  … and ${unknown.length - 10} more (--json has all)`] : []),
    );
  return lines.join('\n');
}

function summary(findings: readonly RankedFinding[], considered: readonly HoleReason[]): string {
  const open = findings.filter((finding) => finding.status !== 'not-affected').length;
  if (open > 0) return `${open} ${open === 1 ? 'package has' : 'packages have'} it`;
  if (considered.length > 0 || findings.length > 0) return 'no package has it';
  return 'no advisory of that name is about a package of it';
}

function describeFinding(finding: RankedFinding, considered: readonly HoleReason[]): string[] {
  const { package: of, evidence, priority } = finding;
  const found = considered.find((one) => one.package.purl === of.purl)?.package;
  const lines = [
    `${of.name} ${of.version} (${of.type})  ${finding.status}${finding.fixedVersion === null ? '' : `, fixed in ${finding.fixedVersion}`}`,
    `  known as    ${[finding.id, ...finding.aliases].map(visible).join(', ')}`,
    `  compared    ${visible(evidence.comparison)}`,
    `  advisory    ${evidence.source} ${visible(evidence.advisory)}, snapshot ${evidence.snapshot}`,
    `  severity    ${finding.severity}${evidence.severitySource === null ? '' : `, by ${visible(evidence.severitySource)}`}`,
  ];
  if (finding.fixCandidate)
    lines.push(`  upgrade     the fix is in the distribution's suites now: ${visible(finding.fixCandidate)}`);
  else if (finding.fixCandidate === null && finding.fixedVersion !== null && of.type === 'deb')
    lines.push(
      "  upgrade     the distribution's suites have no version with the fix, or it is not known what they have",
    );
  if (found) {
    lines.push(
      `  found in    ${found.paths.slice(0, 5).map(visible).join(', ')}${found.paths.length > 5 ? ', …' : ''}`,
    );
    if (found.layer !== null) lines.push(`  layer       ${found.layer}`);
  }
  lines.push(
    `  priority    ${priority.score}`,
    ...priority.factors.map((one) => `    ${String(one.points).padStart(3)}  ${visible(one.detail)}`),
  );
  return lines;
}
