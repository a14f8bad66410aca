/** Finds the base that an image was built on: by what somebody says, or by what the image says of itself. */
import { buffer } from 'node:stream/consumers';
import { type ContentSource, OciError, parseManifest, verifyStream } from '@pratique/oci';
import { z } from 'zod';
import { findBase } from '../base-advice/find-base.ts';
import { tagsBeside } from '../base-advice/tags-beside.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import type { OpenSource } from '../open-source.ts';
import { openSource } from '../place.ts';
import { DEFAULT_PLATFORM, imageFor } from '../platform.ts';

/** image-spec 1.1, annotations.md */
const NAME = 'org.opencontainers.image.base.name';
const DIGEST = 'org.opencontainers.image.base.digest';

export type SaidBase = { name: string | null; digest: string | null };

const Labels = z.looseObject({
  config: z.looseObject({ Labels: z.record(z.string(), z.string()).nullish().catch(null) }).nullish(),
});
const MAX_CONFIG_BYTES = 16 * 1024 * 1024;

/** What annotations say, else labels; of an index its own annotations, else its first image's. */
export async function saidBase(source: ContentSource, reference: string): Promise<SaidBase> {
  const raw = await source.manifest(reference);
  const parsed = parseManifest(raw.bytes, raw.mediaType);
  const said = baseIn(parsed.manifest.annotations ?? {});
  if (said.name !== null || said.digest !== null) return said;
  if (parsed.kind === 'index') {
    const child = parsed.manifest.manifests.find(({ platform }) => platform && platform.os !== 'unknown');
    const own = baseIn(child?.annotations ?? {});
    if (!child || own.name !== null || own.digest !== null) return own;
    return saidBase(source, child.digest);
  }
  const { config } = parsed.manifest;
  if (!parsed.runnable || config.size > MAX_CONFIG_BYTES) return said;
  const bytes = await buffer((await source.blob(config)).pipe(verifyStream(config)));
  try {
    return baseIn(Labels.parse(JSON.parse(bytes.toString('utf8'))).config?.Labels ?? {});
  } catch {
    return said;
  }
}

function baseIn(said: Readonly<Record<string, string>>): SaidBase {
  const digest = said[DIGEST];
  const name = said[NAME];
  return {
    name: name === undefined ? null : registryReference(name),
    digest: digest !== undefined && /^sha256:[a-f0-9]{64}$/.test(digest) ? digest : null,
  };
}

/**
 * The image's own word, so it may lead to a registry only, never to a folder or an engine of this machine. What names no
 * host is of Docker Hub, as builders mean it.
 */
export function registryReference(name: string): string | null {
  if (name.length > 500) return null;
  const match =
    /^(?:((?:[a-z0-9-]+\.)+[a-z0-9-]+(?::\d{1,5})?|[a-z0-9-]+:\d{1,5}|localhost)\/)?([a-z0-9]+(?:[._/-]+[a-z0-9]+)*)(:[A-Za-z0-9_][\w.-]{0,127})?(@sha256:[a-f0-9]{64})?$/.exec(
      name,
    );
  if (!match) return null;
  const [, host = 'docker.io', path = '', tag = '', digest = ''] = match;
  return `${host}/${path}${tag}${digest}`;
}

/**
 * Looks for the digest beside the image and beside the new base, then where the base's name leads.
 * @param base where the new base is, as the user writes it: tags beside it may be the old one
 * @param given what the user says; wins over what the image says
 * @throws CliError usage where nothing says what the base is, or it is nowhere
 */
export async function openOldBase(
  context: Context,
  image: OpenSource,
  newBase: OpenSource,
  base: string,
  given: string | undefined,
): Promise<OpenSource> {
  if (given !== undefined) return openSource(context, given);
  const { name, digest } = await saidBase(image.source, image.reference);
  if (digest !== null)
    for (const { source } of [image, newBase])
      if (await has(source, digest)) return { source, reference: digest, name, close: async () => {} };
  if (name === null && digest === null) {
    const platform = DEFAULT_PLATFORM; // of an index any image tells its base
    const { digest: own } = await imageFor(image.source, image.reference, platform);
    const found = await findBase(context, image.source, own, await tagsBeside(context, base));
    if (found !== null) return openSource(context, found.place);
  }
  if (name === null)
    throw new CliError(
      EXIT.usage,
      digest === null
        ? 'the image does not say what it was built on, and begins with the layers of no tag beside the new base; say it with --old-base'
        : `the image was built on ${digest}, which is neither beside it nor beside the new base; say where it is with --old-base`,
    );
  const plain = name.replace(/@sha256:[a-f0-9]{64}$/, '');
  const opened = await openSource(context, digest === null ? name : `${plain.replace(/:[^/:]*$/, '')}@${digest}`);
  if (await has(opened.source, opened.reference)) return opened;
  await opened.close();
  throw new CliError(EXIT.usage, `the old base ${name} cannot be found; say where it is with --old-base`);
}

async function has(source: ContentSource, reference: string): Promise<boolean> {
  try {
    await source.manifest(reference);
    return true;
  } catch (error) {
    // A place that may not be asked does not have it as far as anybody here can tell.
    if (error instanceof OciError) return false;
    throw error;
  }
}
