/** The one name of an image that has several spellings, as containerd and Docker read them. */
import { parseReference } from '@pratique/oci';

export type CanonicalImage = {
  /** `host[:port]` in lower case; `docker.io` for Docker Hub. */
  host: string;
  /** Path at the registry; Docker Hub's own images are below `library/`. */
  repository: string;
  /** `HOST/REPOSITORY`: what policies match. */
  name: string;
  tag: string | null;
  digest: string | null;
};

/**
 * `nginx`, `docker.io/nginx` and `index.docker.io/library/nginx` are one image. The port 443 is left out: a rule about
 * `ghcr.io/acme/**` must not be evaded as `ghcr.io:443/acme/app`.
 *
 * @throws OciError `reference-invalid`
 * @see distribution/reference, ParseDockerRef
 */
export function canonicalImage(text: string): CanonicalImage {
  const { host: given, name, tag, digest } = parseReference(text);
  const lower = (given ?? 'docker.io').toLowerCase().replace(/:0*443$/, '');
  const host = lower === 'index.docker.io' ? 'docker.io' : lower;
  const repository = host === 'docker.io' && !name.includes('/') ? `library/${name}` : name;
  return { host, repository, name: `${host}/${repository}`, tag, digest };
}
