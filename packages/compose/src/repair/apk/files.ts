/** Puts the files of an apk package over those that are there, by apk's rules. */
import { ComposeError } from '../../error.ts';
import { inFile, inMemory, readPart } from '../../files/content.ts';
import type { File, Node, Tree } from '../../files/tree.ts';
import { groupId, userId } from '../../install/accounts.ts';
import type { World } from '../../install/world.ts';
import { readTar, type TarEntry } from '../../unpack/read-tar.ts';
import { type ApkFile, type ApkFolder, type ApkPackage, digestOf, isAsRecorded, pathIn } from './database.ts';
import type { OpenApk } from './open-package.ts';
import { parseApkRelations } from './relations.ts';
import { attributesHash } from './scripts-archive.ts';

/** Who has which path, with what is recorded of it. */
export type ApkOwners = Map<string, { package: ApkPackage; file: ApkFile }>;

export type ApkUnpacked = { folders: ApkFolder[]; robbed: Set<ApkPackage>; files: number; bytes: number };

const SMALL = 4096;
const CAPABILITY = 'security.capability';

/**
 * @param replaces what `replaces` says in the package, with its priority
 * @throws ComposeError `package-invalid`, `file-conflict`
 * @see apk-tools, src/database.c, apk_db_install_file and apk_db_migrate_files
 */
export function unpackApk(
  world: World,
  opened: OpenApk,
  old: ApkPackage | null,
  owners: ApkOwners,
  isProtected: (folder: string) => boolean,
  differ: (
    path: string,
    was: 'configuration-modified' | 'configuration-missing' | 'modified' | 'missing',
    kept: boolean,
  ) => void,
): ApkUnpacked {
  const { offer, spool, dataSize } = opened;
  const { tree } = world;
  const origin = `${offer.name} ${offer.version}`;
  const read = (offset: number, size: number) => readPart(spool, offset, size);
  const folders = new Map<string, ApkFolder>();
  const folderOf = (path: string): ApkFolder => {
    const known = folders.get(path) ?? { path, acl: null, files: [] };
    folders.set(path, known);
    return known;
  };
  const placed = new Map<string, { node: Node; file: ApkFile }>();
  const result: ApkUnpacked = { folders: [], robbed: new Set(), files: 0, bytes: 0 };
  for (const entry of readTar(read, dataSize, origin)) {
    if (entry.path === '' || entry.path.startsWith('.')) continue;
    // A line break in a name would write into apk's database.
    if (/\p{Cc}/u.test(entry.path))
      throw new ComposeError('package-invalid', `${origin}: the name ${JSON.stringify(entry.path.slice(0, 100))}`);
    const owner = ownerOf(world, entry);
    if (entry.type === 'directory') {
      const folder = folderOf(entry.path);
      folder.acl = aclOf(entry, owner, 0o755);
      putFolder(
        tree,
        entry,
        owner,
        old?.folders.find(({ path }) => path === entry.path),
      );
      continue;
    }
    const slash = entry.path.lastIndexOf('/');
    const [folderPath, name] = [entry.path.slice(0, Math.max(0, slash)), entry.path.slice(slash + 1)];
    if (name.startsWith('.keep_')) continue;
    const folder = folderOf(folderPath);
    const path = `/${entry.path}`;
    const linked = entry.type === 'hardlink' ? placed.get(entry.target.replace(/^(\.?\/)+/, '')) : undefined;
    if (entry.type === 'hardlink' && !linked)
      throw new ComposeError(
        'package-invalid',
        `${origin}: ${entry.path} is a link to a file that did not come before it`,
      );
    const node = linked?.node ?? nodeOf(entry, owner, spool, read);
    const file: ApkFile = linked
      ? { ...linked.file, name }
      : { name, acl: aclOf(entry, owner, 0o644), digest: recordOf(node) };
    const owned = owners.get(path);
    if (owned && !claims(opened, owned.package, path)) continue;
    if (owned && owned.package !== old) result.robbed.add(owned.package);
    result.files++;
    result.bytes += entry.size;
    folder.files.push(file);
    placed.set(entry.path, { node, file });
    place(tree, { path, node, file, owned: owned?.file ?? null, guarded: isProtected(folderPath) }, differ);
  }
  result.folders = [...folders.values()];
  return result;
}

type Arrival = { path: string; node: Node; file: ApkFile; owned: ApkFile | null; guarded: boolean };

/** A file of the user's stays where folders are protected, and the package's lies beside it as `.apk-new`. */
function place(
  tree: Tree,
  { path, node, file, owned, guarded }: Arrival,
  differ: Parameters<typeof unpackApk>[5],
): void {
  const there = tree.lfind(path);
  if (there?.kind === 'directory')
    throw new ComposeError('file-conflict', `${path} is a directory, and the package brings a file there`);
  const isChanged = there !== null && (owned === null || !isAsRecorded(there, owned.digest));
  if (owned && (there === null || isChanged)) {
    const missing = there === null;
    const was = guarded
      ? (`configuration-${missing ? 'missing' : 'modified'}` as const)
      : missing
        ? ('missing' as const)
        : ('modified' as const);
    differ(path, was, guarded && !missing);
  }
  if (!guarded || !isChanged) tree.put(path, node, false);
  else if (!isAsRecorded(there, file.digest)) tree.put(`${path}.apk-new`, node, false);
}

/** @throws ComposeError `file-conflict` */
function claims({ offer, info }: OpenApk, other: ApkPackage, path: string): boolean {
  if (other.name === offer.name) return true;
  const origin = offer.fields.get('o');
  if (origin !== undefined && origin === other.fields.get('o')) return true;
  const names = (text: string | undefined, whom: { name: string; version: string }) =>
    parseApkRelations(text).some((relation) => relation.name === whom.name && relation.admits(whom));
  const theirs = names(other.fields.get('r'), offer) ? Number(other.fields.get('q') ?? 0) : -1;
  const ours = names(info.get('replaces')?.join(' '), other) ? Number(info.get('replaces_priority')?.[0] ?? 0) : -1;
  if (theirs > ours) return false;
  if (ours >= 0) return true;
  throw new ComposeError(
    'file-conflict',
    `${offer.name} and ${other.name} both bring ${path}, and neither replaces the other`,
  );
}

type Owner = { uid: number; gid: number };

/** Owners go by name where the image has the name, as apk does it; numbers differ between images. */
function ownerOf(world: World, entry: TarEntry): Owner {
  const name = (text: string) => (/^\d|^$|^root$/.test(text) ? null : text);
  const [user, group] = [name(entry.user), name(entry.group)];
  return {
    uid: (user === null ? null : userId(world, user)) ?? entry.uid,
    gid: (group === null ? null : groupId(world, group)) ?? entry.gid,
  };
}

function aclOf(entry: TarEntry, { uid, gid }: Owner, usual: number): string | null {
  const mode = entry.type === 'symlink' ? 0o777 : entry.mode;
  if (uid === 0 && gid === 0 && mode === usual && entry.xattrs.size === 0) return null;
  const attributes = entry.xattrs.size > 0 ? `:${attributesHash(entry.xattrs)}` : '';
  return `${uid}:${gid}:${mode.toString(8)}${attributes}`;
}

function recordOf(node: Node): string | null {
  if (node.kind === 'file') return digestOf(node.content.read());
  return node.kind === 'symlink' ? digestOf(Buffer.from(node.target, 'latin1')) : null;
}

function nodeOf(entry: TarEntry, owner: Owner, spool: number, read: (offset: number, size: number) => Buffer): Node {
  const meta = { mode: entry.mode, ...owner, mtime: entry.mtime };
  if (entry.type === 'symlink') return { kind: 'symlink', ...meta, mode: 0o777, target: entry.target };
  if (entry.type === 'character' || entry.type === 'block' || entry.type === 'fifo')
    return { kind: entry.type, ...meta, major: entry.major, minor: entry.minor };
  const capabilities = entry.xattrs.get(CAPABILITY);
  const others = [...entry.xattrs].filter(([name]) => name !== CAPABILITY);
  const content =
    entry.size <= SMALL ? inMemory(read(entry.offset, entry.size)) : inFile(spool, entry.offset, entry.size);
  return {
    kind: 'file',
    ...meta,
    content,
    ...(capabilities === undefined ? {} : { capabilities: Buffer.from(capabilities, 'latin1') }),
    ...(others.length === 0 ? {} : { xattrs: new Map(others) }),
  } satisfies File;
}

/** One that is there keeps mode and owner where somebody changed them. */
function putFolder(tree: Tree, entry: TarEntry, owner: Owner, before: ApkFolder | undefined): void {
  const there = tree.find(entry.path);
  const meta = { mode: entry.mode, ...owner, mtime: entry.mtime };
  if (there?.kind !== 'directory') {
    if (there) throw new ComposeError('file-conflict', `/${entry.path} must be a directory and is not`);
    tree.put(entry.path, { kind: 'directory', ...meta, entries: new Map() }, true);
    return;
  }
  const recorded = before ? (before.acl ?? '0:0:755') : null;
  if (recorded === `${there.uid}:${there.gid}:${there.mode.toString(8)}`)
    tree.change(there, { mode: entry.mode, ...owner });
}

/** Removes what only the old version brought; in protected folders only what nobody changed. */
export function removeOldApk(
  tree: Tree,
  old: ApkPackage,
  now: readonly ApkFolder[],
  owners: ApkOwners,
  isProtected: (folder: string) => boolean,
  isFolderKept: (path: string) => boolean,
): void {
  const kept = new Set<string>();
  for (const folder of now)
    for (const file of folder.files) {
      const place = tree.place(pathIn(folder, file), false);
      if (place) kept.add(place.path);
    }
  for (const folder of old.folders)
    for (const file of folder.files) {
      const path = pathIn(folder, file);
      if (owners.get(path)?.package === old) owners.delete(path);
      else if (owners.has(path)) continue;
      const place = tree.place(path, false);
      if (!place?.node || place.node.kind === 'directory' || kept.has(place.path)) continue;
      if (!isProtected(folder.path) || isAsRecorded(place.node, file.digest)) tree.detach(place.parent, place.name);
    }
  const folders = new Set(now.map(({ path }) => path));
  for (const { path } of old.folders.toSorted((a, b) => b.path.length - a.path.length)) {
    if (path === '' || folders.has(path) || isFolderKept(path)) continue;
    const place = tree.place(path, false);
    if (place?.node?.kind === 'directory' && place.node.entries.size === 0) tree.detach(place.parent, place.name);
  }
}
