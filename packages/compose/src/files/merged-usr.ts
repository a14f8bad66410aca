/** The root as Debian lays it out since bookworm: /bin, /sbin and /lib* are links into /usr (file-hierarchy(7)). */
import type { Tree } from './tree.ts';

const ALIASES = ['bin', 'lib', 'sbin'] as const;
/** Architectures whose dynamic loader is named by the ABI to live in another directory. */
const LOADER_DIRECTORIES: Record<string, readonly string[]> = { amd64: ['lib64'], ppc64el: ['lib64'], s390x: [] };

/** Makes the links before anything is unpacked, as a bootstrap does; packages then unpack through them. */
export function makeMergedRoot(tree: Tree, architecture: string): void {
  for (const name of [...ALIASES, ...(LOADER_DIRECTORIES[architecture] ?? [])]) {
    tree.makeDirectory(`usr/${name}`);
    tree.link(name, `usr/${name}`);
  }
}
