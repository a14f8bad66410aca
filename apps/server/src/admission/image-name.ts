/** Which image of ours a name in a pod means, if any. */
import { OciError, parseReference } from '@pratique/oci';
import { type CanonicalImage, canonicalImage } from '@pratique/sign';

export type NamedImage = { account: string; repository: string; tag: string | null; digest: string | null };
export type ImageName =
  | { outcome: 'ours'; image: NamedImage }
  | { outcome: 'foreign'; image: CanonicalImage }
  | { outcome: 'invalid'; message: string };

/** Hosts by which references may name this registry, in lower case. */
export function registryHosts(publicUrl: string, aliases: readonly string[]): Set<string> {
  const url = new URL(publicUrl);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const hosts = [url.host, `${url.hostname}:${port}`, ...aliases];
  return new Set(hosts.map((host) => host.toLowerCase()));
}

/** A name without a host means Docker Hub to every runtime, so it is never ours. */
export function readImageName(image: string, hosts: ReadonlySet<string>): ImageName {
  try {
    const { host, name, tag, digest } = parseReference(image);
    if (host === null || !hosts.has(host.toLowerCase())) return { outcome: 'foreign', image: canonicalImage(image) };
    const slash = name.indexOf('/');
    if (slash < 0) return { outcome: 'invalid', message: 'images of this registry are named HOST/ACCOUNT/NAME' };
    // A runtime that is given neither pulls latest.
    return {
      outcome: 'ours',
      image: {
        account: name.slice(0, slash),
        repository: name.slice(slash + 1),
        tag: tag ?? (digest === null ? 'latest' : null),
        digest,
      },
    };
  } catch (error) {
    return { outcome: 'invalid', message: error instanceof OciError ? error.message : 'it is no image reference' };
  }
}
