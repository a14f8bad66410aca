/** Which distribution an image is of, in its own words. */
import type { Tree } from '../files/tree.ts';

/** @returns ID of os-release; empty where it says none @see os-release(5) */
export function distributionOf(tree: Tree): string {
  const text = tree.readText('/etc/os-release') ?? tree.readText('/usr/lib/os-release') ?? '';
  for (const line of text.split('\n').slice(0, 200)) {
    const [, id] = /^ID=["']?([a-z0-9._-]{1,50})["']?\s*$/.exec(line) ?? [];
    if (id !== undefined) return id;
  }
  return '';
}
