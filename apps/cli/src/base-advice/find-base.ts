/** Finds the base of an image among candidates: the one with the most layers that the image begins with. */
import { beginsWith, imageForPlatform, readBase } from '@pratique/compose';
import { type ContentSource, OciError } from '@pratique/oci';
import type { Context } from '../context.ts';
import { openSource } from '../place.ts';
import type { TaggedPlace } from './tags-beside.ts';

/** Configurations that are read to find a base. */
const MAX_TRIED = 100;

export type FoundBase = { place: string; digest: string; layers: number };

/** @param digest of the image itself, which stands on something smaller than itself */
export async function findBase(
  context: Context,
  source: ContentSource,
  digest: string,
  candidates: readonly TaggedPlace[],
): Promise<FoundBase | null> {
  const image = await readBase(source, digest);
  const { os = 'linux', architecture = 'amd64' } = image.config;
  let best: FoundBase | null = null;
  for (const { place } of candidates.slice(0, MAX_TRIED)) {
    const opened = await openSource(context, place);
    try {
      const raw = await imageForPlatform(opened.source, opened.reference, `${os}/${architecture}`);
      const base = raw && (await readBase(opened.source, raw.digest));
      const layers = base?.config.rootfs.diff_ids.length ?? 0;
      const smaller = layers > 0 && layers < image.config.rootfs.diff_ids.length;
      if (base && smaller && beginsWith(image, base) && layers > (best?.layers ?? 0))
        best = { place, digest: base.raw.digest, layers };
    } catch (error) {
      // What is no image, or cannot be read, is no base; the search goes on.
      if (!(error instanceof OciError) && !(error instanceof Error && error.name === 'ComposeError')) throw error;
    } finally {
      await opened.close();
    }
  }
  return best;
}
