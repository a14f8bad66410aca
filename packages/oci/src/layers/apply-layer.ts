/** Applies the entries of one layer to the tree: additions, replacements, whiteouts. */
import { type LayerLimits, overLimit } from './limits.ts';
import { splitPath } from './path.ts';
import type { EntrySink, TarEntry } from './tar-reader.ts';
import type { ImageTree, NodeFields, TreeNode } from './tree.ts';

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
/** Bookkeeping of aufs; never part of the file system. */
const WHITEOUT_META = '.wh..wh.';

export type LayerTarget = {
  tree: ImageTree;
  /** Index of the layer, and the name it has in errors. */
  layer: number;
  name: string;
  limits: LayerLimits;
  /** Called for each regular file that was put into the tree. @returns the sink for its content, null where none is wanted */
  file(path: string, node: TreeNode, entry: TarEntry): EntrySink | null;
};

/**
 * Applies one entry. Names are normalised; those that leave the root are refused and recorded. Links in the directory
 * part are followed inside the root, as containerd does when it unpacks.
 *
 * @returns the sink for a file's content, null when nothing of it is wanted
 * @throws OciError `layer-limit`
 * @see OCI image-spec 1.1, layer.md, "Applying Changesets" and "Whiteouts"
 */
export function applyEntry(to: LayerTarget, entry: TarEntry): EntrySink | null {
  const { tree, layer, limits } = to;
  if (Buffer.byteLength(entry.path) > limits.pathBytes || Buffer.byteLength(entry.linkPath) > limits.pathBytes)
    overLimit(
      to.name,
      'pathBytes',
      `a name of more than ${limits.pathBytes} bytes: ${JSON.stringify(entry.path.slice(0, 100))}...`,
    );
  const parts = splitPath(entry.path);
  if (!parts) return refused(to, entry, 'the name leads out of the root');
  if (parts.length > limits.depth)
    overLimit(to.name, 'depth', `${parts.length} directories deep: ${JSON.stringify(entry.path.slice(0, 100))}...`);
  const name = parts.pop();
  if (name === undefined) return null; // the root itself
  const directory = tree.ensureDirectory(parts, layer);
  if (tree.made > limits.entries)
    overLimit(
      to.name,
      'entries',
      `more than ${limits.entries} files and directories, those that deep names imply included`,
    );
  if (!directory) return refused(to, entry, 'its directory is a file or a loop of links');

  if (name === OPAQUE) tree.opaque(directory, layer);
  else if (name.startsWith(WHITEOUT_META)) return null;
  else if (name.startsWith(WHITEOUT)) {
    const hidden = name.slice(WHITEOUT.length);
    if (hidden === '' || hidden === '.' || hidden === '..') return refused(to, entry, 'a whiteout of nothing');
    tree.whiteout(directory, hidden, layer);
  } else if (entry.kind === 'hard-link') addHardLink(to, entry, directory, name);
  else return addNode(to, entry, directory, name);
  return null;
}

function addNode(to: LayerTarget, entry: TarEntry, directory: TreeNode, name: string): EntrySink | null {
  if (entry.kind === 'hard-link') return null;
  const target = entry.kind === 'symlink' ? entry.linkPath : null;
  const fields: NodeFields = {
    kind: entry.kind,
    mode: entry.mode,
    size: entry.size,
    uid: entry.uid,
    gid: entry.gid,
    target,
    layer: to.layer,
  };
  const node = to.tree.put(directory, name, fields);
  if (entry.kind !== 'file') return null;
  return to.file(to.tree.pathOf(node), node, entry);
}

/** A hard link is a second name; what was learned of the first holds for it too. */
function addHardLink(to: LayerTarget, entry: TarEntry, directory: TreeNode, name: string): void {
  const parts = splitPath(entry.linkPath);
  if (!parts) return void refused(to, entry, 'the link leads out of the root');
  const first = to.tree.lookup(parts.join('/'), false);
  if (!first || first.kind === 'directory') return void refused(to, entry, 'the link has no file to point to');
  if (first.parent === directory && first.name === name) return;
  to.tree.link(directory, name, first, to.layer);
}

function refused(to: LayerTarget, entry: TarEntry, reason: string): null {
  to.tree.refuse(to.layer, entry.path, reason);
  return null;
}
