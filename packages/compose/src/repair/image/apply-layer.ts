/** Applies one layer, unpacked in a spool file, to a tree: what is deleted first, then what is added. */
import { ComposeError } from '../../error.ts';
import { type Content, inFile, readPart } from '../../files/content.ts';
import type { Directory, Node, Tree } from '../../files/tree.ts';
import { normalPath, readTar, type TarEntry } from '../../unpack/read-tar.ts';

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
/** Bookkeeping of aufs; never part of the file system. */
const WHITEOUT_META = '.wh..wh.';
const CAPABILITY = 'security.capability';

/** Where the uncompressed archive of a layer lies. */
export type SpooledLayer = {
  index: number;
  digest: string;
  diffId: string;
  descriptor: number;
  offset: number;
  size: number;
};

/**
 * Whiteouts speak of lower layers only, so they come first, whatever the order in the archive. Contents stay in the spool.
 *
 * @throws ComposeError `image-unsupported`, naming the layer and what in it cannot be read
 * @see OCI image-spec 1.1, layer.md, "Applying Changesets" and "Whiteouts"
 */
export function applyLayer(tree: Tree, layer: SpooledLayer): void {
  const origin = `layer ${layer.digest}`;
  try {
    const read = (offset: number, size: number) => readPart(layer.descriptor, layer.offset + offset, size);
    const added: TarEntry[] = [];
    for (const entry of readTar(read, layer.size, origin, 'layer')) {
      if (entry.path === '') continue;
      if (nameOf(entry.path).startsWith(WHITEOUT)) deleteLower(tree, entry.path);
      else added.push(entry);
    }
    for (const entry of added) addEntry(tree, entry, layer);
  } catch (cause) {
    if (!(cause instanceof ComposeError)) throw cause;
    throw new ComposeError('image-unsupported', `${origin} cannot be read: ${cause.message}`, { cause });
  }
}

function deleteLower(tree: Tree, path: string): void {
  const folder = tree.find(path.slice(0, path.lastIndexOf('/') + 1));
  if (folder?.kind !== 'directory') return;
  const name = nameOf(path);
  if (name === OPAQUE) for (const child of [...folder.entries.keys()]) tree.detach(folder, child);
  else if (!name.startsWith(WHITEOUT_META)) tree.detach(folder, name.slice(WHITEOUT.length));
}

function addEntry(tree: Tree, entry: TarEntry, layer: SpooledLayer): void {
  if (entry.type === 'hardlink') {
    const target = normalPath(entry.target);
    const first = target === null ? null : tree.lfind(target);
    if (first && first.kind !== 'directory' && first !== tree.lfind(entry.path)) tree.put(entry.path, first, false);
    return;
  }
  const meta = { mode: entry.mode, uid: entry.uid, gid: entry.gid, mtime: entry.mtime, layer: layer.index };
  if (entry.type === 'directory') {
    const there = tree.lfind(entry.path);
    if (there?.kind === 'directory') tree.change(there, meta);
    else tree.put(entry.path, { kind: 'directory', ...meta, entries: new Map() } satisfies Directory, false);
    return;
  }
  tree.put(entry.path, nodeOf(entry, meta, layer), false);
}

function nodeOf(entry: TarEntry, meta: Pick<Node, 'mode' | 'uid' | 'gid' | 'mtime'>, layer: SpooledLayer): Node {
  switch (entry.type) {
    case 'symlink':
      return { kind: 'symlink', ...meta, mode: 0o777, target: entry.target };
    case 'character':
    case 'block':
    case 'fifo':
      return { kind: entry.type, ...meta, major: entry.major, minor: entry.minor };
    case 'file':
    case 'directory':
    case 'hardlink': {
      const capabilities = entry.xattrs.get(CAPABILITY);
      const others = [...entry.xattrs].filter(([name]) => name !== CAPABILITY);
      return {
        kind: 'file',
        ...meta,
        content: entry.sparse
          ? unreadable(entry.path, entry.size)
          : inFile(layer.descriptor, layer.offset + entry.offset, entry.size),
        ...(capabilities === undefined ? {} : { capabilities: Buffer.from(capabilities, 'latin1') }),
        ...(others.length === 0 ? {} : { xattrs: new Map(others) }),
      };
    }
  }
}

/** A sparse file stays as it is, and nothing can be done that needs to read it. */
function unreadable(path: string, size: number): Content {
  return {
    size,
    read: () => {
      throw new ComposeError('image-unsupported', `/${path} is stored as a sparse file, which cannot be read here`);
    },
  };
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
