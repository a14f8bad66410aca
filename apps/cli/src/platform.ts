/** Chooses one image of an index. */
import { type ContentSource, type Descriptor, parseManifest, type RawManifest } from '@pratique/oci';
import { CliError, EXIT } from './exit.ts';

export const DEFAULT_PLATFORM = 'linux/amd64';
const MAX_LEVELS = 4;

/**
 * The image that `reference` names: of an index, the one for the platform, or the only one.
 * @param platform `os/architecture[/variant]`
 * @throws CliError usage when there is none for the platform
 */
export async function imageFor(source: ContentSource, reference: string, platform: string): Promise<RawManifest> {
  let raw = await source.manifest(reference);
  for (let level = 0; level < MAX_LEVELS; level += 1) {
    const parsed = parseManifest(raw.bytes, raw.mediaType);
    if (parsed.kind === 'image') return raw;
    // Attestations that build tools put beside images are for no platform.
    const images = parsed.manifest.manifests.filter((entry) => entry.platform?.os !== 'unknown');
    const child = images.find((entry) => matches(entry, platform)) ?? (images.length === 1 ? images[0] : undefined);
    if (!child)
      throw new CliError(
        EXIT.usage,
        `${reference || 'the index'} has no image for ${platform}; it has ${images.map(platformOf).join(', ') || 'none at all'}. Choose with --platform`,
      );
    raw = await source.manifest(child.digest);
  }
  throw new CliError(EXIT.fault, `${reference} is an index of indexes of indexes`);
}

function matches(entry: Descriptor, platform: string): boolean {
  const own = platformOf(entry);
  return own === platform || own.startsWith(`${platform}/`);
}

function platformOf({ platform }: Descriptor): string {
  if (!platform) return 'unnamed';
  return [platform.os, platform.architecture, platform.variant].filter((part) => part).join('/');
}
