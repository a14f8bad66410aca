/** Repairs one image from where it lies to where it is to lie, and compares both. */
import { join } from 'node:path';
import type { RepairedImage, WantedPackage } from '@pratique/compose';
import type { RankedFinding, RepairFinding, RepairResult } from '@pratique/contract';
import type { ContentSource } from '@pratique/oci';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { openSink, openSource } from '../place.ts';
import { imageFor } from '../platform.ts';
import { cacheOf } from '../scan/advisories.ts';
import { type Examined, examineFrom } from '../scan/examine.ts';
import { matchHere } from '../scan/scan-subject.ts';
import { formatBytes } from '../text.ts';
import { chooseDestination } from './destination.ts';

export type RepairOptions = {
  platform: string;
  dryRun?: boolean;
  /** Only what clears findings, and what that needs. */
  onlyFindings?: boolean;
  /** A tag beside the image's own, or a place. */
  to?: string;
  db?: string;
  mirror?: string;
  /** Addresses of repositories of apk or rpm, in place of the distribution's. */
  repository?: string[];
  keyring?: string;
  allowExpired?: boolean;
  /** False leaves packages whose scripts would have to be run. */
  sandbox?: boolean;
  /** Starts both images for some seconds. */
  smokeStart?: boolean;
};

export type Repaired = {
  result: RepairResult;
  /** Where the repaired image lies; null where there is none, or none was to be written. */
  destination: string | null;
  findings: { before: number; after: number };
};

/** @throws CliError usage; ComposeError, OciError and ScanError as repairing, reading and scanning do */
export async function repairSubject(context: Context, subject: string, options: RepairOptions): Promise<Repaired> {
  if (/^(?:dir|sbom):/.test(subject))
    throw new CliError(EXIT.usage, `${subject} is no image; only images are repaired`);
  const { source, reference, close } = await openSource(context, subject);
  let repaired: RepairedImage | null = null;
  const started = new Date();
  try {
    const raw = await imageFor(source, reference, options.platform);
    // Said before the work, not after it.
    const choose = options.dryRun ? null : await chooseDestination(context, subject, options.to);
    const before = await findingsOf(context, source, raw.digest, subject, options);
    const only = options.onlyFindings ? fixable(before) : undefined;
    repaired = await repair(context, source, raw.digest, only, options);
    const { result } = repaired;
    if (result.to === null) return { result, destination: null, findings: both(before, before) };
    const after = await findingsOf(context, repaired.source, result.to, subject, options);
    const compared = { ...result, gone: missingFrom(before, after), new: missingFrom(after, before) };
    const destination = choose && (await choose(result.to));
    if (destination !== null)
      await store(context, await withStatement(repaired, subject, options, started), result.to, destination);
    return { result: compared, destination, findings: both(before, after) };
  } finally {
    context.progress.end();
    await repaired?.close();
    await close();
  }
}

async function repair(
  context: Context,
  source: ContentSource,
  digest: string,
  only: readonly WantedPackage[] | undefined,
  options: RepairOptions,
): Promise<RepairedImage> {
  const { openRuncSandbox, repairImage } = await import('@pratique/compose');
  const archives = {
    ...(options.mirror ? { mirror: options.mirror } : {}),
    ...(options.repository ? { repositories: options.repository } : {}),
    ...(options.keyring ? { keyring: options.keyring } : {}),
  };
  return repairImage({
    source,
    reference: digest,
    fetch: globalThis.fetch,
    cacheDir: join(cacheOf(context), 'archive'),
    now: () => new Date(),
    archives,
    allowExpired: options.allowExpired ?? false,
    sandbox: options.sandbox === false ? null : await openRuncSandbox(),
    smokeStart: options.smokeStart ? {} : null,
    ...(only ? { onlyFindings: only } : {}),
    progress: ({ phase, done, total, what }) =>
      context.progress.update(`${phase}${what ? ` ${what}` : ''}`, done, total),
  });
}

/** With how it came to be, which a server's chain signs as the account's word. */
async function withStatement(
  { source, manifest, result }: RepairedImage,
  subject: string,
  { onlyFindings = false }: RepairOptions,
  started: Date,
): Promise<ContentSource> {
  const [{ describeRepair }, { withProvenance }] = await Promise.all([
    import('@pratique/compose'),
    import('../provenance.ts'),
  ]);
  const statement = describeRepair({
    digest: manifest.digest,
    name: subject.replace(/@sha256:[0-9a-f]{64}$/, ''),
    original: result.original,
    results: [result],
    onlyFindings,
    started,
    finished: new Date(),
  });
  return withProvenance(source, manifest, statement);
}

/** Layers that both images share are read once. */
async function findingsOf(
  context: Context,
  source: ContentSource,
  digest: string,
  subject: string,
  { platform, db }: RepairOptions,
): Promise<RankedFinding[]> {
  const examined: Examined = await examineFrom(context, source, digest, subject, {
    platform,
    cache: true,
    scanners: ['vuln'],
  });
  const { findings } = await matchHere(context, examined, db === undefined ? {} : { db });
  return findings.filter((finding) => finding.status !== 'not-affected');
}

const REPAIRED: ReadonlySet<string> = new Set(['deb', 'apk', 'rpm']);

/** Packages of the distribution of which an upgrade clears something. */
function fixable(findings: readonly RankedFinding[]): WantedPackage[] {
  const wanted = new Map<string, WantedPackage>();
  for (const { package: of, fixedVersion } of findings)
    if (fixedVersion !== null && REPAIRED.has(of.type)) wanted.set(of.name, { name: of.name });
  return [...wanted.values()];
}

const keyOf = ({ id, package: of }: RankedFinding): string => `${id} ${of.name}`;
function missingFrom(all: readonly RankedFinding[], other: readonly RankedFinding[]): RepairFinding[] {
  const there = new Set(other.map(keyOf));
  return all
    .filter((finding) => !there.has(keyOf(finding)))
    .map(({ id, package: of }) => ({ id, package: of.name, version: of.version }));
}

const both = (before: readonly unknown[], after: readonly unknown[]): Repaired['findings'] => ({
  before: before.length,
  after: after.length,
});

async function store(context: Context, source: ContentSource, digest: string, destination: string): Promise<void> {
  const { copyGraph } = await import('@pratique/oci');
  const { sink, tag, finish, close } = await openSink(context, destination);
  try {
    await copyGraph(source, sink, digest, {
      tag,
      referrers: true,
      onProgress: ({ phase, bytes, totalBytes }) =>
        context.progress.update(`${phase} ${formatBytes(bytes)}`, bytes, totalBytes),
    });
    await finish();
  } finally {
    await close();
  }
}
