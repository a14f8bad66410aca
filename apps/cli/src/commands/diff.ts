/** pratique diff: what one image has that another has not. */
import type { ImageScan, RankedFinding } from '@pratique/contract';
import type { ScanComparison } from '@pratique/scan';
import type { Command } from 'commander';
import { type Context, writeResult } from '../context.ts';
import { EXIT } from '../exit.ts';
import { DEFAULT_PLATFORM } from '../platform.ts';
import { type ScanOptions, scanSubject } from '../scan/scan-subject.ts';
import { formatTable } from '../text.ts';

type Options = ScanOptions & { json?: boolean; failOnNew?: boolean };

export function addDiff(program: Command, context: Context): void {
  program
    .command('diff')
    .argument('<before>', 'what pratique scan takes')
    .argument('<after>', 'what pratique scan takes')
    .description('compare two images, folders or SBOMs: packages and findings')
    .option('--json', 'print JSON')
    .option('--fail-on-new', 'exit with 1 when the second has a finding that the first has not')
    .option('--db <dir>', "advisories; the user's own store by default")
    .option('--platform <os/arch>', 'which image of an index', DEFAULT_PLATFORM)
    .option('--local', 'read the images here, even when the server has their inventories')
    .option('--offline', 'ask nobody: neither the server nor another registry')
    .addHelpText(
      'after',
      '\nExamples:\n  pratique diff vendor/app:1 vendor/app:2\n  pratique diff oci:old:1 oci:new:1 --fail-on-new\n',
    )
    .action(async (before: string, after: string, options: Options) => {
      const scans: ImageScan[] = [];
      for (const subject of [before, after]) scans.push(await scanSubject(context, subject, options));
      const { compareScans } = await import('@pratique/scan/report/compare-scans');
      const [first, second] = scans as [ImageScan, ImageScan];
      const compared = compareScans(first, second);
      writeResult(context, options.json, compared, describe);
      if (compared.partial) {
        context.note('One of them was not examined whole; pratique scan says what is missing.\n');
        context.setExit(EXIT.fault);
      }
      if (options.failOnNew && compared.findings.new.length > 0) context.setExit(EXIT.denied);
    });
}

function describe({ from, to, packages, findings }: ScanComparison): string {
  const { added, removed, changed } = packages;
  const lines = [
    `${from.reference} -> ${to.reference}`,
    `packages: ${changed.length} changed, ${added.length} added, ${removed.length} removed`,
    `findings: ${findings.gone.length} gone, ${findings.new.length} new, ${findings.left} left`,
  ];
  const rows = [
    ...changed.map((one) => [one.downgraded === true ? 'downgraded' : 'changed', one.type, one.name, one.from, one.to]),
    ...added.map((one) => ['added', one.type, one.name, '–', one.version]),
    ...removed.map((one) => ['removed', one.type, one.name, one.version, '–']),
  ];
  if (rows.length > 0) lines.push('', formatTable(['PACKAGE', 'TYPE', 'NAME', 'BEFORE', 'AFTER'], rows));
  const holes = [...findings.new.map((one) => row('new', one)), ...findings.gone.map((one) => row('gone', one))];
  if (holes.length > 0)
    lines.push('', formatTable(['FINDING', 'PRIORITY', 'ID', 'SEVERITY', 'PACKAGE', 'VERSION', 'FIXED IN'], holes));
  return lines.join('\n');
}

function row(what: string, one: RankedFinding): string[] {
  const { name, version } = one.package;
  return [what, String(one.priority.score), one.id, one.severity, name, version, one.fixedVersion ?? '–'];
}
