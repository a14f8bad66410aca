/** pratique vex: statements on whether an image is affected. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ImageScan } from '@pratique/contract';
import { type Command, Option } from 'commander';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { DEFAULT_PLATFORM } from '../platform.ts';
import { type ScanOptions, scanSubject } from '../scan/scan-subject.ts';
import { formatTable, visible } from '../text.ts';
import { addVexDocuments } from './vex-documents.ts';

const STATUSES = ['not_affected', 'affected', 'fixed'] as const;
const REASONS = [
  'component_not_present',
  'vulnerable_code_not_present',
  'vulnerable_code_not_in_execute_path',
  'vulnerable_code_cannot_be_controlled_by_adversary',
  'inline_mitigations_already_exist',
] as const;

type DraftOptions = ScanOptions & {
  author: string;
  status?: (typeof STATUSES)[number];
  justification?: (typeof REASONS)[number];
  reason?: string;
};

export function addVex(program: Command, context: Context): void {
  const vex = program.command('vex').description('statements on whether an image is affected by a hole');
  vex
    .command('draft')
    .argument('<subject>', 'what pratique scan takes')
    .argument('[ids...]', 'the holes; all that were found without it')
    .description('write OpenVEX from what was found; what it says in the end is yours to decide')
    .requiredOption('--author <name>', 'who makes the statement')
    .addOption(
      new Option('--status <status>', 'your decision; without it all is under investigation').choices([...STATUSES]),
    )
    .addOption(new Option('--justification <word>', 'why it is not affected').choices([...REASONS]))
    .option('--reason <text>', 'why, or what to do, in your words')
    .option('--db <dir>', "advisories; the user's own store by default")
    .option('--platform <os/arch>', 'which image of an index', DEFAULT_PLATFORM)
    .option('--local', 'read the image here, even when the server has its inventory')
    .option('--offline', 'ask nobody: neither the server nor another registry')
    .option('--json', 'print JSON, as it always does')
    .addHelpText(
      'after',
      "\nExamples:\n  pratique vex draft vendor/demo:1 --author 'Shop security' > demo.openvex.json\n  pratique vex draft vendor/demo:1 CVE-2024-1234 --author 'Shop security' --status not_affected \\\n    --justification vulnerable_code_not_in_execute_path --reason 'TLS is ended before this container'\n",
    )
    .action(async (subject: string, ids: string[], options: DraftOptions) => {
      const decision = readDecision(options);
      const scan = await scanSubject(context, subject, options);
      const { draftVex } = await import('@pratique/scan/vex');
      const findings = choose(scan, ids);
      const at = new Date().toISOString();
      const document = draftVex(findings, scan.packages, {
        product: productOf(scan),
        author: options.author,
        at,
        decision,
      });
      context.out(`${JSON.stringify(document, null, 2)}\n`);
      context.note(
        decision === null
          ? `${findings.length} findings, all under investigation: decide each, then hand it to pratique scan --vex.\n`
          : `${findings.length} findings are stated to be ${decision.status}.\n`,
      );
    });

  vex
    .command('show')
    .argument('<file>', 'OpenVEX, CSAF or CycloneDX')
    .description('what a document states')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  pratique vex show demo.openvex.json\n')
    .action(async (file: string, options: { json?: boolean }) => {
      const bytes = await readFile(resolve(context.cwd, file)).catch((cause: unknown) => {
        throw new CliError(EXIT.usage, `${file} cannot be read`, { cause });
      });
      const { readVex } = await import('@pratique/scan/vex');
      const { id, author, statements } = readVex(file, bytes);
      if (options.json) return context.out(`${JSON.stringify({ id, author, statements }, null, 2)}\n`);
      const rows = statements.map((one) => [
        one.names[0] ?? '',
        one.status,
        one.justification ?? '–',
        one.products
          .map((product) => [product.id, ...product.components].join(' > '))
          .slice(0, 3)
          .join(', '),
      ]);
      context.out(
        `${visible(id)} by ${visible(author ?? 'nobody named')}, ${statements.length} statements\n\n${formatTable(['HOLE', 'STATUS', 'JUSTIFICATION', 'PRODUCTS'], rows)}\n`,
      );
    });

  addVexDocuments(vex, context);
}

function readDecision({ status, justification, reason }: DraftOptions) {
  if (status === undefined) {
    if (justification !== undefined || reason !== undefined)
      throw new CliError(EXIT.usage, 'a justification or a reason belongs to a decision: name it by --status');
    return null;
  }
  if (status === 'not_affected' && justification === undefined)
    throw new CliError(EXIT.usage, 'not_affected needs a --justification');
  if (status !== 'not_affected' && justification !== undefined)
    throw new CliError(EXIT.usage, `a justification belongs to not_affected, not to ${status}`);
  if (status !== 'fixed' && reason === undefined) throw new CliError(EXIT.usage, `${status} needs a --reason`);
  return { status, justification: justification ?? null, reason: reason ?? '' };
}

function choose({ findings, image }: ImageScan, ids: readonly string[]): ImageScan['findings'] {
  if (ids.length === 0) return findings;
  const wanted = ids.map((id) => id.toUpperCase());
  const isCalled = (finding: ImageScan['findings'][number], id: string) =>
    [finding.id, ...finding.aliases].some((name) => name.toUpperCase() === id);
  const absent = wanted.filter((id) => !findings.some((finding) => isCalled(finding, id)));
  if (absent.length > 0) throw new CliError(EXIT.usage, `${image.reference} has no finding ${absent.join(', ')}`);
  return findings.filter((finding) => wanted.some((id) => isCalled(finding, id)));
}

/** @see purl-spec, types/oci */
function productOf({ image: { reference, digest } }: ImageScan): string {
  const name = (reference.split('/').pop() ?? '').split(/[:@]/)[0]?.toLowerCase() || 'image';
  return digest === null ? reference : `pkg:oci/${encodeURIComponent(name)}@${encodeURIComponent(digest)}`;
}
