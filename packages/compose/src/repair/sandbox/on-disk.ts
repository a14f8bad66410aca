/** Writes a tree into a folder of this machine, and reads back what a process changed there. */
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { ComposeError } from '../../error.ts';
import { inMemory } from '../../files/content.ts';
import type { Directory, Node, Tree } from '../../files/tree.ts';

/** How owners are written: shifted by `by`, or all as this user's where only one can be mapped. */
export type Owners = { shift: number } | { one: true };

/** What lay at a path when it was written; the stamp tells whether it was touched since. */
type Written = { node: Node; stamp: string };
export type OnDisk = { root: Buffer; written: Map<string, Written>; owners: Owners };

const MAPPED = 65_536;
const MAX_CHANGED_BYTES = 512 * 1024 * 1024;
const MAX_CHANGED = 200_000;
/** A runtime mounts over these; what is in them is no part of the image. */
const MOUNTED: ReadonlySet<string> = new Set(['/proc', '/sys', '/dev']);

/**
 * Writes directories, files and links; device nodes and attributes are left out. The folder must be ours and empty: names
 * come from an image, and every directory on the way is made here, so no link is ever followed.
 *
 * @throws ComposeError `image-unsupported` where an owner cannot be mapped
 */
export function writeToDisk(tree: Tree, folder: string, owners: Owners): OnDisk {
  const disk: OnDisk = { root: Buffer.from(folder), written: new Map(), owners };
  const linked = new Map<Node, Buffer>();
  const visit = (directory: Directory, path: string): void => {
    for (const [name, node] of directory.entries) {
      const inside = `${path}/${name}`;
      const at = placeOf(disk, inside);
      if (node.kind === 'directory') {
        mkdirSync(at, 0o700);
        if (!MOUNTED.has(inside)) visit(node, inside);
      } else if (node.kind === 'symlink') symlinkSync(Buffer.from(node.target, 'latin1'), at);
      else if (node.kind === 'file') {
        const first = linked.get(node);
        if (first) linkSync(first, at);
        else writeFileSync(at, node.content.read(), { flag: 'wx', mode: 0o600 });
        linked.set(node, at);
      } else continue;
      settle(at, node, owners);
    }
  };
  visit(tree.root, '');
  // Stamps come last: a second name of a file changes the first one's.
  const stamp = (directory: Directory, path: string): void => {
    for (const [name, node] of directory.entries) {
      const inside = `${path}/${name}`;
      if (node.kind !== 'directory' && node.kind !== 'file' && node.kind !== 'symlink') continue;
      disk.written.set(inside, { node, stamp: stampOf(placeOf(disk, inside), node.kind === 'directory') });
      if (node.kind === 'directory' && !MOUNTED.has(inside)) stamp(node, inside);
    }
  };
  stamp(tree.root, '');
  return disk;
}

function settle(at: Buffer, node: Node, owners: Owners): void {
  if ('shift' in owners) {
    if (node.uid >= MAPPED || node.gid >= MAPPED)
      throw new ComposeError(
        'image-unsupported',
        `a file of user ${node.uid} and group ${node.gid} cannot be in a sandbox`,
      );
    lchownSync(at, node.uid + owners.shift, node.gid + owners.shift);
  }
  if (node.kind !== 'symlink') chmodSync(at, node.mode & 0o7777);
}

function stampOf(at: Buffer, isDirectory: boolean): string {
  const stat = lstatSync(at, { bigint: true });
  // A directory's times change with what is in it.
  const times = isDirectory ? '' : `${stat.mtimeNs} ${stat.ctimeNs} ${stat.size} ${stat.ino}`;
  return `${stat.mode} ${stat.uid} ${stat.gid} ${times}`;
}

/**
 * Brings the tree to what the folder holds now. What was not touched keeps its node, attributes included.
 *
 * @param now seconds since 1970 for all that changed
 * @returns paths that changed
 * @throws ComposeError `too-large`
 */
export function readFromDisk(tree: Tree, disk: OnDisk, now: number): string[] {
  const changed: string[] = [];
  const seen = new Set<string>();
  const inodes = new Map<bigint, Node>();
  let bytes = 0;
  const visit = (path: string): void => {
    for (const name of readdirSync(placeOf(disk, path), { encoding: 'buffer' })) {
      const inside = `${path}/${name.toString('latin1')}`;
      const at = placeOf(disk, inside);
      const stat = lstatSync(at, { bigint: true });
      const before = disk.written.get(inside);
      seen.add(inside);
      const isDirectory = stat.isDirectory();
      const touched = !before || before.stamp !== stampOf(at, isDirectory);
      if (touched) {
        if (changed.push(inside) > MAX_CHANGED)
          throw new ComposeError('too-large', `a script changed more than ${MAX_CHANGED} files`);
        const known = inodes.get(stat.ino);
        const meta = {
          ...ownersOf(stat, before?.node ?? null, disk.owners),
          mode: Number(stat.mode) & 0o7777,
          mtime: now,
        };
        const there = tree.lfind(inside);
        if (isDirectory && there?.kind === 'directory') tree.change(there, meta);
        else if (isDirectory) tree.put(inside, { kind: 'directory', ...meta, entries: new Map() }, false);
        else if (stat.isSymbolicLink())
          tree.put(
            inside,
            { kind: 'symlink', ...meta, mode: 0o777, target: readlinkSync(at, 'buffer').toString('latin1') },
            false,
          );
        else if (stat.isFile()) {
          bytes += Number(stat.size);
          if (bytes > MAX_CHANGED_BYTES)
            throw new ComposeError('too-large', `a script wrote more than ${MAX_CHANGED_BYTES} bytes`);
          const node: Node = known ?? { kind: 'file', ...meta, content: inMemory(readRegular(at)) };
          inodes.set(stat.ino, node);
          tree.put(inside, node, false);
        }
      }
      if (isDirectory && !MOUNTED.has(inside)) visit(inside);
    }
  };
  visit('');
  for (const path of [...disk.written.keys()].reverse()) {
    const folder = path.slice(0, path.indexOf('/', 1) < 0 ? undefined : path.indexOf('/', 1));
    if (seen.has(path) || MOUNTED.has(folder)) continue;
    changed.push(path);
    tree.remove(path);
  }
  return changed;
}

/** Nothing but a file, even if it became something else since it was looked at. */
function readRegular(at: Buffer): Buffer {
  const descriptor = openSync(at, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile() || stat.size > MAX_CHANGED_BYTES)
      throw new ComposeError('too-large', 'a file changed while it was read');
    const bytes = Buffer.alloc(stat.size);
    for (let done = 0; done < bytes.length; ) {
      const count = readSync(descriptor, bytes, done, bytes.length - done, done);
      if (count === 0) return bytes.subarray(0, done);
      done += count;
    }
    return bytes;
  } finally {
    closeSync(descriptor);
  }
}

function ownersOf(
  stat: { uid: bigint; gid: bigint },
  before: Node | null,
  owners: Owners,
): { uid: number; gid: number } {
  if ('one' in owners) return { uid: before?.uid ?? 0, gid: before?.gid ?? 0 };
  const id = (value: bigint) => Math.max(0, Number(value) - owners.shift);
  return { uid: id(stat.uid), gid: id(stat.gid) };
}

const placeOf = (disk: Pick<OnDisk, 'root'>, path: string): Buffer =>
  Buffer.concat([disk.root, Buffer.from(path, 'latin1')]);
