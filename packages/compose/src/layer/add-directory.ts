/** Puts directories of this machine into a layer of their own: modes kept, everything owned by root, no newer than the release. */
import { readFileSync } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ComposeError } from '../error.ts';
import type { Content } from '../files/content.ts';
import { Tree } from '../files/tree.ts';
import { cleanPath } from '../unpack/read-tar.ts';

const MAX_FILES = 500_000;

/**
 * Reads directories or single files into a tree that is laid over `base`. Directories that the base has keep its mode and
 * owner, and its links (such as /bin) are followed, so that the layer adds and does not replace.
 *
 * @throws ComposeError `add-invalid`: a source that is not there, a device or socket, a target that is not absolute
 */
export async function addDirectories(add: { from: string; to: string }[], base: Tree, now: number): Promise<Tree> {
  const tree = new Tree(now);
  const root = base.root;
  tree.change(tree.root, { mode: root.mode, uid: root.uid, gid: root.gid, mtime: root.mtime });
  let count = 0;
  const visit = async (from: string, wanted: string): Promise<void> => {
    if (++count > MAX_FILES) throw new ComposeError('add-invalid', `more than ${MAX_FILES} files are added`);
    const stat = await lstat(from).catch((cause: unknown) => {
      throw new ComposeError('add-invalid', `${from} cannot be read`, { cause });
    });
    const meta = { mode: stat.mode & 0o7777, uid: 0, gid: 0, mtime: Math.min(now, Math.floor(stat.mtimeMs / 1000)) };
    const there = base.place(wanted, stat.isDirectory());
    const to = there?.path ?? wanted;
    if (stat.isDirectory()) {
      if (there?.node && there.node.kind !== 'directory')
        throw new ComposeError('add-invalid', `${wanted} is not a directory in the image`);
      prepareParents(base, tree, to);
      if (!there?.node && !tree.find(to)) tree.put(to, { kind: 'directory', ...meta, entries: new Map() }, false);
      for (const name of (await readdir(from)).sort())
        await visit(join(from, name), `${to}/${Buffer.from(name).toString('latin1')}`);
      return;
    }
    if (there?.node?.kind === 'directory')
      throw new ComposeError('add-invalid', `${wanted} is a directory in the image, and ${from} is not`);
    prepareParents(base, tree, to.slice(0, to.lastIndexOf('/')));
    if (stat.isSymbolicLink()) {
      tree.put(
        to,
        { kind: 'symlink', ...meta, mode: 0o777, target: Buffer.from(await readlink(from)).toString('latin1') },
        false,
      );
    } else if (stat.isFile()) tree.put(to, { kind: 'file', ...meta, content: onDisk(from, stat.size) }, false);
    else throw new ComposeError('add-invalid', `${from} is neither file, directory nor link`);
  };
  for (const { from, to } of add) {
    if (!to.startsWith('/')) throw new ComposeError('add-invalid', `${to} is not an absolute path in the image`);
    await visit(resolve(from), `/${cleanPath(Buffer.from(to.slice(1)).toString('latin1'), 'add')}`);
  }
  return tree;
}

/** Directories on the way are repeated as the base has them; a layer's entry would change them otherwise. */
function prepareParents(base: Tree, tree: Tree, path: string): void {
  let at = '';
  for (const part of path.split('/').filter((name) => name !== '')) {
    at += `/${part}`;
    const node = base.find(at);
    if (tree.find(at)) continue;
    if (node?.kind === 'directory')
      tree.put(
        at,
        { kind: 'directory', mode: node.mode, uid: node.uid, gid: node.gid, mtime: node.mtime, entries: new Map() },
        false,
      );
  }
}

function onDisk(path: string, size: number): Content {
  return {
    size,
    read: () => {
      const bytes = readFileSync(path);
      if (bytes.length !== size) throw new ComposeError('add-invalid', `${path} changed while it was read`);
      return bytes;
    },
  };
}
