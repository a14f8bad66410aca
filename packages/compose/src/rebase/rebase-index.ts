/** Rebases the images of an index one by one, each on the new base's image of its platform, and puts it together again. */
import type { RebaseResult } from '@pratique/contract';
import { type ContentSource, type Descriptor, parseManifest, type RawManifest } from '@pratique/oci';
import { ComposeError } from '../error.ts';
import { imageForPlatform, platformOf } from './read-base.ts';
import { type RebasedImage, type RebaseOptions, rebaseImage } from './rebase.ts';
import { BASE_DIGEST, BASE_NAME, digestOf } from './write-rebased.ts';

export type RebasedIndex = {
  /** The new index, or the one that was given where nothing changed or something was refused. */
  manifest: RawManifest;
  changed: boolean;
  results: RebaseResult[];
  source: ContentSource;
};

/** What BuildKit says of a descriptor that describes another image of the same index. */
const ABOUT = 'vnd.docker.reference.digest';

/**
 * All images or none: an index of which half stands on another base is nobody's wish. Statements in the index about
 * images that changed are left out, since they speak of the originals.
 *
 * @param options as for `rebaseImage`; references may be of indexes
 * @throws ComposeError as `rebaseImage`; `image-unsupported` where the reference is no index
 */
export async function rebaseIndex(options: RebaseOptions): Promise<RebasedIndex> {
  const raw = await options.source.manifest(options.reference);
  const parsed = parseManifest(raw.bytes, raw.mediaType);
  if (parsed.kind !== 'index') throw new ComposeError('image-unsupported', `${raw.digest} is one image, not an index`);
  const rebased = new Map<string, RebasedImage>();
  for (const descriptor of parsed.manifest.manifests) {
    const platform = platformOf(descriptor);
    if (platform !== null) rebased.set(descriptor.digest, await rebaseChild(options, descriptor, platform));
  }
  const results = [...rebased.values()].map(({ result }) => result);
  const unchanged = { manifest: raw, changed: false, results, source: options.source };
  if (results.some(({ conflicts }) => conflicts.length > 0))
    return { ...unchanged, results: results.map((result) => ({ ...result, to: null })) };
  if (results.every(({ to }) => to === null)) return unchanged;
  const isChanged = (digest: string) => rebased.get(digest)?.result.to != null;
  const manifests = parsed.manifest.manifests
    .filter(({ annotations }) => !isChanged(annotations?.[ABOUT] ?? ''))
    .map((descriptor) => {
      const now = rebased.get(descriptor.digest)?.manifest;
      return now && isChanged(descriptor.digest)
        ? { ...descriptor, mediaType: now.mediaType, digest: now.digest, size: now.bytes.length }
        : descriptor;
    });
  const { name, digest } = options.identity;
  const annotations = {
    ...parsed.manifest.annotations,
    [BASE_DIGEST]: digest,
    ...(name === null ? {} : { [BASE_NAME]: name }),
  };
  const bytes = Buffer.from(JSON.stringify({ ...parsed.manifest, manifests, annotations }));
  const manifest: RawManifest = { digest: digestOf(bytes), mediaType: raw.mediaType, bytes };
  return { manifest, changed: true, results, source: serve(options.source, manifest, [...rebased.values()]) };
}

async function rebaseChild(options: RebaseOptions, child: Descriptor, platform: string): Promise<RebasedImage> {
  const { oldBase, newBase } = options;
  const old = await imageForPlatform(oldBase.source, oldBase.reference, platform);
  const now = await imageForPlatform(newBase.source, newBase.reference, platform);
  if (old && now)
    return rebaseImage({
      ...options,
      reference: child.digest,
      oldBase: { source: oldBase.source, reference: old.digest },
      newBase: { source: newBase.source, reference: now.digest },
    });
  const which = old ? 'new' : 'old';
  const manifest = await options.source.manifest(child.digest);
  const unknown = (
    await (which === 'new' ? newBase : oldBase).source.manifest(which === 'new' ? newBase.reference : oldBase.reference)
  ).digest;
  return {
    manifest,
    source: options.source,
    result: {
      from: child.digest,
      to: null,
      platform,
      oldBase: old?.digest ?? unknown,
      newBase: now?.digest ?? unknown,
      layers: { replaced: 0, with: 0, kept: 0 },
      conflicts: [{ kind: 'platform', path: null, detail: `the ${which} base has no image for ${platform}` }],
      moreConflicts: 0,
      settings: [],
      gone: [],
      left: [],
      new: [],
    },
  };
}

/** Layers of several images may come from the same source; each is asked by what it made itself first. */
function serve(source: ContentSource, manifest: RawManifest, images: readonly RebasedImage[]): ContentSource {
  const byManifest = new Map(images.map((image) => [image.manifest.digest, image]));
  const owners = new Map<string, ContentSource>();
  for (const { manifest: own, source: from } of images) {
    const parsed = parseManifest(own.bytes, own.mediaType);
    if (parsed.kind === 'image')
      for (const { digest } of [parsed.manifest.config, ...parsed.manifest.layers]) owners.set(digest, from);
  }
  const ownerOf = ({ digest }: Descriptor) => owners.get(digest) ?? source;
  return {
    manifest: async (wanted) =>
      wanted === manifest.digest ? manifest : (byManifest.get(wanted)?.manifest ?? source.manifest(wanted)),
    blob: (descriptor) => ownerOf(descriptor).blob(descriptor),
    file: (descriptor) => ownerOf(descriptor).file?.(descriptor) ?? null,
    referrers: async (digest) => (digest === manifest.digest || byManifest.get(digest) ? [] : source.referrers(digest)),
  };
}
