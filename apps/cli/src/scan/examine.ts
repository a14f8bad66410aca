/** Inventories what a scan is asked about: an image, a folder or an SBOM. */
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { BaselineProfile } from '@pratique/contract';
import { type ContentSource, type Descriptor, ImageManifest, parseManifest, verifyStream } from '@pratique/oci';
import { type Exposure, inventorySbom, rememberLayers } from '@pratique/scan';
import {
  contentRevision,
  type ExaminedImage,
  examineDirectory,
  examineImage,
  type OwnRules,
} from '@pratique/scan/content';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { openSource } from '../place.ts';
import { imageFor } from '../platform.ts';
import { formatBytes } from '../text.ts';
import { cacheOf } from './advisories.ts';
import { type Scanner, wantedContent } from './scanners.ts';

export type Examined = ExaminedImage & {
  reference: string;
  digest: string | null;
  /** Null for what is no image. */
  exposure: Exposure | null;
};

const NOT_EXAMINED = { secrets: null, malware: null, unexamined: null, baseline: null };

export type ExamineOptions = {
  platform: string;
  /** Layers that were read before are not read again. */
  cache: boolean;
  scanners: readonly Scanner[];
  /** Of the baseline's checks; all where it is not given. */
  profile?: BaselineProfile | null;
  /** Rules beside ours. */
  own?: OwnRules;
};

/** What a developer's machine spares for it without being asked. */
const LAYER_CACHE_BYTES = 2 * 1024 ** 3;
const MAX_CONFIG_BYTES = 8 * 1024 * 1024;
const MAX_SBOM_BYTES = 512 * 1024 * 1024;

/** @throws CliError usage; OciError and ScanError for what cannot be read */
export async function examine(context: Context, subject: string, options: ExamineOptions): Promise<Examined> {
  if (subject.startsWith('dir:')) {
    const dir = resolve(context.cwd, subject.slice(4));
    if (!(await stat(dir).catch(() => null))?.isDirectory()) throw new CliError(EXIT.usage, `${dir} is no folder`);
    const examined = await examineDirectory(dir, await wantedContent(context, options.scanners, options));
    return { reference: subject, digest: null, exposure: null, ...examined };
  }
  if (subject.startsWith('sbom:')) {
    const file = resolve(context.cwd, subject.slice(5));
    const found = await stat(file).catch(() => null);
    if (!found?.isFile()) throw new CliError(EXIT.usage, `${file} is no file that can be read`);
    if (found.size > MAX_SBOM_BYTES)
      throw new CliError(EXIT.fault, `${file} has ${found.size} bytes; at most ${MAX_SBOM_BYTES} are read`);
    const inventory = inventorySbom(await readFile(file));
    return { reference: subject, digest: null, inventory, exposure: null, ...NOT_EXAMINED };
  }
  const { source, reference, close } = await openSource(context, subject);
  try {
    return await examineFrom(context, source, reference, subject, options);
  } finally {
    context.progress.end();
    await close();
  }
}

/** An image of a source that is open already. @param subject as it is named in messages */
export async function examineFrom(
  context: Context,
  source: ContentSource,
  reference: string,
  subject: string,
  options: ExamineOptions,
): Promise<Examined> {
  const raw = await imageFor(source, reference, options.platform);
  const parsed = parseManifest(raw.bytes, raw.mediaType);
  if (parsed.kind === 'image' && !parsed.runnable)
    throw new CliError(
      EXIT.usage,
      `${subject} is no image but an artifact (${parsed.manifest.artifactType ?? parsed.manifest.config.mediaType})`,
    );
  const manifest = ImageManifest.parse(parsed.manifest);
  const config = await readConfig(source, manifest.config);
  const layers = manifest.layers.map((descriptor) => ({
    descriptor,
    diffId: null, // taken from the configuration
    open: () => source.blob(descriptor),
    file: source.file?.(descriptor) ?? undefined,
  }));
  const wanted = await wantedContent(context, options.scanners, options);
  const dir = join(cacheOf(context), 'layers');
  const examined = await examineImage({ layers, config }, wanted, {
    ...(options.cache ? { memory: rememberLayers(dir, LAYER_CACHE_BYTES, contentRevision(wanted)) } : {}),
    progress: ({ layer, layers: total, bytes }) =>
      context.progress.update(`layer ${layer + 1} of ${total}, ${formatBytes(bytes)}`, layer, total),
  });
  return { reference: subject, digest: raw.digest, exposure: exposureOf(config), ...examined };
}

/** image-spec 1.1, config.md; what cannot be read counts as not said. */
const Exposed = z.object({
  config: z.object({
    User: z.string().nullish(),
    ExposedPorts: z.record(z.string(), z.unknown()).nullish().catch(null),
  }),
});

function exposureOf(config: unknown): Exposure {
  const { data } = Exposed.safeParse(config);
  return { user: data?.config.User ?? '', ports: Object.keys(data?.config.ExposedPorts ?? {}) };
}

async function readConfig(source: ContentSource, descriptor: Descriptor): Promise<unknown> {
  if (descriptor.size > MAX_CONFIG_BYTES)
    throw new CliError(
      EXIT.fault,
      `the image configuration has ${descriptor.size} bytes; at most ${MAX_CONFIG_BYTES} are read`,
    );
  const content = await source.blob(descriptor);
  const chunks: Buffer[] = [];
  for await (const chunk of content.compose(verifyStream(descriptor)) as AsyncIterable<Buffer>) chunks.push(chunk);
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (cause) {
    throw new CliError(EXIT.fault, 'the image configuration is not JSON', { cause });
  }
}
