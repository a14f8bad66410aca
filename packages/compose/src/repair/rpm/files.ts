/** Puts the files of a package of rpm over those that are there, and removes what only the old one had. */
import { createHash } from 'node:crypto';
import { ComposeError } from '../../error.ts';
import { inFile, inMemory, readPart } from '../../files/content.ts';
import type { File, Node, Tree } from '../../files/tree.ts';
import { groupId, userId } from '../../install/accounts.ts';
import type { World } from '../../install/world.ts';
import { encodeCapabilities } from '../../steps/capabilities.ts';
import { readCpio } from './cpio.ts';
import { fateOf, isSame, removalOf } from './fate.ts';
import { digestAlgorithm, FLAG, FORMAT, isDirectory, isLink, isRegular, type RpmFile } from './file-list.ts';
import type { OpenRpm } from './open-package.ts';
import type { RpmPackage } from './package.ts';

export type Omissions = { documentation: boolean; languages: ReadonlySet<string> | null };
export type RpmUnpacked = { states: Buffer; files: number; bytes: number; mapped: number };

/** Packages that have a path in the end, by where it really lies. */
export type FinalOwners = Map<string, { name: string; file: RpmFile; algorithm: string | null }[]>;

const SMALL = 4096;
const NOT_INSTALLED = 2;
const MAX_ENTRY = 4096;

/** Paths with the links on the way to them followed, as rpm tells files apart. */
export class RealPaths {
  readonly #tree: Tree;
  readonly #folders = new Map<string, string>();
  constructor(tree: Tree) {
    this.#tree = tree;
  }
  of(path: string): string {
    const slash = path.lastIndexOf('/');
    const folder = path.slice(0, slash);
    let real = this.#folders.get(folder);
    if (real === undefined) {
      const place = folder === '' ? null : this.#tree.place(folder);
      real = place?.node ? (place.path === '/' ? '' : place.path) : folder;
      if (place?.node || folder === '') this.#folders.set(folder, real);
    }
    return `${real}${path.slice(slash)}`;
  }
}

/** @throws ComposeError `package-invalid`, `file-conflict`, `hash-mismatch` */
export function unpackRpm(
  world: World,
  opened: OpenRpm,
  old: RpmPackage | null,
  omissions: Omissions,
  real: RealPaths,
): RpmUnpacked {
  const { files, header, spool, payloadSize, offer } = opened;
  const { tree } = world;
  const origin = `${offer.name}-${offer.version}`;
  const read = (offset: number, size: number) => readPart(spool, offset, size);
  const extents = readCpio(read, payloadSize, files, origin);
  const algorithm = digestAlgorithm(header);
  const oldAlgorithm = old ? digestAlgorithm(old.header) : null;
  const before = new Map((old?.files ?? []).map((file) => [real.of(file.path), { file, algorithm: oldAlgorithm }]));
  const docs = old?.files.filter(({ flags }) => flags & FLAG.doc) ?? [];
  const noDocs = omissions.documentation || (docs.length > 0 && docs.every(({ state }) => state === NOT_INSTALLED));
  const linked = new Map<number, Node>();
  const result: RpmUnpacked = { states: Buffer.alloc(files.length), files: 0, bytes: 0, mapped: 0 };
  for (const file of files) {
    checkName(file.path, origin);
    if (((file.flags & FLAG.doc) !== 0 && noDocs) || !isWantedLanguage(file.lang, omissions.languages)) {
      result.states[file.index] = NOT_INSTALLED;
      continue;
    }
    if (file.flags & FLAG.ghost) continue;
    const owner = ownerOf(world, file);
    if (isDirectory(file)) {
      putDirectory(tree, file, owner);
      continue;
    }
    const node = nodeOf(file, owner, () => contentOf(file, files, extents, algorithm, spool, origin), linked, origin);
    result.files++;
    result.bytes += node.kind === 'file' ? node.content.size : 0;
    const there = tree.lfind(file.path);
    if (there?.kind === 'directory')
      throw new ComposeError('file-conflict', `${file.path} is a directory, and ${origin} brings a file there`);
    const fate = fateOf(there, { file, algorithm }, before.get(real.of(file.path)) ?? null);
    if (fate === 'skip') continue;
    if (fate === 'beside') {
      tree.put(`${file.path}.rpmnew`, node, false);
      continue;
    }
    if (there && fate !== 'create') tree.put(`${file.path}.${fate === 'save' ? 'rpmsave' : 'rpmorig'}`, there, false);
    tree.put(file.path, node, false);
  }
  return result;
}

function checkName(path: string, origin: string): void {
  const parts = path.split('/');
  if (
    !path.startsWith('/') ||
    parts.includes('..') ||
    parts.includes('.') ||
    path.length > 4096 ||
    /\p{Cc}/u.test(path)
  )
    throw new ComposeError('package-invalid', `${origin}: the path ${JSON.stringify(path.slice(0, 200))} cannot be`);
}

/** A file is for its languages; without any it is for all. */
function isWantedLanguage(own: string, languages: ReadonlySet<string> | null): boolean {
  if (own === '' || languages === null) return true;
  const wanted = own.split('|').filter(Boolean);
  return [...languages].some((language) => wanted.some((each) => language.startsWith(each)));
}

type Owner = { uid: number; gid: number };

/** By name; what the image does not know belongs to root, as rpm has it. */
const ownerOf = (world: World, { user, group }: RpmFile): Owner => ({
  uid: user === 'root' ? 0 : (userId(world, user) ?? 0),
  gid: group === 'root' ? 0 : (groupId(world, group) ?? 0),
});

function contentOf(
  file: RpmFile,
  files: readonly RpmFile[],
  extents: ReturnType<typeof readCpio>,
  algorithm: string | null,
  spool: number,
  origin: string,
): File['content'] {
  let extent = extents.get(file.index);
  // Of names of one file, the last in the archive has the content.
  if (extent?.size !== file.size)
    for (const other of files)
      if (
        other.inode === file.inode &&
        other.size === file.size &&
        isRegular(other) &&
        extents.get(other.index)?.size === file.size
      )
        extent = extents.get(other.index);
  if (extent?.size !== file.size)
    throw new ComposeError('package-invalid', `${origin}: the content of ${file.path} is not in it`);
  const content =
    extent.size <= SMALL
      ? inMemory(readPart(spool, extent.offset, extent.size))
      : inFile(spool, extent.offset, extent.size);
  if (file.digest !== '') {
    if (algorithm === null) throw new ComposeError('package-invalid', `${origin}: digests of an unknown kind`);
    const found = createHash(algorithm).update(content.read()).digest('hex');
    if (found !== file.digest)
      throw new ComposeError(
        'hash-mismatch',
        `${origin}: ${file.path} has ${algorithm} ${found}; its header says ${file.digest}`,
      );
  }
  return content;
}

function nodeOf(
  file: RpmFile,
  owner: Owner,
  content: () => File['content'],
  linked: Map<number, Node>,
  origin: string,
): Node {
  const meta = { mode: file.mode & 0o7777, ...owner, mtime: file.mtime };
  if (isLink(file)) {
    if (file.target.length > MAX_ENTRY)
      throw new ComposeError('package-invalid', `${origin}: ${file.path} leads too far`);
    return { kind: 'symlink', ...meta, mode: 0o777, target: file.target };
  }
  if (!isRegular(file)) {
    const kind = { 0o020000: 'character', 0o060000: 'block', 0o010000: 'fifo' } as const;
    const found = kind[(file.mode & FORMAT.mask) as keyof typeof kind];
    if (!found)
      throw new ComposeError('package-invalid', `${origin}: ${file.path} is of a kind that no image can hold`);
    return {
      kind: found,
      ...meta,
      major: (file.rdev >> 8) & 0xfff,
      minor: (file.rdev & 0xff) | ((file.rdev >> 12) & 0xfff00),
    };
  }
  const first = file.inode === 0 ? undefined : linked.get(file.inode);
  if (first) return first;
  const capabilities = file.caps === '' ? null : encodeCapabilities(file.caps);
  if (file.caps !== '' && !capabilities)
    throw new ComposeError(
      'file-conflict',
      `${origin}: the capabilities ${file.caps.slice(0, 100)} of ${file.path} are not known here`,
    );
  const node: Node = { kind: 'file', ...meta, content: content(), ...(capabilities ? { capabilities } : {}) };
  if (file.inode !== 0) linked.set(file.inode, node);
  return node;
}

/** A folder is made what the package says; a link to one stays a link. */
function putDirectory(tree: Tree, file: RpmFile, owner: Owner): void {
  const meta = { mode: file.mode & 0o7777, ...owner };
  const there = tree.lfind(file.path);
  if (there?.kind === 'directory') tree.change(there, meta);
  else if (tree.find(file.path)?.kind !== 'directory') {
    if (there) throw new ComposeError('file-conflict', `${file.path} must be a directory and is not`);
    tree.put(file.path, { kind: 'directory', ...meta, mtime: file.mtime, entries: new Map() }, false);
  }
}

/** Removes what only the old package had: files first, then folders that are empty and nobody else's. */
export function eraseRpm(tree: Tree, old: RpmPackage, final: FinalOwners, real: RealPaths): void {
  const algorithm = digestAlgorithm(old.header);
  for (const file of old.files.toReversed()) {
    const path = real.of(file.path);
    if (file.state !== 0 || (final.get(path)?.length ?? 0) > 0) continue;
    const place = tree.place(path, false);
    if (!place?.node || place.name === '') continue;
    if (isDirectory(file)) {
      if (place.node.kind === 'directory' && place.node.entries.size === 0) tree.detach(place.parent, place.name);
      continue;
    }
    if (place.node.kind === 'directory') continue;
    if (removalOf(place.node, { file, algorithm }) === 'save') tree.put(`${path}.rpmsave`, place.node, false);
    tree.detach(place.parent, place.name);
  }
}

/** @throws ComposeError `file-conflict` where a package that stays has another file of that path */
export function checkConflicts(opened: OpenRpm, final: FinalOwners, real: RealPaths): void {
  const { name } = opened.offer;
  const algorithm = digestAlgorithm(opened.header);
  for (const file of opened.files)
    for (const other of final.get(real.of(file.path)) ?? []) {
      if (other.name === name || isCompatible(file, algorithm, other)) continue;
      throw new ComposeError('file-conflict', `${name} and ${other.name} both bring ${file.path}, and not the same`);
    }
}

/** @see rpm, lib/rpmfi.c, rpmfilesCompare */
function isCompatible(a: RpmFile, algorithm: string | null, b: { file: RpmFile; algorithm: string | null }): boolean {
  const other = b.file;
  if (a.flags & other.flags & FLAG.ghost) return true;
  if ((a.mode & FORMAT.mask) !== (other.mode & FORMAT.mask)) return false;
  if (isDirectory(a)) return true;
  if (isLink(a)) return a.target === other.target;
  return isRegular(a) && algorithm === b.algorithm && a.digest === other.digest;
}

export type RpmDifference = {
  path: string;
  was: 'modified' | 'missing' | 'configuration-modified' | 'configuration-missing';
};

/** Files of an old package that are not as it brought them. */
export function differencesOf(tree: Tree, old: RpmPackage): RpmDifference[] {
  const algorithm = digestAlgorithm(old.header);
  return old.files.flatMap((file) => {
    if (file.state !== 0 || file.flags & FLAG.ghost || !isRegular(file)) return [];
    const there = tree.lfind(file.path);
    if (there && isSame(there, { file, algorithm })) return [];
    const was = there ? ('modified' as const) : ('missing' as const);
    return [{ path: file.path, was: file.flags & FLAG.config ? (`configuration-${was}` as const) : was }];
  });
}
