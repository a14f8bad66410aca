/** pratique scan: what is inside, and what is known about it. */
import { resolve } from 'node:path';
import { ImageScan, Severity } from '@pratique/contract';
import type { Command } from 'commander';
import { type Context, openServer, writeResult } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { DEFAULT_PLATFORM } from '../platform.ts';
import { imagePath, isOnServer, readReference, readServerImage } from '../reference.ts';
import { defaultStore } from '../scan/advisories.ts';
import { describeScan } from '../scan/describe-scan.ts';

type Options = { json?: boolean; all?: boolean; failOn?: string; db?: string; platform: string; local?: boolean };

export function addScan(program: Command, context: Context): void {
  program
    .command('scan')
    .argument('<subject>', 'oci:DIR[:TAG], docker-archive:FILE, dir:DIR, sbom:FILE, or a reference')
    .description('list packages and findings of an image, folder or SBOM')
    .option('--json', 'print JSON')
    .option('--all', 'also what is known not to affect the image')
    .option('--fail-on <severity>', 'exit with 1 when a finding is at least this severe (unknown counts as high)')
    .option('--db <dir>', "advisories; the user's own store by default")
    .option('--platform <os/arch>', 'which image of an index', DEFAULT_PLATFORM)
    .option('--local', 'read the image here, even when the server has its inventory')
    .addHelpText(
      'after',
      '\nExamples:\n  pratique scan vendor/demo:patched\n  pratique scan docker-archive:app.tar --fail-on high\n  pratique scan dir:. --json\n',
    )
    .action(async (subject: string, options: Options) => {
      const threshold = options.failOn === undefined ? null : readSeverity(options.failOn);
      const result = await scanSubject(context, subject, options);
      writeResult(context, options.json, result, describeScan);
      if (result.missing.length > 0) context.setExit(EXIT.fault);
      if (
        threshold !== null &&
        result.findings.some((finding) => finding.status !== 'not-affected' && isAtLeast(finding.severity, threshold))
      )
        context.setExit(EXIT.denied);
    });
}

async function scanSubject(context: Context, subject: string, options: Options): Promise<ImageScan> {
  const stored = await readStored(context, subject, options);
  if (stored) return stored;
  const [{ ensureSeed, matchInventory, openAdvisoryStore, prioritise }, { examine }] = await Promise.all([
    import('@pratique/scan'),
    import('../scan/examine.ts'),
  ]);
  const { reference, digest, inventory, exposure } = await examine(context, subject, options.platform);
  const db = options.db === undefined ? defaultStore(context) : resolve(context.cwd, options.db);
  if (options.db === undefined) await ensureSeed(db);
  const store = await openAdvisoryStore(db);
  const matched = matchInventory(inventory, store);
  const findings = prioritise(matched.findings, { likelihood: store.likelihood, exposure });
  return {
    image: { reference, digest, distribution: inventory.distribution },
    packages: inventory.packages,
    findings: options.all ? findings : findings.filter((finding) => finding.status !== 'not-affected'),
    missing: inventory.missing,
    uncovered: matched.uncovered,
  };
}

/** What the server has found already, in a place of its own: no layer is opened again. Null where it has not. */
async function readStored(context: Context, subject: string, options: Options): Promise<ImageScan | null> {
  if (options.local || options.db !== undefined || /^(oci|docker-archive|dir|sbom):/.test(subject)) return null;
  const { api, connection } = await openServer(context);
  if (!connection.authorization || !isOnServer(readReference(subject), api.url)) return null;
  const path = imagePath(readServerImage(subject, api.url), '/scan');
  try {
    return await api.find(`${path}${options.all ? '&all=true' : ''}`, ImageScan);
  } catch (error) {
    // An index, or an image that no chain has looked into yet, is read here.
    if (error instanceof CliError && error.apiCode === 'conflict') return null;
    throw error;
  }
}

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
