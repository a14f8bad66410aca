/** Brings names inside archives into one form and refuses those that leave the root. */

/**
 * Lexical normalisation as containerd does it before it resolves links: no leading slash, no `.`, `..` taken away with
 * the component before it.
 * @returns the components (empty for the root), or null when the name leaves the root or holds a NUL
 */
export function splitPath(path: string): string[] | null {
  if (path.includes('\0')) return null;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts;
}
