/** Packages of rpm: its databases in their three formats, and the list that images without one carry. */
import type { Package } from '@pratique/contract';
import type { TreeNode } from '@pratique/oci/layers/tree';
import type { CatalogContext, Cataloged, CatalogedFile, Cataloger } from '../cataloger.ts';
import { makePurl } from '../purl.ts';
import type { RpmHeader } from './header.ts';
import { rpmLicence } from './licence.ts';
import { condenseRpmDatabase, readCondensed, readRpmDatabase } from './read-database.ts';

/** The classic place, that of images with a read-only /var (openSUSE, Fedora 36 and later), and ostree's. */
const FOLDERS: readonly string[] = ['var/lib/rpm/', 'usr/lib/sysimage/rpm/', 'usr/share/rpm/'];
/** In the order in which rpm moved on: where two are there, the older is a leftover. */
const NAMES: readonly string[] = ['rpmdb.sqlite', 'Packages.db', 'Packages'];
const DATABASES: readonly string[] = NAMES.flatMap((name) => FOLDERS.map((folder) => folder + name));
/** What SQLite has not yet brought into the database, after a transaction and in the middle of one. */
const LOGS: readonly string[] = FOLDERS.map((folder) => `${folder}rpmdb.sqlite-wal`);
const JOURNALS: readonly string[] = FOLDERS.map((folder) => `${folder}rpmdb.sqlite-journal`);
const MANIFEST = 'var/lib/rpmmanifest/container-manifest-2';
const WANTED: ReadonlySet<string> = new Set([...DATABASES, ...LOGS, ...JOURNALS, MANIFEST]);

const MAX_DATABASE = 512 * 1024 * 1024;
/** A larger one is shortened at once; a log beside it is then too late. */
const KEPT_WHOLE = 32 * 1024 * 1024;
/** Files of a package that say which layer installed it. */
const LAYER_WITNESSES = 8;

export const rpm: Cataloger = {
  name: 'rpm',
  places: DATABASES,
  wants: (path) => WANTED.has(path),
  maxBytes: () => MAX_DATABASE,
  condense: (path, content) =>
    content.length > KEPT_WHOLE && DATABASES.includes(path) ? condenseRpmDatabase(path, content) : content,
  catalog(files, context) {
    const result: Cataloged = { packages: [], missing: [], owned: [] };
    const logs = new Map(files.map((each) => [each.path, each.content]));
    const problem = (file: CatalogedFile, detail: string): void =>
      void result.missing.push({ kind: 'unreadable', what: 'rpm-database', path: file.path, detail });
    const databases = files.filter((each) => DATABASES.includes(each.path) && each.node.size > 0);
    const current = NAMES.map((name) => databases.filter((each) => each.path.endsWith(`/${name}`))).find(
      (found) => found.length > 0,
    );
    for (const file of databases) {
      if (!current?.includes(file)) {
        problem(file, `it was not read: ${current?.[0]?.path} is newer`);
        continue;
      }
      const log = nonEmpty(logs.get(`${file.path}-wal`));
      const condensed = readCondensed(file.content);
      if (condensed && log) problem(file, 'what its write-ahead log has beyond it was not read');
      if (nonEmpty(logs.get(`${file.path}-journal`)))
        problem(file, 'a transaction on it was cut off; what it changed is read as it is');
      const { headers, problems } = condensed ?? readRpmDatabase(file.path, file.content, log);
      for (const header of headers) add(header, file, context, result);
      for (const detail of problems) problem(file, detail);
    }
    for (const file of files) {
      if (file.path !== MANIFEST || databases.length > 0) continue;
      const { headers, problems } = readRpmDatabase(file.path, file.content, null);
      for (const header of headers) add(header, file, context, result);
      for (const detail of problems) problem(file, detail);
    }
    return result;
  },
};

function nonEmpty(content: Buffer | undefined): Buffer | null {
  return content && content.length > 0 ? content : null;
}

function add(header: RpmHeader, file: CatalogedFile, context: CatalogContext, result: Cataloged): void {
  const paths = header.files.flatMap(([directory, names]) => names.map((name) => directory + name));
  const each = toPackage(header, file, context);
  each.layer = context.layerOf(installedBy(paths, file.node, context));
  result.packages.push(each);
  result.owned.push({ purl: each.purl, paths, record: file.node });
}

function toPackage(header: RpmHeader, file: CatalogedFile, { distribution }: CatalogContext): Package {
  const { name, architecture, module } = header;
  const upstream = header.sourceRpm;
  const epoch = header.epoch ? String(header.epoch) : null;
  const release = `${header.version}-${header.release}`;
  const version = epoch === null ? release : `${epoch}:${release}`;
  const distro = distribution ? [distribution.id, distribution.version].filter(Boolean).join('-') : null;
  const source = /^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$/.exec(upstream ?? '');
  return {
    name,
    version,
    type: 'rpm',
    purl: makePurl('rpm', namespaceOf(distribution?.id), name, release, {
      arch: architecture,
      distro,
      epoch,
      rpmmod: module,
      upstream,
    }),
    sourceName: source?.[1] ?? name,
    sourceVersion: source?.[2] ? (epoch === null ? source[2] : `${epoch}:${source[2]}`) : version,
    architecture,
    owner: null,
    // rpm keeps the keys that it trusts as packages whose licence is called pubkey; other scanners list them too.
    licenses: header.license && name !== 'gpg-pubkey' ? [rpmLicence(header.license)] : [],
    layer: null,
    paths: [file.path],
  };
}

/** @see purl-spec, PURL-TYPES.rst, "rpm": the vendor, such as `fedora`, `redhat`, `opensuse` */
function namespaceOf(id: string | undefined): string | null {
  if (id === 'rhel') return 'redhat';
  return id?.startsWith('opensuse') ? 'opensuse' : (id ?? null);
}

/** rpm rewrites its one database in every layer; the oldest of a package's own files says when it was installed. */
function installedBy(paths: readonly string[], record: TreeNode, { tree }: CatalogContext): TreeNode {
  let first: TreeNode | null = null;
  let witnesses = 0;
  for (const path of paths.slice(0, LAYER_WITNESSES * 4)) {
    const node = tree.lookup(path, false);
    if (!node || node.kind === 'directory' || node.layer > record.layer) continue;
    if (!first || node.layer < first.layer) first = node;
    witnesses += 1;
    if (witnesses === LAYER_WITNESSES) break;
  }
  return first ?? record;
}
