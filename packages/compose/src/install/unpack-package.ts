/** Puts a package's files into the tree by dpkg's rules: shared directories, Replaces, diversions, configuration files. */
import { createHash } from 'node:crypto';
import { parseRelations } from '../control/relations.ts';
import { ComposeError } from '../error.ts';
import { inFile, inMemory, readPart } from '../files/content.ts';
import type { Node } from '../files/tree.ts';
import { matches } from '../resolve/universe.ts';
import { readTar, type TarEntry } from '../unpack/read-tar.ts';
import { readDiversions, readOverrides } from './dpkg-files.ts';
import type { Installed, World } from './world.ts';

/** Who put which path there, as the packages name it. */
export type Owners = Map<string, string>;

const SMALL = 4096;

/**
 * Unpacks the data archive that lies in an open spool file. Small files are kept in memory, large ones stay where they are.
 *
 * @throws ComposeError `package-invalid`, `file-conflict` (a file of another package that is not replaced)
 */
export function unpackPackage(
  world: World,
  installed: Installed,
  owners: Owners,
  spool: number,
  dataSize: number,
): void {
  const name = installed.candidate.name;
  const origin = `${name} ${installed.candidate.version}`;
  const read = (offset: number, size: number) => readPart(spool, offset, size);
  const diversions = readDiversions(world).filter((diversion) => diversion.by !== name);
  const overrides = readOverrides(world);
  const placed = new Map<string, Node>();
  for (const entry of readTar(read, dataSize, origin)) {
    const path = `/${entry.path}`;
    if (entry.type === 'directory') {
      installed.list.push(entry.path === '' ? '/.' : path);
      unpackDirectory(world, entry);
      continue;
    }
    if (entry.path === '') throw new ComposeError('package-invalid', `${origin}: the root is not a directory`);
    const owner = owners.get(path);
    if (owner && owner !== name && !takesOver(world, installed, owner, path)) continue;
    installed.list.push(path);
    owners.set(path, name);
    const target = diversions.find((diversion) => diversion.path === path)?.to ?? path;
    const node = makeNode(entry, spool, read, placed, origin);
    const override = overrides.get(path);
    if (override) Object.assign(node, override);
    if (node.kind === 'symlink' && world.tree.lfind(target)?.kind === 'directory') continue; // dpkg keeps a directory
    world.tree.put(target, node, false);
    placed.set(entry.path, node);
  }
  readConffiles(world, installed);
}

/** An existing directory keeps mode and owner; a link to a directory stays a link (dpkg(1), as with a merged /usr). */
function unpackDirectory(world: World, entry: TarEntry): void {
  const there = world.tree.find(entry.path);
  if (there?.kind === 'directory' && there !== world.tree.root) return;
  const meta = { mode: entry.mode, uid: entry.uid, gid: entry.gid, mtime: entry.mtime };
  if (entry.path === '') {
    if (world.tree.root.entries.size === 0) world.tree.change(world.tree.root, meta);
    return;
  }
  world.tree.put(entry.path, { kind: 'directory', ...meta, entries: new Map() }, true);
}

export function makeNode(
  entry: TarEntry,
  spool: number,
  read: (offset: number, size: number) => Buffer,
  placed: Map<string, Node>,
  origin: string,
): Node {
  const meta = { mode: entry.mode, uid: entry.uid, gid: entry.gid, mtime: entry.mtime };
  switch (entry.type) {
    case 'symlink':
      return { kind: 'symlink', ...meta, mode: 0o777, target: entry.target };
    case 'hardlink': {
      const node = placed.get(entry.target.replace(/^(\.?\/)+/, ''));
      if (!node)
        throw new ComposeError(
          'package-invalid',
          `${origin}: ${entry.path} is a link to a file that did not come before it`,
        );
      return node;
    }
    case 'character':
    case 'block':
    case 'fifo':
      return { kind: entry.type, ...meta, major: entry.major, minor: entry.minor };
    case 'directory':
    case 'file': {
      const small = entry.size <= SMALL;
      const content = small ? inMemory(read(entry.offset, entry.size)) : inFile(spool, entry.offset, entry.size);
      return { kind: 'file', ...meta, content };
    }
  }
}

/**
 * Decides who has a file that two packages bring. True if the new package takes it, false if it leaves it.
 *
 * @throws ComposeError `file-conflict` where neither replaces the other
 */
export function takesOver(world: World, installed: Installed, owner: string, path: string): boolean {
  const other = world.packages.get(owner);
  if (!other) return true;
  const replaces = (by: Installed, whom: Installed) =>
    parseRelations(by.candidate.stanza.get('replaces'), by.candidate.name).some(
      ([relation]) => relation && matches(whom.candidate, relation),
    );
  if (replaces(installed, other)) {
    other.list = other.list.filter((entry) => entry !== path);
    return true;
  }
  if (replaces(other, installed)) return false;
  throw new ComposeError(
    'file-conflict',
    `${installed.candidate.name} and ${owner} both bring ${path}, and neither replaces the other`,
  );
}

/** Remembers the MD5 of each configuration file as it was packaged. */
function readConffiles(world: World, installed: Installed): void {
  const lines = installed.control.get('conffiles')?.bytes.toString('latin1').split('\n') ?? [];
  for (const line of lines) {
    const path = line.trim();
    if (path === '' || path.startsWith('remove-on-upgrade ')) continue;
    const node = world.tree.find(path);
    if (node?.kind !== 'file')
      throw new ComposeError(
        'package-invalid',
        `${installed.candidate.name} lists the configuration file ${path}, which it does not bring`,
      );
    installed.conffiles.push({ path, md5: createHash('md5').update(node.content.read()).digest('hex') });
  }
}
