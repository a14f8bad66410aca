/** Names of images inside archives, compared the way Docker completes them. */

/** True when both mean the same image: `app`, `app:latest` and `docker.io/library/app:latest` do; so does a bare tag. */
export function matchesName(saved: string, asked: string): boolean {
  const full = complete(saved);
  return full === complete(asked) || (asked !== '' && full.slice(full.lastIndexOf(':') + 1) === asked);
}

function complete(name: string): string {
  const tagged = name.lastIndexOf(':') > name.lastIndexOf('/') ? name : `${name}:latest`;
  const bare = tagged.replace(/^(?:index\.)?docker\.io\//, '');
  return bare.replace(/^library\//, '');
}
