/** The image's file system while it is made: inodes in memory, contents in memory or in a spool file. */
import { ComposeError } from '../error.ts';
import type { Content } from './content.ts';

/** `layer` is the index of the layer that an image has it from, where it was read from one. */
type Meta = { mode: number; uid: number; gid: number; mtime: number; layer?: number };
export type Directory = Meta & { kind: 'directory'; entries: Map<string, Node> };
/** `capabilities` is the value of the attribute security.capability; `xattrs` are the other attributes, values as latin1. */
export type File = Meta & {
  kind: 'file';
  content: Content;
  capabilities?: Buffer;
  xattrs?: ReadonlyMap<string, string>;
};
export type Symlink = Meta & { kind: 'symlink'; target: string };
export type Device = Meta & { kind: 'character' | 'block' | 'fifo'; major: number; minor: number };
/** Hard links are one node in several directories. Mode has the permission bits only; mtime is in whole seconds. */
export type Node = Directory | File | Symlink | Device;

const MAX_LINKS = 40;
const MAX_DEPTH = 128;
const MAX_NODES = 2_000_000;

/** A place in a directory: the directory's node, the last name, and what is there now. */
export type Place = { parent: Directory; name: string; path: string; node: Node | null };

/**
 * Paths are byte strings (latin1) with or without a leading slash. Every lookup follows symbolic links inside the tree
 * and `..` stops at the root, so nothing can reach out of it.
 */
export class Tree {
  readonly root: Directory;
  private nodes = 0;
  /** Rises with every change; equal values mean that nothing changed. */
  changes = 0;
  /** The time of what is made here. */
  now: number;

  /** @param now seconds since 1970, the time of everything that is made here */
  constructor(now: number) {
    this.now = now;
    this.root = { kind: 'directory', mode: 0o755, uid: 0, gid: 0, mtime: now, entries: new Map() };
  }

  /** Where a path leads. With `follow`, a link in the last place is followed too. Null if a directory on the way is missing. */
  place(path: string, follow = true): Place | null {
    let budget = MAX_LINKS;
    const stack: Directory[] = [this.root];
    const names: string[] = [];
    const pending = path
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .reverse();
    if (pending.length > MAX_DEPTH) return null;
    let place: Place = { parent: this.root, name: '', path: '/', node: this.root };
    for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
      const here = stack.at(-1) ?? this.root;
      if (part === '..') {
        if (stack.length > 1) {
          stack.pop();
          names.pop();
        }
        place = {
          parent: stack.at(-2) ?? this.root,
          name: names.at(-1) ?? '',
          path: `/${names.join('/')}`,
          node: stack.at(-1) ?? this.root,
        };
        continue;
      }
      const node = here.entries.get(part) ?? null;
      if (node?.kind === 'symlink' && (follow || pending.length > 0)) {
        if (--budget < 0) return null;
        if (node.target.startsWith('/')) {
          stack.length = 1;
          names.length = 0;
        }
        pending.push(
          ...node.target
            .split('/')
            .filter((name) => name !== '' && name !== '.')
            .reverse(),
        );
        const at = stack.at(-1) ?? this.root;
        place = { parent: stack.at(-2) ?? this.root, name: names.at(-1) ?? '', path: `/${names.join('/')}`, node: at };
        continue;
      }
      place = { parent: here, name: part, path: `/${[...names, part].join('/')}`, node };
      if (pending.length === 0) break;
      if (node?.kind !== 'directory') {
        // `missing/..` does not exist; `a/missing` is a place only if it is last.
        return null;
      }
      stack.push(node);
      names.push(part);
    }
    return place;
  }

  /** The node at a path, links followed; null where there is none. */
  find(path: string): Node | null {
    return this.place(path)?.node ?? null;
  }

  /** The node at a path itself, even if it is a link. */
  lfind(path: string): Node | null {
    return this.place(path, false)?.node ?? null;
  }

  /** The bytes of a regular file as a latin1 string; null where there is none. */
  readText(path: string): string | null {
    const node = this.find(path);
    return node?.kind === 'file' ? node.content.read().toString('latin1') : null;
  }

  /** Puts a node where nothing is, or in place of what is there. Directories above it are made as needed. */
  put(path: string, node: Node, follow = true): void {
    const parts = path.split('/').filter((part) => part !== '');
    if (parts.length > 1) this.makeDirectory(parts.slice(0, -1).join('/'));
    const place = this.place(path, follow);
    if (!place || place.name === '')
      throw new ComposeError('file-conflict', `${path} cannot be made: a part of it is not a directory`);
    this.set(place.parent, place.name, node);
  }

  /** Writes a regular file; keeps mode and owner of one that is there. */
  write(path: string, content: Content, mode = 0o644): void {
    const node = this.find(path);
    if (node?.kind === 'file') this.change(node, { content, mtime: this.now });
    else this.put(path, { kind: 'file', mode, uid: 0, gid: 0, mtime: this.now, content });
  }

  link(path: string, target: string): void {
    this.put(path, { kind: 'symlink', mode: 0o777, uid: 0, gid: 0, mtime: this.now, target }, false);
  }

  /** Makes a directory and those above it; leaves existing ones as they are. */
  makeDirectory(path: string, mode = 0o755): void {
    let at = '';
    for (const part of path.split('/').filter((name) => name !== '' && name !== '.')) {
      at += `/${part}`;
      const place = this.place(at);
      if (place?.node?.kind === 'directory') continue;
      if (!place || place.node) throw new ComposeError('file-conflict', `${at} must be a directory and is not`);
      this.set(place.parent, place.name, {
        kind: 'directory',
        mode,
        uid: 0,
        gid: 0,
        mtime: this.now,
        entries: new Map(),
      });
    }
  }

  remove(path: string): void {
    const place = this.place(path, false);
    if (place?.node && place.name !== '') this.set(place.parent, place.name, null);
  }

  /** Takes a name out of a directory. */
  detach(directory: Directory, name: string): void {
    if (directory.entries.has(name)) this.set(directory, name, null);
  }

  /** The same tree in nodes of its own; contents are shared, hard links stay hard links. */
  copy(): Tree {
    const copy = new Tree(this.now);
    const seen = new Map<Node, Node>();
    const copyOf = (node: Node): Node => {
      const known = seen.get(node);
      if (known) return known;
      const made: Node = node.kind === 'directory' ? { ...node, entries: new Map<string, Node>() } : { ...node };
      seen.set(node, made);
      copy.nodes++;
      if (node.kind === 'directory' && made.kind === 'directory')
        for (const [name, child] of node.entries) made.entries.set(name, copyOf(child));
      return made;
    };
    const { entries, ...meta } = this.root;
    Object.assign(copy.root, meta);
    for (const [name, child] of entries) copy.root.entries.set(name, copyOf(child));
    return copy;
  }

  /** Changes fields of a node. */
  change<N extends Node>(node: N, fields: Partial<N>): void {
    this.changes++;
    Object.assign(node, fields);
  }

  private set(parent: Directory, name: string, node: Node | null): void {
    const before = parent.entries.get(name) ?? null;
    this.changes++;
    if (node) {
      if (!before && ++this.nodes > MAX_NODES)
        throw new ComposeError('too-large', `the image has more than ${MAX_NODES} files`);
      parent.entries.set(name, node);
    } else parent.entries.delete(name);
  }
}
