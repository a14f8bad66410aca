/** What one tree has that another has not: the layer that turns the first into the second. */
import { inMemory } from '../../files/content.ts';
import { type Directory, type File, type Node, Tree } from '../../files/tree.ts';

export type Difference = {
  /** What is new or changed, with the directories that lead there as they are. */
  tree: Tree;
  /** Nodes of that tree that delete a name of the lower layers. */
  whiteouts: Set<Node>;
  /** Paths that were added, changed or deleted; directories only where they themselves changed. */
  paths: string[];
};

type Step = { path: string; before: Directory | null; after: Directory };

/**
 * Compares content, kind, mode, owner and attributes; a file that is merely newer is not different. Where one name of a
 * hard link changed, all of its names are in the result: a layer cannot link to a file that another layer holds.
 */
export function differenceBetween(before: Tree, after: Tree, now: number): Difference {
  const changed = new Set<Node>();
  const gone = new Map<Directory, string[]>();
  const paths: string[] = [];
  const steps: Step[] = [{ path: '', before: before.root, after: after.root }];
  for (let step = steps.pop(); step; step = steps.pop()) {
    for (const name of step.before?.entries.keys() ?? []) {
      if (step.after.entries.has(name)) continue;
      gone.set(step.after, [...(gone.get(step.after) ?? []), name]);
      paths.push(`${step.path}/${name}`);
    }
    for (const [name, node] of step.after.entries) {
      const old = step.before?.entries.get(name) ?? null;
      const path = `${step.path}/${name}`;
      if (!old || !isSame(old, node)) {
        changed.add(node);
        paths.push(path);
      }
      if (node.kind === 'directory') steps.push({ path, before: old?.kind === 'directory' ? old : null, after: node });
    }
  }
  const whiteouts = new Set<Node>();
  const tree = new Tree(now);
  const root = keep(after.root, changed, gone, whiteouts, now);
  for (const [name, node] of root?.entries ?? []) tree.root.entries.set(name, node);
  return { tree, whiteouts, paths: paths.sort() };
}

/** The part of a directory that is in the layer; null where nothing is. */
function keep(
  directory: Directory,
  changed: Set<Node>,
  gone: Map<Directory, string[]>,
  whiteouts: Set<Node>,
  now: number,
): Directory | null {
  const entries = new Map<string, Node>();
  for (const name of gone.get(directory) ?? []) {
    const whiteout: File = { kind: 'file', mode: 0o644, uid: 0, gid: 0, mtime: now, content: inMemory('') };
    whiteouts.add(whiteout);
    entries.set(`.wh.${name}`, whiteout);
  }
  for (const [name, node] of directory.entries) {
    if (node.kind !== 'directory') {
      if (changed.has(node)) entries.set(name, node);
      continue;
    }
    const inner = keep(node, changed, gone, whiteouts, now);
    if (inner) entries.set(name, inner);
    else if (changed.has(node)) entries.set(name, { ...node, entries: new Map() });
  }
  return entries.size > 0 ? { ...directory, entries } : null;
}

function isSame(a: Node, b: Node): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind === 'symlink' && b.kind === 'symlink') return a.target === b.target && a.uid === b.uid && a.gid === b.gid;
  if (a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid) return false;
  if (a.kind === 'file' && b.kind === 'file') return sameAttributes(a, b) && sameContent(a, b);
  if ('major' in a && 'major' in b) return a.major === b.major && a.minor === b.minor;
  return true;
}

function sameAttributes(a: File, b: File): boolean {
  if (!(a.capabilities ?? EMPTY).equals(b.capabilities ?? EMPTY)) return false;
  if ((a.xattrs?.size ?? 0) !== (b.xattrs?.size ?? 0)) return false;
  return [...(a.xattrs ?? [])].every(([name, value]) => b.xattrs?.get(name) === value);
}

function sameContent(a: File, b: File): boolean {
  if (a.content === b.content) return true;
  return a.content.size === b.content.size && a.content.read().equals(b.content.read());
}

const EMPTY = Buffer.alloc(0);
