/** Scans an image, its base and other bases, and says which would clear most. */
import { imageForPlatform, readBase } from '@pratique/compose';
import type { BaseAdvice, RankedFinding } from '@pratique/contract';
import { type ContentSource, OciError } from '@pratique/oci';
import { adviseBase, type ScannedImage } from '@pratique/scan/base-advice/advise-base';
import { orderTags } from '@pratique/scan/base-advice/order-tags';
import type { Context } from '../context.ts';
import { CliError, EXIT, readCount } from '../exit.ts';
import { openSource } from '../place.ts';
import { imageFor } from '../platform.ts';
import { saidBase } from '../rebase/old-base.ts';
import { examineFrom } from '../scan/examine.ts';
import { matchHere } from '../scan/scan-subject.ts';
import { findBase } from './find-base.ts';
import { splitTag, type TaggedPlace, tagsBeside } from './tags-beside.ts';

export type AdviceOptions = {
  platform: string;
  /** Places of other bases; besides the tags of the base's repository. */
  candidate?: string[];
  /** Where the base is, where the image does not say it, or somebody knows better. */
  base?: string;
  /** Tags of the repository that are scanned at most. */
  limit: string;
  db?: string;
};

type Scanned = ScannedImage & { snapshot: string | null };
export type AdvisedSubject = { advice: BaseAdvice; snapshot: string | null };

const MAX_CANDIDATES = 50;

/** @throws CliError usage where the base is not known; OciError and ScanError as reading and scanning do */
export async function adviseSubject(
  context: Context,
  subject: string,
  options: AdviceOptions,
): Promise<AdvisedSubject> {
  if (/^(?:dir|sbom):/.test(subject)) throw new CliError(EXIT.usage, `${subject} is no image; only images have a base`);
  const limit = Math.min(readCount(options.limit, '--limit'), MAX_CANDIDATES);
  const { source, reference, close } = await openSource(context, subject);
  try {
    const raw = await imageFor(source, reference, options.platform);
    const image = await readBase(source, raw.digest);
    const given = (options.candidate ?? []).map((place) => ({ tag: '', place }));
    const base = await baseOf(context, source, reference, raw.digest, given, options);
    if (base.layers > image.manifest.layers.length)
      throw new CliError(
        EXIT.usage,
        `${subject} does not begin with the ${base.layers} layers of ${base.place ?? base.digest}`,
      );
    const beside = base.place === null ? [] : await tagsBeside(context, base.place).catch(noTags(context));
    const tag = base.place === null ? null : (splitTag(base.place).tag ?? 'latest');
    const order =
      tag === null
        ? []
        : orderTags(
            tag,
            beside.map((one) => one.tag),
            limit,
          );
    const places = order.flatMap((name) => beside.find((one) => one.tag === name) ?? []);
    const scanned = await scan(context, source, raw.digest, subject, options);
    const found: { reference: string; digest: string; scan: Scanned }[] = [];
    const unknown: BaseAdvice['unknown'] = [];
    const seen = new Set<string>();
    for (const { place } of [...given, ...places]) {
      if (seen.has(place)) continue;
      seen.add(place);
      const one = await scanPlace(context, place, image, options);
      if (typeof one === 'string') unknown.push({ reference: place, detail: one });
      else found.push({ reference: place, ...one });
    }
    const baseScan =
      found.find((one) => one.digest === base.digest) ??
      (base.place === null ? null : await scanPlace(context, atDigest(base.place, base.digest), image, options));
    const advice = adviseBase({
      image: scanned,
      baseLayers: new Set(image.manifest.layers.slice(0, base.layers).map(({ digest }) => digest)),
      base: baseScan === null || typeof baseScan === 'string' ? null : baseScan.scan,
      candidates: found.filter((one) => one.digest !== base.digest),
    });
    return {
      advice: {
        subject,
        digest: raw.digest,
        base: { reference: base.place, digest: base.digest, layers: base.layers, known: base.known },
        ...advice,
        unknown,
      },
      snapshot: scanned.snapshot,
    };
  } finally {
    context.progress.end();
    await close();
  }
}

const noTags =
  (context: Context) =>
  (error: unknown): TaggedPlace[] => {
    if (!(error instanceof OciError)) throw error;
    context.note(`The tags beside the base cannot be listed: ${error.message}\n`);
    return [];
  };

const atDigest = (place: string, digest: string): string =>
  /^(?:oci|docker-archive|podman|containerd|docker):/.test(place) ? place : `${splitTag(place).at}@${digest}`;

type KnownBase = { place: string | null; digest: string; layers: number; known: BaseAdvice['base']['known'] };

/** What somebody says, what the image says, or what it begins with; each is held against its layers. */
async function baseOf(
  context: Context,
  source: ContentSource,
  reference: string,
  digest: string,
  given: readonly TaggedPlace[],
  options: AdviceOptions,
): Promise<KnownBase> {
  if (options.base !== undefined) {
    const beside = [
      { tag: '', place: options.base },
      ...(await tagsBeside(context, options.base).catch(noTags(context))),
    ];
    const found =
      (await findBase(context, source, digest, beside.slice(0, 1))) ??
      (await findBase(context, source, digest, beside));
    if (found) return { ...found, known: 'given' };
    throw new CliError(
      EXIT.usage,
      `the image begins neither with the layers of ${options.base} nor with those of a tag beside it`,
    );
  }
  const said = await saidBase(source, reference);
  if (said.digest !== null) {
    const place = said.name;
    const places = [{ tag: '', place: place === null ? '' : atDigest(place, said.digest) }].filter(
      (one) => one.place !== '',
    );
    const found = await findBase(context, source, digest, places);
    if (found) return { ...found, place, known: 'said' };
    const beside = await layersBeside(source, said.digest, options.platform);
    if (beside !== null) return { place, digest: beside.digest, layers: beside.layers, known: 'said' };
  }
  if (said.name !== null) {
    const found = await findBase(context, source, digest, [{ tag: '', place: said.name }]);
    if (found) return { ...found, known: 'said' };
  }
  const found = await findBase(context, source, digest, given);
  if (found) return { ...found, known: 'layers' };
  throw new CliError(
    EXIT.usage,
    'what the image was built on is not known: it does not say it, or its base is not to be had; name it with --base',
  );
}

async function layersBeside(source: ContentSource, digest: string, platform: string) {
  try {
    const raw = await imageForPlatform(source, digest, platform);
    const base = raw && (await readBase(source, raw.digest));
    return base && { digest: base.raw.digest, layers: base.config.rootfs.diff_ids.length };
  } catch (error) {
    if (error instanceof OciError) return null;
    throw error;
  }
}

/** @returns why it could not be scanned, in words */
async function scanPlace(
  context: Context,
  place: string,
  image: Awaited<ReturnType<typeof readBase>>,
  options: AdviceOptions,
): Promise<{ digest: string; scan: Scanned } | string> {
  const { os = 'linux', architecture = 'amd64' } = image.config;
  const { source, reference, close } = await openSource(context, place);
  try {
    const raw = await imageForPlatform(source, reference, `${os}/${architecture}`);
    if (!raw) return `it has no image for ${os}/${architecture}`;
    return { digest: raw.digest, scan: await scan(context, source, raw.digest, place, options) };
  } catch (error) {
    if (error instanceof OciError || error instanceof CliError) return error.message;
    throw error;
  } finally {
    await close();
  }
}

async function scan(
  context: Context,
  source: ContentSource,
  digest: string,
  subject: string,
  { platform, db }: AdviceOptions,
): Promise<Scanned> {
  const examined = await examineFrom(context, source, digest, subject, { platform, cache: true, scanners: ['vuln'] });
  const { packages, findings } = await matchHere(context, examined, db === undefined ? {} : { db });
  return { packages, findings, snapshot: snapshotOf(findings) };
}

const snapshotOf = ([first]: readonly RankedFinding[]): string | null => first?.evidence.snapshot ?? null;
