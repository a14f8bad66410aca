/** Repairs the images of an index one by one, and puts the index together again. */
import { createHash } from 'node:crypto';
import { type ContentSource, type Descriptor, OciError, parseManifest, type RawManifest } from '@pratique/oci';
import { ComposeError } from '../error.ts';
import { REPAIRED_FROM } from './image/write-image.ts';
import { type RepairedImage, type RepairOptions, repairImage } from './repair.ts';

/** One image of the index: repaired, or why it stays as it is. */
export type RepairedChild = { descriptor: Descriptor } & (
  | { repaired: RepairedImage; skipped: null }
  | { repaired: null; skipped: string }
);

export type RepairedIndex = {
  /** The new index, or the one that was given where no image changed. */
  manifest: RawManifest;
  changed: boolean;
  children: RepairedChild[];
  source: ContentSource;
  close(): Promise<void>;
};

/** What BuildKit says of a descriptor that describes another image of the same index. */
const ABOUT = 'vnd.docker.reference.digest';

/**
 * Statements in the index about an image that changed are left out: they speak of the original. An image of a family or
 * form that cannot be repaired stays; every other fault ends the whole.
 *
 * @throws ComposeError as `repairImage`; `image-unsupported` where the reference is no index
 */
export async function repairIndex(options: RepairOptions): Promise<RepairedIndex> {
  const raw = await options.source.manifest(options.reference);
  const parsed = parseManifest(raw.bytes, raw.mediaType);
  if (parsed.kind !== 'index') throw new ComposeError('image-unsupported', `${raw.digest} is one image, not an index`);
  const children: RepairedChild[] = [];
  const close = async () => {
    for (const { repaired } of children) await repaired?.close();
  };
  try {
    for (const descriptor of parsed.manifest.manifests) children.push(await repairChild(descriptor, options));
  } catch (error) {
    await close();
    throw error;
  }
  const replaced = new Map<string, RawManifest>();
  for (const { descriptor, repaired } of children)
    if (repaired?.result.to) replaced.set(descriptor.digest, repaired.manifest);
  if (replaced.size === 0) return { manifest: raw, changed: false, children, source: options.source, close };
  const manifests = parsed.manifest.manifests
    .filter(({ annotations }) => !replaced.has(annotations?.[ABOUT] ?? ''))
    .map((descriptor) => {
      const now = replaced.get(descriptor.digest);
      return now ? { ...descriptor, digest: now.digest, size: now.bytes.length } : descriptor;
    });
  const annotations = {
    ...parsed.manifest.annotations,
    [REPAIRED_FROM]: parsed.manifest.annotations?.[REPAIRED_FROM] ?? raw.digest,
  };
  const bytes = Buffer.from(JSON.stringify({ ...parsed.manifest, manifests, annotations }));
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const manifest: RawManifest = { digest, mediaType: raw.mediaType, bytes };
  return { manifest, changed: true, children, source: serve(options.source, manifest, children), close };
}

async function repairChild(descriptor: Descriptor, options: RepairOptions): Promise<RepairedChild> {
  if (descriptor.annotations?.[ABOUT] !== undefined)
    return { descriptor, repaired: null, skipped: 'it is a statement about another image' };
  if (descriptor.platform && descriptor.platform.os !== 'linux')
    return { descriptor, repaired: null, skipped: `it is for ${descriptor.platform.os}` };
  try {
    return { descriptor, repaired: await repairImage({ ...options, reference: descriptor.digest }), skipped: null };
  } catch (error) {
    if (error instanceof ComposeError && error.code === 'image-unsupported')
      return { descriptor, repaired: null, skipped: error.message };
    throw error;
  }
}

/** Each part comes from the image that has it. */
function serve(source: ContentSource, index: RawManifest, children: RepairedChild[]): ContentSource {
  const sources = children.flatMap(({ repaired }) => (repaired?.result.to ? [repaired.source] : []));
  const first = async <T>(ask: (from: ContentSource) => Promise<T>): Promise<T> => {
    for (const from of sources) {
      try {
        return await ask(from);
      } catch (error) {
        if (!(error instanceof OciError && error.code === 'not-found')) throw error;
      }
    }
    return ask(source);
  };
  return {
    manifest: (wanted) => (wanted === index.digest ? Promise.resolve(index) : first((from) => from.manifest(wanted))),
    blob: (descriptor) => first((from) => from.blob(descriptor)),
    referrers: (digest) => (digest === index.digest ? Promise.resolve([]) : first((from) => from.referrers(digest))),
  };
}
