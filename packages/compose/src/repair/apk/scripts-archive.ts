/** apk's archive of installed packages' scripts, and its list of triggers. */
import { createHash } from 'node:crypto';
import { inMemory } from '../../files/content.ts';
import type { Tree } from '../../files/tree.ts';
import { readTar } from '../../unpack/read-tar.ts';
import type { ApkDatabase } from './database.ts';
import type { TarFile } from './signature.ts';

/** Scripts of packages, by `name-version` and kind. */
export type ApkScripts = Map<string, Map<string, TarFile>>;

const MAX_BYTES = 128 * 1024 * 1024;
const END = Buffer.alloc(1024);
const BLOCK = 512;
const MAX_NAME = 100;

/** @returns also whether the archive has hashes in hex, as apk-tools 3 writes them. @throws ComposeError `package-invalid` */
export function readApkScripts(tree: Tree, { folder }: ApkDatabase): { scripts: ApkScripts; isHex: boolean } {
  const scripts: ApkScripts = new Map();
  const node = tree.find(`${folder}/scripts.tar`);
  let isHex = false;
  if (node?.kind !== 'file' || node.content.size > MAX_BYTES) return { scripts, isHex };
  const bytes = Buffer.concat([node.content.read(), END]);
  const read = (offset: number, size: number) => bytes.subarray(offset, offset + size);
  for (const { path, type, offset, size, mode, mtime } of readTar(read, bytes.length, `${folder}/scripts.tar`)) {
    // The hash is base64, which may hold slashes but no points.
    const [, package_ = '', hash = '', kind] = /^(.+)\.([QX][12][^.]+)\.([a-z-]+)$/.exec(path) ?? [];
    if (type !== 'file' || kind === undefined) continue;
    isHex ||= hash.startsWith('X');
    const own = scripts.get(package_) ?? new Map<string, TarFile>();
    scripts.set(package_, own.set(kind, { name: path, bytes: Buffer.from(read(offset, size)), mode, mtime }));
  }
  return { scripts, isHex };
}

/** The name of a script in the archive. */
function scriptName(name: string, version: string, checksum: string, kind: string, isHex: boolean): string {
  const hash = isHex ? `X${checksum.slice(1, 2)}${Buffer.from(checksum.slice(2), 'base64').toString('hex')}` : checksum;
  return `${name}-${version}.${hash}.${kind}`;
}

/** Writes the archive in the order of the packages; one that was not there and would be empty is not made. */
export function writeApkScripts(tree: Tree, database: ApkDatabase, scripts: ApkScripts, isHex: boolean): void {
  const path = `${database.folder}/scripts.tar`;
  const parts: Buffer[] = [];
  const put = (file: TarFile, type: string) => {
    const padding = Buffer.alloc((BLOCK - (file.bytes.length % BLOCK)) % BLOCK);
    parts.push(tarHeader(file, type), file.bytes, padding);
  };
  for (const { name, version, fields } of database.packages)
    for (const [kind, file] of scripts.get(`${name}-${version}`) ?? []) {
      const called = scriptName(name, version, fields.get('C') ?? '', kind, isHex);
      if (called.length > MAX_NAME)
        put({ ...file, name: '././@LongLink', bytes: Buffer.from(`${called}\0`, 'latin1') }, 'L');
      put({ ...file, name: called }, '0');
    }
  if (parts.length === 0 && !tree.find(path)) return;
  tree.write(path, inMemory(Buffer.concat([...parts, END])));
}

/** As apk-tools writes it (src/tar.c): numbers in octal, owners by the name of root. */
function tarHeader({ name, bytes, mode, mtime }: TarFile, type: string): Buffer {
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number) =>
    header.write(value.toString(8).padStart(length - 1, '0'), at, 'latin1');
  header.write(name.slice(0, MAX_NAME), 0, 'latin1');
  octal(mode & 0o7777, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(bytes.length, 124, 12);
  octal(mtime, 136, 12);
  header.write(`        ${type}`, 148, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  header.write('root', 265, 'latin1');
  header.write('root', 297, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** Patterns of folders by the checksum of the package that wants to know. */
export function readApkTriggers(tree: Tree, { folder }: ApkDatabase): Map<string, string[]> {
  const triggers = new Map<string, string[]>();
  for (const line of (tree.readText(`${folder}/triggers`) ?? '').split('\n')) {
    const [checksum = '', ...patterns] = line.split(' ').filter(Boolean);
    if (patterns.length > 0) triggers.set(base64Form(checksum), patterns);
  }
  return triggers;
}

export function writeApkTriggers(tree: Tree, database: ApkDatabase, triggers: ReadonlyMap<string, string[]>): void {
  const path = `${database.folder}/triggers`;
  const lines = database.packages.flatMap(({ fields }) => {
    const checksum = fields.get('C') ?? '';
    const patterns = triggers.get(checksum);
    return patterns ? [`${[checksum, ...patterns].join(' ')}\n`] : [];
  });
  if (lines.length === 0 && !tree.find(path)) return;
  tree.write(path, inMemory(lines.join('')));
}

function base64Form(checksum: string): string {
  const [, kind, hex] = /^X([12])([0-9a-fA-F]+)$/.exec(checksum) ?? [];
  return kind && hex ? `Q${kind}${Buffer.from(hex, 'hex').toString('base64')}` : checksum;
}

/** Hash of a file's attributes, as apk records it behind its mode (src/io.c, apk_fileinfo_hash_xattr). */
export function attributesHash(xattrs: ReadonlyMap<string, string>): string {
  const hash = createHash('sha1');
  for (const [name, value] of [...xattrs].sort(([a], [b]) => (a < b ? -1 : 1)))
    for (const text of [name, value]) {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(text.length);
      hash.update(length).update(Buffer.from(text, 'latin1'));
    }
  return `Q1${hash.digest('base64')}`;
}
