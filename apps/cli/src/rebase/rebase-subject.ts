/** Puts an image on another base, from where it lies to where it is to lie, and compares findings. */
import { type RebasedIndex, rebaseImage, rebaseIndex } from '@pratique/compose';
import type { RankedFinding, RebaseReport, RebaseResult, RepairFinding } from '@pratique/contract';
import { type ContentSource, copyGraph, parseManifest } from '@pratique/oci';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import type { OpenSource } from '../open-source.ts';
import { openSink, openSource } from '../place.ts';
import { imageFor } from '../platform.ts';
import { chooseDestination } from '../repair/destination.ts';
import { examineFrom } from '../scan/examine.ts';
import { matchHere } from '../scan/scan-subject.ts';
import { formatBytes } from '../text.ts';
import { openOldBase } from './old-base.ts';

export type RebaseFlags = {
  base: string;
  oldBase?: string;
  to?: string;
  dryRun?: boolean;
  /** One image of an index; all of them where it is not given. */
  platform?: string;
  db?: string;
};

/** @throws CliError usage; ComposeError, OciError and ScanError as rebasing, reading and scanning do */
export async function rebaseSubject(context: Context, subject: string, flags: RebaseFlags): Promise<RebaseReport> {
  for (const text of [subject, flags.base, flags.oldBase ?? ''])
    if (/^(?:dir|sbom):/.test(text)) throw new CliError(EXIT.usage, `${text} is no image; only images have a base`);
  const opened: OpenSource[] = [];
  const open = async (one: Promise<OpenSource>) => {
    const source = await one;
    opened.push(source);
    return source;
  };
  try {
    const image = await open(openSource(context, subject));
    // Said before the work, not after it.
    const choose = flags.dryRun ? null : await chooseDestination(context, subject, flags.to);
    const newBase = await open(openSource(context, flags.base));
    const oldBase = await open(openOldBase(context, image, newBase, flags.base, flags.oldBase));
    const { manifest, source, results } = await rebase(context, image, oldBase, newBase, flags);
    const changed = results.some(({ to }) => to !== null);
    const from = (await image.source.manifest(flags.platform ? (results[0]?.from ?? image.reference) : image.reference))
      .digest;
    const compared: RebaseResult[] = [];
    const findings = { before: 0, after: 0 };
    for (const result of results) {
      if (result.to === null) {
        compared.push(result);
        continue;
      }
      const before = await findingsOf(context, image.source, result.from, subject, result.platform, flags.db);
      const after = await findingsOf(context, source, result.to, subject, result.platform, flags.db);
      findings.before += before.length;
      findings.after += after.length;
      compared.push({ ...result, ...compare(before, after) });
    }
    const to = changed ? manifest.digest : null;
    const destination = to !== null && choose ? await choose(to) : null;
    if (to !== null && destination !== null) await store(context, source, to, destination);
    return { from, to, destination, images: compared, findings };
  } finally {
    context.progress.end();
    for (const { close } of opened.reverse()) await close();
  }
}

async function rebase(
  context: Context,
  image: OpenSource,
  oldBase: OpenSource,
  newBase: OpenSource,
  flags: RebaseFlags,
): Promise<Pick<RebasedIndex, 'manifest' | 'source' | 'results'>> {
  const base = await newBase.source.manifest(newBase.reference);
  const options = {
    source: image.source,
    reference: image.reference,
    oldBase,
    newBase,
    identity: { digest: base.digest, name: newBase.name },
    progress: ({ phase, done, total }: { phase: string; done: number; total: number }) =>
      context.progress.update(phase, done, total),
  };
  const raw = await image.source.manifest(image.reference);
  const { kind } = parseManifest(raw.bytes, raw.mediaType);
  if (kind === 'index' && flags.platform === undefined) return rebaseIndex(options);
  const platform = flags.platform ?? (await platformOfImage(image.source, image.reference));
  const own = await imageFor(image.source, image.reference, platform);
  const [old, now] = [
    await imageFor(oldBase.source, oldBase.reference, platform),
    await imageFor(newBase.source, newBase.reference, platform),
  ];
  const { manifest, source, result } = await rebaseImage({
    ...options,
    reference: own.digest,
    oldBase: { source: oldBase.source, reference: old.digest },
    newBase: { source: newBase.source, reference: now.digest },
  });
  return { manifest, source, results: [result] };
}

/** Of an index as the base its image for the same machine is taken. */
async function platformOfImage(source: ContentSource, reference: string): Promise<string> {
  const { readBase } = await import('@pratique/compose');
  const { config } = await readBase(source, reference);
  return `${config.os ?? 'linux'}/${config.architecture ?? 'amd64'}`;
}

async function findingsOf(
  context: Context,
  source: ContentSource,
  digest: string,
  subject: string,
  platform: string,
  db: string | undefined,
): Promise<RankedFinding[]> {
  const examined = await examineFrom(context, source, digest, subject, { platform, cache: true, scanners: ['vuln'] });
  const { findings } = await matchHere(context, examined, db === undefined ? {} : { db });
  return findings.filter((finding) => finding.status !== 'not-affected');
}

const keyOf = ({ id, package: of }: RankedFinding): string => `${id} ${of.name}`;

function compare(
  before: readonly RankedFinding[],
  after: readonly RankedFinding[],
): Pick<RebaseResult, 'gone' | 'left' | 'new'> {
  const [had, has] = [new Set(before.map(keyOf)), new Set(after.map(keyOf))];
  const brief = ({ id, package: of }: RankedFinding): RepairFinding => ({ id, package: of.name, version: of.version });
  return {
    gone: before.filter((one) => !has.has(keyOf(one))).map(brief),
    left: after.filter((one) => had.has(keyOf(one))).map(brief),
    new: after.filter((one) => !had.has(keyOf(one))).map(brief),
  };
}

async function store(context: Context, source: ContentSource, digest: string, destination: string): Promise<void> {
  const { sink, tag, finish, close } = await openSink(context, destination);
  try {
    await copyGraph(source, sink, digest, {
      tag,
      referrers: false,
      onProgress: ({ phase, bytes, totalBytes }) =>
        context.progress.update(`${phase} ${formatBytes(bytes)}`, bytes, totalBytes),
    });
    await finish();
  } finally {
    await close();
  }
}
