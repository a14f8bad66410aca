/** Inventories a plain directory with the same catalogers that read images. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Inventory } from '@pratique/contract';
import { OciError } from '@pratique/oci';
import { type Examine, examineFile } from '@pratique/oci/layers/examine';
import type { InspectedFacts, Inspector } from '@pratique/oci/layers/inspect';
import { DEFAULT_LAYER_LIMITS, type LayerLimits, overLimit } from '@pratique/oci/layers/limits';
import { settleFacts } from '@pratique/oci/layers/record-layer';
import { ImageTree, type TreeNode } from '@pratique/oci/layers/tree';
import { CATALOGERS } from '../catalogers/list.ts';
import { ScanError } from '../error.ts';
import { type Built, buildInventory } from './build.ts';
import { examineFor } from './examine.ts';
import type { Besides, InventoryOptions } from './inventory-image.ts';

const PIECE = 256 * 1024;
/** File systems of the running kernel, when the directory is a machine's root. */
const KERNEL_MOUNTS: ReadonlySet<string> = new Set(['proc', 'sys', 'dev']);

type Walk = {
  dir: string;
  device: number;
  tree: ImageTree;
  examine: Examine;
  limits: LayerLimits;
  bytes: number;
  entries: number;
  options: InventoryOptions;
  /** Lent for each piece of each file. */
  piece: Buffer;
  inspector: Inspector | null;
  facts: InspectedFacts[];
};

export type ReadDirectory = Built & { tree: ImageTree; facts: InspectedFacts[] };

/**
 * Reads a directory tree. Links are not followed out of it; files that cannot be read make the inventory partial.
 *
 * @throws ScanError `directory-unreadable`; OciError `layer-limit`
 */
export async function inventoryDirectory(dir: string, options: InventoryOptions = {}): Promise<Inventory> {
  return (await readTree(dir, options)).inventory;
}

/** As `inventoryDirectory`. */
export async function readTree(
  dir: string,
  options: InventoryOptions,
  { inspector = null, also = null }: Besides = {},
): Promise<ReadDirectory> {
  const stat = await lstat(join(dir, '.')).catch((cause: unknown) => {
    throw new ScanError('directory-unreadable', `${dir} cannot be read`, { cause });
  });
  if (!stat.isDirectory()) throw new ScanError('directory-unreadable', `${dir} is no directory`);
  const catalogers = options.catalogers ?? CATALOGERS;
  const limits = { ...DEFAULT_LAYER_LIMITS, ...options.limits };
  const walk: Walk = {
    dir,
    device: stat.dev,
    tree: new ImageTree(),
    examine: examineFor(catalogers, also).examine,
    limits,
    bytes: 0,
    entries: 0,
    options,
    piece: Buffer.allocUnsafe(PIECE),
    inspector,
    facts: [],
  };
  const stack: { path: string; node: TreeNode; depth: number }[] = [{ path: '', node: walk.tree.root, depth: 0 }];
  for (let at = stack.pop(); at; at = stack.pop()) {
    options.signal?.throwIfAborted();
    if (at.depth > limits.depth) overLimit(dir, 'depth', `${at.depth} directories deep`);
    for (const child of await readDirectory(walk, at.path, at.node)) stack.push({ ...child, depth: at.depth + 1 });
    options.progress?.({ layer: 0, layers: 1, bytes: walk.bytes });
  }
  inspector?.flush();
  const facts = await settleFacts(walk.facts);
  return { ...buildInventory({ tree: walk.tree, catalogers, layers: [] }), tree: walk.tree, facts };
}

/** Adds one directory's entries to the tree. @returns the directories among them */
async function readDirectory(
  walk: Walk,
  path: string,
  directory: TreeNode,
): Promise<{ path: string; node: TreeNode }[]> {
  const inner: { path: string; node: TreeNode }[] = [];
  const names = await readdir(join(walk.dir, path)).catch((error: unknown) => {
    walk.tree.refuse(0, path, `it cannot be read: ${codeOf(error)}`);
    return [];
  });
  for (const name of [...names].sort((a, b) => (a < b ? -1 : 1))) {
    const child = path === '' ? name : `${path}/${name}`;
    await walk.inspector?.room();
    walk.entries += 1;
    if (walk.entries > walk.limits.entriesPerLayer)
      overLimit(walk.dir, 'entriesPerLayer', `it has more than ${walk.limits.entriesPerLayer} entries`);
    try {
      const node = await addEntry(walk, child, name, directory);
      if (node?.kind === 'directory') inner.push({ path: child, node });
    } catch (error) {
      if (error instanceof OciError) throw error; // a limit
      walk.tree.refuse(0, child, `it cannot be read: ${codeOf(error)}`);
    }
  }
  return inner;
}

async function addEntry(walk: Walk, path: string, name: string, directory: TreeNode): Promise<TreeNode | null> {
  const full = join(walk.dir, path);
  const stat = await lstat(full);
  if (stat.isDirectory() && directory === walk.tree.root && stat.dev !== walk.device && KERNEL_MOUNTS.has(name))
    return null;
  const kind = stat.isFile()
    ? 'file'
    : stat.isDirectory()
      ? 'directory'
      : stat.isSymbolicLink()
        ? 'symlink'
        : stat.isFIFO() || stat.isSocket()
          ? 'fifo'
          : stat.isBlockDevice()
            ? 'block-device'
            : 'character-device';
  const target = kind === 'symlink' ? await readlink(full) : null;
  const node = walk.tree.put(directory, name, {
    kind,
    mode: stat.mode & 0o7777,
    size: stat.size,
    uid: stat.uid,
    gid: stat.gid,
    target,
    layer: 0,
  });
  if (kind === 'file') readContent(walk, full, path, node);
  return node;
}

/** Reads as much of a file as is wanted. It may have become a link or a pipe since it was listed: neither is opened. */
function readContent(walk: Walk, full: string, path: string, node: TreeNode): void {
  const file = openSync(full, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (!fstatSync(file).isFile()) return;
    const sink = examineFile(path, node, walk.examine, walk.limits, walk.tree, walk.inspector, (facts) => {
      if (facts instanceof Promise) facts.catch(() => {}); // told when all are waited for
      walk.facts.push({ layer: 0, path, facts });
    });
    const { piece } = walk;
    for (let count = readSync(file, piece); count > 0; count = readSync(file, piece)) {
      walk.bytes += count;
      if (walk.bytes > walk.limits.bytesPerLayer)
        overLimit(walk.dir, 'bytesPerLayer', `more than ${walk.limits.bytesPerLayer} bytes are to be read`);
      sink.data(piece.subarray(0, count));
      if (sink.idle) break;
    }
    sink.end();
  } finally {
    closeSync(file);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error';
}
