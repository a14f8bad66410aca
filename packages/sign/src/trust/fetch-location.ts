/** Where an image's bytes are fetched from: its own registry, or the mirror that the policy names. */
import type { TrustPolicy } from '@pratique/contract';
import type { CanonicalImage } from './canonical-image.ts';

export type FetchLocation = { host: string; repository: string };

/** Docker Hub's registry answers under another name than its images carry. */
const HUB = { 'docker.io': 'registry-1.docker.io' } as const;

/** The longest prefix counts; a prefix ends at a slash. The digest is checked whatever the mirror says. */
export function fetchLocation(policy: Pick<TrustPolicy, 'mirrors'>, image: CanonicalImage): FetchLocation {
  const [mirror] = policy.mirrors
    .filter(({ prefix }) => image.name === prefix || image.name.startsWith(`${prefix}/`))
    .sort((a, b) => b.prefix.length - a.prefix.length);
  const name = mirror ? `${mirror.mirror}${image.name.slice(mirror.prefix.length)}` : image.name;
  const slash = name.indexOf('/');
  const host = name.slice(0, slash);
  return { host: host === 'docker.io' ? HUB['docker.io'] : host, repository: name.slice(slash + 1) };
}
