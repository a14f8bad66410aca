/** pratique compose: an image straight from a Debian archive. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ComposedImage, ComposeRequest } from '@pratique/compose';
import type { Command } from 'commander';
import { type Context, writeResult } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { formatBytes, formatTable } from '../text.ts';

type Options = {
  suite: string;
  include: string[];
  security?: boolean;
  updates?: boolean;
  exclude: string[];
  user?: string;
  entrypoint?: string;
  cmd?: string;
  env: string[];
  label: string[];
  workdir?: string;
  add: string[];
  mirror?: string;
  securityMirror?: string;
  keyring?: string;
  architecture?: string;
  provenance?: string;
  json?: boolean;
};

const list = (value: string, before: string[]) => [...before, ...value.split(',').filter((part) => part !== '')];
const collect = (value: string, before: string[]) => [...before, value];

export function addCompose(program: Command, context: Context): void {
  program
    .command('compose')
    .argument('<destination>', 'oci:DIR[:TAG], docker-archive:FILE, or a reference')
    .description('make an image straight from the signed Debian archive: no Docker, no root, no shell')
    .requiredOption('--suite <name>', 'release, for example bookworm')
    .option('--include <packages>', 'packages, separated by commas; what they depend on comes along', list, [])
    .option('--exclude <packages>', 'packages that must not be chosen', list, [])
    .option('--security', 'with the security suite: the newest versions')
    .option('--updates', 'with the updates suite')
    .option('--user <name[:group]>', 'user that the image runs as')
    .option('--entrypoint <command>', 'program and arguments: a JSON array, or words')
    .option('--cmd <arguments>', 'default arguments: a JSON array, or words')
    .option('--env <NAME=VALUE>', 'environment variable; may be repeated', collect, [])
    .option('--label <NAME=VALUE>', 'label; may be repeated', collect, [])
    .option('--workdir <path>', 'working directory')
    .option('--add <DIR:/PATH>', 'a folder of yours into the image; may be repeated', collect, [])
    .option('--architecture <name>', 'amd64 unless said otherwise')
    .option('--mirror <url>', "archive; the machine's apt configuration by default")
    .option('--security-mirror <url>', 'archive of the security suite')
    .option('--keyring <file>', 'keys that may sign the archive')
    .option('--provenance <file>', 'also write the SLSA provenance into a file')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  pratique compose --suite bookworm --security --include nginx-light --user www-data --entrypoint \'["nginx","-g","daemon off;"]\' vendor/web:1\n  pratique compose --suite trixie --include python3 --add ./app:/srv/app --entrypoint "python3 /srv/app/main.py" oci:./image:1\n',
    )
    .action(async (destination: string, options: Options) => {
      const image = await composeWithProgress(context, toRequest(options, context.cwd));
      try {
        const { digest } = await storeComposed(context, image, destination);
        if (options.provenance) {
          const { writeFile } = await import('node:fs/promises');
          await writeFile(resolve(context.cwd, options.provenance), JSON.stringify(image.provenance, null, 2));
        }
        writeResult(context, options.json, { digest, packages: image.packages, scripts: image.scripts }, (value) =>
          describe(value, image),
        );
      } finally {
        await image.close();
      }
    });
}

/** Composes with a bar on the terminal; downloads are kept in the user's cache. */
export async function composeWithProgress(context: Context, request: ComposeRequest): Promise<ComposedImage> {
  const cache =
    context.env['PRATIQUE_CACHE'] || join(context.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'pratique');
  try {
    const { compose } = await import('@pratique/compose');
    return await compose(request, {
      fetch: globalThis.fetch,
      cacheDir: join(cache, 'archive'),
      now: () => new Date(),
      progress: ({ phase, done, total, what }) =>
        context.progress.update(`${phase}${what ? ` ${what}` : ''}`, done, total),
    });
  } finally {
    context.progress.end();
  }
}

/** Stores the image together with its provenance, the tag last. */
export async function storeComposed(
  context: Context,
  image: ComposedImage,
  destination: string,
): Promise<{ digest: string }> {
  const [{ copyGraph }, { openSink }, { withProvenance }] = await Promise.all([
    import('@pratique/oci'),
    import('../place.ts'),
    import('../provenance.ts'),
  ]);
  const { sink, tag, finish, close } = await openSink(context, destination);
  const source = withProvenance(image.source, image.manifest, image.provenance);
  try {
    const proof = await copyGraph(source, sink, image.manifest.digest, {
      tag,
      referrers: true,
      onProgress: ({ phase, bytes, totalBytes }) =>
        context.progress.update(`${phase} ${formatBytes(bytes)}`, bytes, totalBytes),
    });
    await finish();
    return { digest: proof.root };
  } finally {
    context.progress.end();
    await close();
  }
}

function toRequest(options: Options, cwd: string): ComposeRequest {
  const optional = {
    user: options.user,
    entrypoint: options.entrypoint === undefined ? undefined : words(options.entrypoint, '--entrypoint'),
    cmd: options.cmd === undefined ? undefined : words(options.cmd, '--cmd'),
    workdir: options.workdir,
    mirror: options.mirror,
    securityMirror: options.securityMirror,
    keyring: options.keyring === undefined ? undefined : resolve(cwd, options.keyring),
    architecture: options.architecture as ComposeRequest['architecture'],
  };
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  return {
    suite: options.suite,
    include: options.include,
    exclude: options.exclude,
    security: options.security ?? false,
    updates: options.updates ?? false,
    env: options.env,
    labels: Object.fromEntries(options.label.map((label) => pair(label))),
    add: options.add.map((text) => addition(text, cwd)),
    ...given,
  };
}

/** A JSON array of strings, or words separated by white space. */
function words(text: string, flag: string): string[] {
  if (!text.trim().startsWith('[')) return text.split(/\s+/).filter((word) => word !== '');
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value) && value.every((word) => typeof word === 'string')) return value;
  } catch {
    // told below, together with arrays of other things
  }
  throw new CliError(EXIT.usage, `${flag} is no JSON array of strings: ${text}`);
}

function pair(text: string): [string, string] {
  const equals = text.indexOf('=');
  if (equals <= 0) throw new CliError(EXIT.usage, `${text} is not of the form NAME=VALUE`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}

function addition(text: string, cwd: string): { from: string; to: string } {
  const colon = text.lastIndexOf(':/');
  if (colon <= 0) throw new CliError(EXIT.usage, `${text} is not of the form DIR:/PATH`);
  const from = resolve(cwd, text.slice(0, colon));
  if (!existsSync(from)) throw new CliError(EXIT.usage, `${from} does not exist`);
  return { from, to: text.slice(colon + 1) };
}

function describe(
  value: { digest: string; packages: ComposedImage['packages']; scripts: ComposedImage['scripts'] },
  image: ComposedImage,
): string {
  const open = value.scripts.filter((script) => script.status === 'not-covered');
  const lines = [
    `${value.digest}`,
    `${value.packages.length} packages; ${image.provenance.predicate.buildDefinition.resolvedDependencies.length} files named in its provenance`,
  ];
  if (open.length > 0)
    lines.push(
      `${open.length} maintainer scripts do something that no built-in step makes; look whether the image needs it:`,
      formatTable(
        ['PACKAGE', 'SCRIPT', 'WHAT'],
        open.map((script) => [script.package, script.script, script.why]),
      ),
    );
  return lines.join('\n');
}
