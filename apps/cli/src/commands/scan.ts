/** pratique scan and sbom: what is inside, and what is known about it. */
import { type BaselineResult, type ImageScan, Severity } from '@pratique/contract';
import { type Command, Option } from 'commander';
import { rememberedAdvice } from '../base-advice/remember-advice.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { DEFAULT_PLATFORM } from '../platform.ts';
import { FORMATS, formatScan, readFormat, writeSbom } from '../scan/formats.ts';
import { applyIgnores, readIgnores } from '../scan/ignore.ts';
import { type ScanOptions, scanSubject } from '../scan/scan-subject.ts';
import { SCANNERS } from '../scan/scanners.ts';
import { applyVexFiles, several } from '../scan/vex-files.ts';
import { visible } from '../text.ts';

type Options = ScanOptions & { json?: boolean; format?: string; failOn?: string; ignoreFile?: string; vex?: string[] };

const SUBJECT =
  'oci:DIR[:TAG], docker-archive:FILE, podman:IMAGE, containerd:IMAGE, docker:IMAGE, dir:DIR, sbom:FILE, or a reference';

export function addScan(program: Command, context: Context): void {
  reading(program.command('scan'))
    .description('list packages and findings of an image, folder or SBOM')
    .option('--json', 'print JSON, as --format json')
    .addOption(new Option('--format <format>', `one of ${FORMATS.join(', ')}`).default(undefined, 'table'))
    .option('--all', 'also what is known not to affect the image, and all that is outdated')
    .option('--include-dev', 'also holes of what a lock file marks as for development alone')
    .option('--scanners <names>', `what to look for: some of ${SCANNERS.join(',')}; all by default`)
    .option('--profile <name>', 'checks of the baseline: cis-docker-4, hardened or minimal; all by default')
    .option(
      '--secret-rules <file>',
      'further kinds of secrets: a .toml of gitleaks or a .yaml of Trivy; may be repeated',
      several,
    )
    .option('--malware-hashes <file>', 'sha256 of files that are bad, one a line; may be repeated', several)
    .option('--clamd <address>', 'ask a clamd about every content: unix:/PATH or tcp:HOST:PORT')
    .option('--fail-on <severity>', 'exit with 1 when something found is at least this severe (unknown counts as high)')
    .option('--vex <file>', 'OpenVEX, CSAF or CycloneDX whose statements count; may be given several times', several)
    .option(
      '--ignore-file <file>',
      'findings to leave out, each with a reason and an end; Trivy’s and Grype’s files too',
    )
    .option('--db <dir>', "advisories; the user's own store by default")
    .addHelpText(
      'after',
      '\nExamples:\n  pratique scan vendor/demo:patched\n  pratique scan docker-archive:app.tar --fail-on high\n  pratique scan dir:. --json\n  pratique scan oci:image:1 --format sarif > findings.sarif\n  pratique scan oci:image:1 --scanners secret,malware\n' +
        '\nAn ignore file:\n  ignore:\n    - id: CVE-2024-1234\n      package: openssl      # optional; * stands for anything\n      reason: TLS is ended before this container\n      until: 2027-01-31\n  secrets:\n    - path: srv/test/**       # kind, fingerprint or path\n      owner: ann\n      reason: made up for the tests\n      expires: 2027-01-31\n',
    )
    .action(async (subject: string, options: Options) => {
      const threshold = options.failOn === undefined ? null : readSeverity(options.failOn);
      const format = readFormat(options.format, options.json);
      const ignores =
        options.ignoreFile === undefined
          ? { findings: [], secrets: [] }
          : await readIgnores(context, options.ignoreFile);
      const stated = await applyVexFiles(context, await scanSubject(context, subject, options), options);
      const { scan, ignored } = applyIgnores(context, stated, ignores, new Date());
      context.out(await formatScan(context, format, scan, ignored, options.all));
      const advice = format === 'table' ? await rememberedAdvice(context, scan) : null;
      if (advice !== null) context.out(`\n${visible(advice)}\n`);
      if (scan.missing.length > 0) context.setExit(EXIT.fault);
      const counts = [
        ...scan.findings.filter((finding) => finding.status !== 'not-affected'),
        ...(scan.secrets ?? []),
        ...(scan.malware ?? []),
        // Nearly every image fails some check: they count where somebody asked for them.
        ...(options.scanners?.includes('baseline') ? failedChecks(scan) : []),
      ];
      if (threshold !== null && counts.some(({ severity }) => isAtLeast(severity, threshold)))
        context.setExit(EXIT.denied);
    });

  reading(program.command('sbom'))
    .description('write the bill of materials of an image, folder or SBOM')
    .addOption(new Option('--format <format>', 'its form').choices(['spdx', 'cyclonedx']).default('spdx'))
    .option('--json', 'print JSON, as it always does')
    .addHelpText('after', '\nExample:\n  pratique sbom vendor/demo:patched --format cyclonedx > demo.cdx.json\n')
    .action(async (subject: string, options: ScanOptions & { format: 'spdx' | 'cyclonedx' }) => {
      const scan = await scanSubject(context, subject, { ...options, onlyContents: true });
      context.out(await writeSbom(options.format, scan));
      if (scan.missing.length > 0) {
        context.note(`The document is marked as incomplete: ${scan.missing.length} things were not examined.\n`);
        context.setExit(EXIT.fault);
      }
    });
}

/** What every command has that reads a subject. */
function reading(command: Command): Command {
  return command
    .argument('<subject>', SUBJECT)
    .option('--platform <os/arch>', 'which image of an index', DEFAULT_PLATFORM)
    .option('--local', 'read the image here, even when the server has its inventory')
    .option('--no-cache', 'read every layer, also those that were read before')
    .option('--offline', 'ask nobody: neither the server nor another registry');
}

const failedChecks = ({ baseline }: ImageScan): BaselineResult[] =>
  baseline?.filter(({ status }) => status === 'failed') ?? [];

const ORDER: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'negligible'];

function readSeverity(text: string): Severity {
  const parsed = Severity.safeParse(text);
  if (!parsed.success) throw new CliError(EXIT.usage, `--fail-on takes one of ${ORDER.join(', ')}, unknown`);
  return parsed.data;
}

/** What nobody has judged yet may be anything: it counts as high, as it does in the gate. */
function isAtLeast(severity: Severity, threshold: Severity): boolean {
  const rank = (value: Severity) => ORDER.indexOf(value === 'unknown' ? 'high' : value);
  return rank(severity) <= rank(threshold);
}
