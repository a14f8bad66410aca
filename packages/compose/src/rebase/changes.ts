/** The trees that a rebase compares, and what differs between them. */
import type { Node, Tree } from '../files/tree.ts';

export type RebaseTrees = {
  oldBase: Tree;
  newBase: Tree;
  /** The image as it is, and as it would be. */
  application: Tree;
  rebased: Tree;
  /** Paths that the application's layers changed, added or deleted; deleted folders stand for all in them. */
  own: ReadonlySet<string>;
  /** Likewise what the new base has otherwise than the old one. */
  moved: ReadonlySet<string>;
  /** Paths as the application's archives write them. */
  written: ReadonlySet<string>;
};

/** Caches, logs and lists that nothing relies on: whoever wrote them last is right. */
const VOLATILE =
  /^\/(?:tmp|run|var\/(?:tmp|run|cache|log)|var\/lib\/apt\/(?:lists|extended_states)|root\/\.(?:cache|npm)|etc\/(?:hostname|hosts|resolv\.conf|mtab|machine-id))(?:\/|$)|\/__pycache__(?:\/|$)|^\/var\/lib\/(?:dpkg|apt)\/[^/]*-old$|^\/var\/lib\/dpkg\/lock/;

export const isVolatile = (path: string): boolean => VOLATILE.test(path);

/** What both sides changed, by path; what one side changed below what the other deleted or replaced is of both. */
export function changedByBoth(trees: RebaseTrees): string[] {
  const { own, moved, oldBase, newBase, application } = trees;
  const found = new Set<string>();
  for (const path of own) {
    const above = moved.has(path) ? null : ancestorIn(path, moved, newBase);
    // A folder that the new base lacks is made again; only what stood in it before is of both.
    if (moved.has(path) || (above !== null && (newBase.lfind(above) !== null || oldBase.lfind(path) !== null)))
      found.add(path);
  }
  for (const path of moved) if (ancestorIn(path, own, application) !== null) found.add(path);
  return [...found].filter((path) => !isVolatile(path)).sort();
}

/** A folder above that changed and is none any more; one that merely has another mode does not count. */
function ancestorIn(path: string, paths: ReadonlySet<string>, tree: Tree): string | null {
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
    const folder = path.slice(0, at);
    if (paths.has(folder) && tree.lfind(folder)?.kind !== 'directory') return folder;
  }
  return null;
}

export function isSameNode(a: Node | null, b: Node | null): boolean {
  if (a === null || b === null || a.kind !== b.kind) return a === b;
  if (a.kind === 'symlink' && b.kind === 'symlink') return a.target === b.target;
  if (a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid) return false;
  if (a.kind === 'file' && b.kind === 'file')
    return a.content.size === b.content.size && (a.content === b.content || a.content.read().equals(b.content.read()));
  return true;
}

export function describeNode(node: Node | null): string {
  if (node === null) return 'nothing';
  return node.kind === 'symlink' ? `a link to ${node.target}` : node.kind === 'file' ? 'a file' : `a ${node.kind}`;
}
