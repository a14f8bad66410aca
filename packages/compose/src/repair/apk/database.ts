/** apk's database of installed packages: read, changed package by package, written as apk-tools writes it. */
import { createHash } from 'node:crypto';
import { ComposeError } from '../../error.ts';
import { inMemory } from '../../files/content.ts';
import type { Node, Tree } from '../../files/tree.ts';
import type { Unit } from '../plan/unit.ts';
import { conflictsOf, needsOf, parseApkRelations, providesOf } from './relations.ts';

/** Owner and mode as written behind `M:` and `a:`; null for root's with 755 and 644. */
export type ApkFile = { name: string; acl: string | null; digest: string | null };
export type ApkFolder = { path: string; acl: string | null; files: ApkFile[] };

export type ApkPackage = Unit & {
  /** Lines before the first folder, as written. */
  header: readonly string[];
  fields: ReadonlyMap<string, string>;
  folders: ApkFolder[];
};

export type ApkDatabase = { folder: string; packages: ApkPackage[] };

/** apk-tools 3 has it below /usr where the root is merged. */
const FOLDERS = ['/lib/apk/db', '/usr/lib/apk/db'] as const;
const MAX_BYTES = 256 * 1024 * 1024;
const MAX_PACKAGES = 100_000;

/** @returns null where the image has none. @throws ComposeError `database-invalid` */
export function readApkDatabase(tree: Tree): ApkDatabase | null {
  for (const folder of FOLDERS) {
    const node = tree.find(`${folder}/installed`);
    if (node?.kind !== 'file') continue;
    if (node.content.size > MAX_BYTES)
      throw new ComposeError('database-invalid', `${folder}/installed has ${node.content.size} bytes`);
    // Names are bytes, as everywhere in a tree.
    const text = node.content.read().toString('latin1');
    const packages = text
      .split('\n\n')
      .filter((stanza) => stanza.trim() !== '')
      .map((stanza, at) => parsePackage(stanza, `${folder}/installed, package ${at + 1}`));
    if (packages.length > MAX_PACKAGES)
      throw new ComposeError('database-invalid', `${folder}/installed has more than ${MAX_PACKAGES} packages`);
    return { folder, packages };
  }
  return null;
}

function parsePackage(stanza: string, origin: string): ApkPackage {
  const header: string[] = [];
  const folders: ApkFolder[] = [];
  for (const line of stanza.split('\n')) {
    if (line === '') continue;
    const [key, value] = [line.slice(0, 1), line.slice(2)];
    if (line[1] !== ':')
      throw new ComposeError('database-invalid', `${origin}: ${JSON.stringify(line.slice(0, 80))} is no field`);
    const folder = folders.at(-1);
    const file = folder?.files.at(-1);
    if (key === 'F') folders.push({ path: value, acl: null, files: [] });
    else if (!folder) header.push(line);
    else if (key === 'M') folder.acl = value;
    else if (key === 'R') folder.files.push({ name: value, acl: null, digest: null });
    else if (key === 'a' && file) file.acl = value;
    else if (key === 'Z' && file) file.digest = value;
    else throw new ComposeError('database-invalid', `${origin}: a field ${JSON.stringify(key)} among its files`);
  }
  return packageOf(header, folders, origin);
}

/** @throws ComposeError `database-invalid` */
export function packageOf(header: readonly string[], folders: ApkFolder[], origin: string): ApkPackage {
  const fields = new Map(header.map((line) => [line.slice(0, 1), line.slice(2)]));
  const [name, version] = [fields.get('P'), fields.get('V')];
  if (!name || !version) throw new ComposeError('database-invalid', `${origin} has no name or no version`);
  const relations = parseApkRelations(fields.get('D'));
  return {
    name,
    version,
    architecture: fields.get('A') ?? 'noarch',
    header,
    fields,
    folders,
    provides: providesOf(name, version, fields.get('p')),
    needs: needsOf(relations),
    conflicts: conflictsOf(relations),
    obsoletes: [],
  };
}

export function writeApkDatabase(tree: Tree, { folder, packages }: ApkDatabase): void {
  const lines: string[] = [];
  for (const { header, folders } of packages) {
    lines.push(...header);
    for (const { path, acl, files } of folders) {
      lines.push(`F:${path}`);
      if (acl !== null) lines.push(`M:${acl}`);
      for (const file of files) {
        lines.push(`R:${file.name}`);
        if (file.acl !== null) lines.push(`a:${file.acl}`);
        if (file.digest !== null) lines.push(`Z:${file.digest}`);
      }
    }
    lines.push('');
  }
  tree.write(`${folder}/installed`, inMemory(lines.map((line) => `${line}\n`).join('')));
}

/** Full path of a file in a folder of the database. */
export const pathIn = (folder: Pick<ApkFolder, 'path'>, file: Pick<ApkFile, 'name'>): string =>
  folder.path === '' ? `/${file.name}` : `/${folder.path}/${file.name}`;

/** What apk records of a file's content, or of where a link leads. */
export const digestOf = (bytes: Buffer): string => `Q1${createHash('sha1').update(bytes).digest('base64')}`;

/** Whether a node is as it was recorded; files without a record never are. */
export function isAsRecorded(node: Node | null, recorded: string | null): boolean {
  if (recorded === null || (node?.kind !== 'file' && node?.kind !== 'symlink')) return false;
  const bytes = node.kind === 'file' ? node.content.read() : Buffer.from(node.target, 'latin1');
  const [form, value] = [recorded.slice(0, 2), recorded.slice(2)];
  const hash = (name: string, encoding: 'base64' | 'hex') => createHash(name).update(bytes).digest(encoding);
  if (form === 'Q1') return hash('sha1', 'base64') === value;
  if (form === 'X1') return hash('sha1', 'hex') === value.toLowerCase();
  if (form === 'Q2') return hash('sha256', 'base64') === value;
  return form === 'X2' && hash('sha256', 'hex') === value.toLowerCase();
}
