/** Replaces the files of a package's old version by those of its new one, by dpkg's rules. */
import { createHash } from 'node:crypto';
import { ComposeError } from '../../error.ts';
import { readPart } from '../../files/content.ts';
import type { File, Node, Tree } from '../../files/tree.ts';
import { readDiversions, readOverrides } from '../../install/dpkg-files.ts';
import { makeNode, takesOver } from '../../install/unpack-package.ts';
import type { Installed, World } from '../../install/world.ts';
import { readTar, type TarEntry } from '../../unpack/read-tar.ts';
import type { Skips } from './path-filters.ts';

/** A configuration file of the new version, put in place when the package is configured. */
export type NewConffile = { path: string; target: string; node: File; md5: string };

/** Which packages list a path, by name; paths as the packages name them. */
export type Owners = Map<string, Set<string>>;

export type Unpacked = {
  conffiles: NewConffile[];
  /** Paths that are to be removed on upgrade, where the user did not change them. */
  removeOnUpgrade: string[];
  /** Other packages from which a file was taken over. */
  robbed: Set<string>;
  /** Files that the package brings, and their bytes. */
  files: number;
  bytes: number;
  newest: number;
};

export function ownersOf(world: World): Owners {
  const owners: Owners = new Map();
  for (const [name, installed] of world.packages) for (const path of installed.list) own(owners, path, name);
  return owners;
}

function own(owners: Owners, path: string, name: string): void {
  const names = owners.get(path);
  if (names) names.add(name);
  else owners.set(path, new Set([name]));
}

/**
 * Unpacks the data archive in an open spool file over what is there. Links in directories are followed inside the tree,
 * the last name of a path never: a link there is replaced, not written through.
 *
 * @throws ComposeError `package-invalid`, `file-conflict`
 */
export function unpackOver(
  world: World,
  installed: Installed,
  owners: Owners,
  skips: Skips,
  spool: number,
  dataSize: number,
): Unpacked {
  const { name } = installed.candidate;
  const origin = `${name} ${installed.candidate.version}`;
  const read = (offset: number, size: number) => readPart(spool, offset, size);
  const diversions = new Map(
    readDiversions(world)
      .filter((diversion) => diversion.by !== name)
      .map(({ path, to }) => [path, to]),
  );
  const overrides = readOverrides(world);
  const { wanted, removeOnUpgrade } = conffilesOf(installed);
  const placed = new Map<string, Node>();
  const result: Unpacked = { conffiles: [], removeOnUpgrade, robbed: new Set(), files: 0, bytes: 0, newest: 0 };
  for (const entry of readTar(read, dataSize, origin)) {
    const path = entry.path === '' ? '/.' : `/${entry.path}`;
    result.newest = Math.max(result.newest, entry.mtime);
    const directory = entry.type === 'directory';
    if (entry.path === '' && !directory)
      throw new ComposeError('package-invalid', `${origin}: the root is not a directory`);
    if (!directory) {
      result.files++;
      result.bytes += entry.size;
    }
    if (skips(path, directory)) {
      installed.list.push(path);
      if (!directory) placed.set(entry.path, makeNode(entry, spool, read, placed, origin));
      continue;
    }
    const override = overrides.get(path);
    if (directory) {
      installed.list.push(path);
      if (entry.path !== '') unpackDirectory(world.tree, entry, override);
      continue;
    }
    const target = diversions.get(path) ?? path;
    if (target === path && !isFree(world, installed, owners, path, result.robbed)) continue;
    installed.list.push(path);
    const node = makeNode(entry, spool, read, placed, origin);
    placed.set(entry.path, node);
    if (override) Object.assign(node, override);
    if (node.kind === 'symlink' && world.tree.lfind(target)?.kind === 'directory') continue; // dpkg keeps a directory
    if (wanted.has(path) && node.kind === 'file') {
      const md5 = createHash('md5').update(node.content.read()).digest('hex');
      result.conffiles.push({ path, target, node, md5 });
    } else world.tree.put(target, node, false);
  }
  for (const path of wanted)
    if (!result.conffiles.some((each) => each.path === path))
      throw new ComposeError(
        'package-invalid',
        `${name} lists the configuration file ${path}, which it does not bring`,
      );
  for (const path of installed.list) own(owners, path, name);
  return result;
}

/** An existing directory, or a link to one, stays as it is (dpkg(1)); an override of mode and owner still counts. */
function unpackDirectory(tree: Tree, entry: TarEntry, override: Partial<Node> | undefined): void {
  const there = tree.find(entry.path);
  const meta = { mode: entry.mode, uid: entry.uid, gid: entry.gid, mtime: entry.mtime, ...override };
  if (there?.kind !== 'directory')
    tree.put(entry.path, { kind: 'directory', ...meta, entries: new Map() } as Node, false);
  else if (override) tree.change(there, override as Partial<typeof there>);
}

/** False where another package has the path and keeps it. */
function isFree(world: World, installed: Installed, owners: Owners, path: string, robbed: Set<string>): boolean {
  const { name } = installed.candidate;
  const others = [...(owners.get(path) ?? [])].filter((other) => other !== name);
  if (others.length === 0 || world.tree.lfind(path)?.kind === 'directory') return true;
  for (const other of others) {
    if (!takesOver(world, installed, other, path)) return false;
    owners.get(path)?.delete(other);
    robbed.add(other);
  }
  return true;
}

function conffilesOf(installed: Installed): { wanted: Set<string>; removeOnUpgrade: string[] } {
  const lines = installed.control.get('conffiles')?.bytes.toString('latin1').split('\n') ?? [];
  const wanted = new Set<string>();
  const removeOnUpgrade: string[] = [];
  for (const line of lines.map((each) => each.trim()).filter(Boolean)) {
    const [, path] = /^remove-on-upgrade\s+(\/.*)$/.exec(line) ?? [];
    if (path === undefined) wanted.add(line);
    else removeOnUpgrade.push(path);
  }
  return { wanted, removeOnUpgrade };
}

/**
 * Removes what only the old version brought: files first, then directories that are empty and nobody else's. A file that
 * the new version brings under another name (through a link such as /lib) stays.
 */
export function removeObsolete(world: World, old: Installed, now: Installed, owners: Owners): void {
  const { tree } = world;
  const { name } = now.candidate;
  const listed = new Set(now.list);
  const real = new Set<string>();
  for (const path of now.list) {
    const place = tree.place(path, false);
    if (place) real.add(place.path);
  }
  const conffiles = new Set(old.conffiles.map(({ path }) => path));
  const diversions = new Map(
    readDiversions(world)
      .filter((diversion) => diversion.by !== name)
      .map(({ path, to }) => [path, to]),
  );
  const unlisted = old.list.filter((path) => !listed.has(path) && path !== '/.');
  for (const path of unlisted) owners.get(path)?.delete(name);
  for (const path of unlisted.toReversed()) {
    if (conffiles.has(path) || (owners.get(path)?.size ?? 0) > 0) continue;
    const place = tree.place(diversions.get(path) ?? path, false);
    if (!place?.node || place.name === '' || real.has(place.path)) continue;
    if (place.node.kind !== 'directory' || place.node.entries.size === 0) tree.detach(place.parent, place.name);
  }
}
