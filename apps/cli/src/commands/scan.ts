/** pratique scan: what is inside, and what is known about it. */

import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Finding, ImageScan, type Inventory, Severity, type Uncovered } from '@pratique/contract';
import { ImageManifest, parseManifest } from '@pratique/oci';
import {
  ensureSeed,
  inventoryDirectory,
  inventoryImage,
  inventorySbom,
  matchInventory,
  openAdvisoryStore,
} from '@pratique/scan';
import type { Command } from 'commander';
import { type Context, openServer, writeResult } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { openSource } from '../place.ts';
import { imagePath, isOnServer, readReference, readServerImage } from '../reference.ts';
import { formatTable, visible } from '../text.ts';

type Options = { json?: boolean; all?: boolean; failOn?: string; db?: string; platform: string; local?: boolean };
type Examined = { reference: string; digest: string | null; inventory: Inventory };

const MAX_CONFIG_BYTES = 8 * 1024 * 1024;

export function addScan(program: Command, context: Context): void {
  program
    .command('scan')
    .argument('<subject>', 'oci:DIR[:TAG], docker-archive:FILE, dir:DIR, sbom:FILE, or a reference')
    .description('list packages and findings of an image, folder or SBOM')
    .option('--json', 'print JSON')
    .option('--all', 'also what is known not to affect the image')
    .option('--fail-on <severity>', 'exit with 1 when a finding is at least this severe (unknown counts as high)')
    .option('--db <dir>', "advisories; the user's own store by default")
    .option('--platform <os/arch>', 'which image of an index', 'linux/amd64')
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
  if (!options.local && !/^(oci|docker-archive|dir|sbom):/.test(subject)) {
    const { api, connection } = await openServer(context);
    // The server has examined it already, in a place of its own: no layer is opened again.
    if (connection.authorization && isOnServer(readReference(subject), api.url)) {
      const stored = await api
        .find(imagePath(readServerImage(subject, api.url), '/scan') + (options.all ? '&all=true' : ''), ImageScan)
        .catch(() => null);
      if (stored) return stored;
    }
  }
  const { reference, digest, inventory } = await examine(context, subject, options.platform);
  const db = options.db ?? defaultStore(context);
  await ensureSeed(db);
  const { findings, uncovered } = matchInventory(inventory, await openAdvisoryStore(db));
  return toScan(
    reference,
    digest,
    inventory,
    options.all ? findings : findings.filter((finding) => finding.status !== 'not-affected'),
    uncovered,
  );
}

function toScan(
  reference: string,
  digest: string | null,
  inventory: Inventory,
  findings: Finding[],
  uncovered: Uncovered[],
): ImageScan {
  return {
    image: { reference, digest, distribution: inventory.distribution },
    packages: inventory.packages,
    findings,
    missing: inventory.missing,
    uncovered,
  };
}

export const defaultStore = (context: Context) =>
  join(
    context.env['PRATIQUE_CACHE'] || join(context.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'pratique'),
    'advisories',
  );

async function examine(context: Context, subject: string, platform: string): Promise<Examined> {
  if (subject.startsWith('dir:')) {
    const dir = resolve(context.cwd, subject.slice(4));
    if (!(await stat(dir).catch(() => null))?.isDirectory()) throw new CliError(EXIT.usage, `${dir} is no folder`);
    return { reference: subject, digest: null, inventory: await inventoryDirectory(dir) };
  }
  if (subject.startsWith('sbom:')) {
    const file = resolve(context.cwd, subject.slice(5));
    const bytes = await readFile(file).catch(() => null);
    if (!bytes) throw new CliError(EXIT.usage, `${file} cannot be read`);
    return { reference: subject, digest: null, inventory: inventorySbom(bytes) };
  }
  return examineImage(context, subject, platform);
}

async function examineImage(context: Context, subject: string, platform: string): Promise<Examined> {
  const { source, reference, close } = await openSource(context, subject);
  try {
    let raw = await source.manifest(reference);
    let parsed = parseManifest(raw.bytes, raw.mediaType);
    if (parsed.kind === 'index') {
      const child =
        parsed.manifest.manifests.find(
          (entry) => `${entry.platform?.os}/${entry.platform?.architecture}` === platform,
        ) ?? (parsed.manifest.manifests.length === 1 ? parsed.manifest.manifests[0] : undefined);
      if (!child)
        throw new CliError(
          EXIT.usage,
          `${subject} has no image for ${platform}; it has ${parsed.manifest.manifests.map((entry) => `${entry.platform?.os}/${entry.platform?.architecture}`).join(', ')}`,
        );
      raw = await source.manifest(child.digest);
      parsed = parseManifest(raw.bytes, raw.mediaType);
    }
    const manifest = ImageManifest.parse(parsed.manifest);
    const config = await readConfig(source, manifest.config);
    const layers = manifest.layers.map((descriptor) => ({
      descriptor,
      diffId: null,
      open: () => source.blob(descriptor),
    }));
    const inventory = await inventoryImage(
      { layers, config },
      {
        progress: ({ layer, layers: total, bytes }) =>
          context.progress.update(`layer ${layer + 1} of ${total}, ${Math.round(bytes / 1e6)} MB`, layer, total),
      },
    );
    return { reference: subject, digest: raw.digest, inventory };
  } finally {
    context.progress.end();
    await close();
  }
}

async function readConfig(
  source: Awaited<ReturnType<typeof openSource>>['source'],
  descriptor: ImageManifest['config'],
): Promise<unknown> {
  if (descriptor.size > MAX_CONFIG_BYTES)
    throw new CliError(
      EXIT.fault,
      `the image configuration has ${descriptor.size} bytes; at most ${MAX_CONFIG_BYTES} are read`,
    );
  const chunks: Buffer[] = [];
  for await (const chunk of await source.blob(descriptor)) chunks.push(chunk as Buffer);
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (cause) {
    throw new CliError(EXIT.fault, 'the image configuration is not JSON', { cause });
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

function describeScan(scan: ImageScan): string {
  const lines = [
    `${scan.image.reference}: ${scan.image.distribution?.name ?? 'no distribution'}, ${scan.packages.length} packages, ${scan.findings.length} findings`,
  ];
  if (scan.findings.length > 0)
    lines.push(
      '',
      formatTable(
        ['ID', 'SEVERITY', 'PACKAGE', 'INSTALLED', 'FIXED IN', 'STATUS'],
        scan.findings.map((f) => [
          f.exploited ? `${f.id} (exploited)` : f.id,
          f.severity,
          f.package.name,
          f.package.version,
          f.fixedVersion ?? '–',
          f.status,
        ]),
      ),
    );
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
