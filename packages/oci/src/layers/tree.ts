/** The merged, read-only file system of an image: what a container would see, without unpacking anything. */

export type NodeKind = 'file' | 'directory' | 'symlink' | 'character-device' | 'block-device' | 'fifo';

export type TreeNode = {
  name: string;
  kind: NodeKind;
  mode: number;
  size: number;
  uid: number;
  gid: number;
  /** Target of a symlink, as written. */
  target: string | null;
  /** Index of the layer that wrote the node last. */
  layer: number;
  /** sha256 in hex, where the examination asked for it. */
  sha256: string | null;
  /** Content, where the examination asked for it and limits allowed. */
  content: Buffer | null;
  /** Why a content that was asked for is not there. */
  unread: 'too-large' | 'sparse' | null;
  /** The first bytes' verdict: what the file is, as far as the examination said. */
  marks: readonly string[];
  parent: TreeNode | null;
  children: Map<string, TreeNode> | null;
  /** Layer whose whiteouts have already taken away everything of lower layers below; -1 for none. */
  pruned: number;
};

export type NodeFields = Pick<TreeNode, 'kind' | 'mode' | 'size' | 'uid' | 'gid' | 'target' | 'layer'>;

/** Something in an archive that was left out of the tree, and why. */
export type LayerProblem = { layer: number; path: string; reason: string };

const MAX_HOPS = 64;
/** Components that links may add to all look-ups of one tree: chains of long links would cost hours otherwise. */
const MAX_LINK_WORK = 10_000_000;
const MAX_PROBLEMS = 1000;
const NO_MARKS: readonly string[] = [];

export class ImageTree {
  readonly root: TreeNode = makeNode('', null, {
    kind: 'directory',
    mode: 0o755,
    size: 0,
    uid: 0,
    gid: 0,
    target: null,
    layer: -1,
  });
  readonly problems: LayerProblem[] = [];
  /** Problems beyond the number that is listed. */
  problemsLeftOut = 0;
  /** Bytes of content that the tree holds; a shared content counts for each of its names. */
  keptBytes = 0;
  /** Nodes ever made, directories that no entry names included: a few deep names make many. */
  made = 0;
  #linkWork = 0;

  /** True when look-ups have cost so much that links are no longer followed; what they led to is not known then. */
  get linksExhausted(): boolean {
    return this.#linkWork > MAX_LINK_WORK;
  }

  refuse(layer: number, path: string, reason: string): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push({ layer, path: path.slice(0, 512), reason });
    else this.problemsLeftOut += 1;
  }

  /** The node at a path; links on the way are followed inside the root, the last one too unless `follow` is false. */
  lookup(path: string, follow = true): TreeNode | null {
    return this.#walk(path.split('/'), follow, null);
  }

  /** The directory with these components, made where it is missing; null when a file or a loop of links is in the way. */
  ensureDirectory(parts: readonly string[], layer: number): TreeNode | null {
    const node = this.#walk(parts, true, layer);
    return node?.kind === 'directory' ? node : null;
  }

  /** Puts a node into a directory; a directory over a directory keeps its children, anything else replaces. */
  put(directory: TreeNode, name: string, fields: NodeFields): TreeNode {
    const before = directory.children?.get(name);
    if (before?.kind === 'directory' && fields.kind === 'directory') return Object.assign(before, fields);
    const node = makeNode(name, directory, fields);
    this.made += 1;
    if (before) this.#release(before);
    directory.children?.set(name, node);
    return node;
  }

  /** Gives a file a second name. */
  link(directory: TreeNode, name: string, first: TreeNode, layer: number): void {
    const { kind, mode, size, uid, gid, target, sha256, content, unread, marks } = first;
    const node = this.put(directory, name, { kind, mode, size, uid, gid, target, layer });
    Object.assign(node, { sha256, unread, marks });
    this.keep(node, content);
  }

  /** Gives a file its content. */
  keep(node: TreeNode, content: Buffer | null): void {
    node.content = content;
    this.keptBytes += content?.length ?? 0;
  }

  /** Removes what layers below `layer` put under a name; what this layer put there stays, in whatever order it came. */
  whiteout(directory: TreeNode, name: string, layer: number): void {
    const node = directory.children?.get(name);
    if (node && this.#prune(node, layer)) directory.children?.delete(name);
  }

  /** Removes all children of a directory that come from layers below `layer`. */
  opaque(directory: TreeNode, layer: number): void {
    if (directory.pruned === layer) return;
    for (const [name, child] of directory.children ?? [])
      if (this.#prune(child, layer)) directory.children?.delete(name);
    directory.pruned = layer;
  }

  pathOf(node: TreeNode): string {
    const parts: string[] = [];
    for (let at: TreeNode | null = node; at?.parent; at = at.parent) parts.push(at.name);
    return parts.reverse().join('/');
  }

  /** Every node but the root, parents first, names in byte order; links are not followed. */
  *nodes(): Generator<{ path: string; node: TreeNode }> {
    const stack: { path: string; node: TreeNode }[] = [{ path: '', node: this.root }];
    for (let top = stack.pop(); top; top = stack.pop()) {
      if (top.node !== this.root) yield top;
      if (!top.node.children) continue;
      const prefix = top.path === '' ? '' : `${top.path}/`;
      const names = [...top.node.children.keys()].sort((a, b) => (a < b ? 1 : -1));
      for (const name of names) {
        const node = top.node.children.get(name);
        if (node) stack.push({ path: prefix + name, node });
      }
    }
  }

  /**
   * True when the whole node goes; false when something of `layer` lies in it. Iterative, since depth is the
   * attacker's, and no directory is gone through twice for one layer, since repetition is too.
   */
  #prune(node: TreeNode, layer: number): boolean {
    const order: TreeNode[] = [node];
    for (let at = 0; at < order.length; at += 1) {
      const each = order[at];
      if (each && each.pruned !== layer) for (const child of each.children?.values() ?? []) order.push(child);
    }
    for (const each of order.reverse()) {
      const stays = each.layer >= layer || (each.children?.size ?? 0) > 0;
      if (each.kind === 'directory') each.pruned = layer;
      if (stays) continue;
      this.#release(each);
      if (each === node) return true;
      each.parent?.children?.delete(each.name);
    }
    return false;
  }

  /** Counts the contents of a node that goes, and of all below it, as no longer held. */
  #release(node: TreeNode): void {
    const stack = [node];
    for (let at = stack.pop(); at; at = stack.pop()) {
      this.keptBytes -= at.content?.length ?? 0;
      for (const child of at.children?.values() ?? []) stack.push(child);
    }
  }

  #walk(parts: readonly string[], follow: boolean, makeIn: number | null): TreeNode | null {
    const stack = [...parts].reverse();
    let current = this.root;
    let hops = 0;
    for (let part = stack.pop(); part !== undefined; part = stack.pop()) {
      if (part === '' || part === '.') continue;
      if (part === '..') {
        current = current.parent ?? this.root;
        continue;
      }
      if (!current.children) return null;
      let child = current.children.get(part);
      if (!child) {
        if (makeIn === null) return null;
        child = this.put(current, part, {
          kind: 'directory',
          mode: 0o755,
          size: 0,
          uid: 0,
          gid: 0,
          target: null,
          layer: makeIn,
        });
      }
      if (child.kind === 'symlink' && (follow || stack.length > 0)) {
        hops += 1;
        if (hops > MAX_HOPS) return null;
        const target = child.target ?? '';
        if (target.startsWith('/')) current = this.root;
        const steps = target.split('/');
        this.#linkWork += steps.length;
        if (this.#linkWork > MAX_LINK_WORK) return null;
        for (const each of steps.reverse()) stack.push(each);
      } else current = child;
    }
    return current;
  }
}

function makeNode(name: string, parent: TreeNode | null, fields: NodeFields): TreeNode {
  return {
    name,
    ...fields,
    sha256: null,
    content: null,
    unread: null,
    marks: NO_MARKS,
    parent,
    children: fields.kind === 'directory' ? new Map() : null,
    pruned: -1,
  };
}
