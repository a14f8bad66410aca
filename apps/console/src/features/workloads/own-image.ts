/** Which image of this registry a container runs, if it is one. */

export type OwnImage = { repository: string; reference: string };

/**
 * Reads `HOST/ACCOUNT/NAME[:tag][@digest]`.
 *
 * @param digest what the container pins or runs; goes before the tag, which may mean another image by now
 * @returns null for images of other registries and accounts
 */
export function ownImage(image: string, digest: string | null, at: { host: string; account: string }): OwnImage | null {
  const prefix = `${at.host}/${at.account}/`;
  if (!image.startsWith(prefix)) return null;
  const [name = '', pinned] = image.slice(prefix.length).split('@');
  const colon = name.lastIndexOf(':');
  const repository = colon < 0 ? name : name.slice(0, colon);
  const tag = colon < 0 ? 'latest' : name.slice(colon + 1);
  return repository === '' ? null : { repository, reference: digest ?? pinned ?? tag };
}
