/** Packages of dpkg: the status database, and status.d of images built without a package manager (distroless). */
import type { Distribution, Missing, Package } from '@pratique/contract';
import type { CatalogContext, Cataloged, CatalogedFile, Cataloger, OwnedFiles } from '../cataloger.ts';
import { makePurl } from '../purl.ts';
import { type DpkgRecord, parseStatus } from './status.ts';

const STATUS = 'var/lib/dpkg/status';
const STATUS_D = 'var/lib/dpkg/status.d/';
const INFO = 'var/lib/dpkg/info/';

export const dpkg: Cataloger = {
  name: 'dpkg',
  places: [STATUS],
  wants: (path) => path === STATUS || path.startsWith(STATUS_D) || (path.startsWith(INFO) && path.endsWith('.list')),
  catalog(files, context) {
    const result: Cataloged = { packages: [], missing: [], owned: [] };
    const byName = new Map<string, Package>();
    for (const file of files) {
      if (file.path !== STATUS && (!file.path.startsWith(STATUS_D) || file.path.endsWith('.md5sums'))) continue;
      const { packages, problems } = parseStatus(file.content);
      for (const record of packages) {
        const each = toPackage(record, file, context);
        result.packages.push(each);
        // Some builders of distroless images name files of status.d otherwise than the package.
        if (file.path.startsWith(STATUS_D)) byName.set(file.path.slice(STATUS_D.length), each);
        byName.set(record.name, each);
        byName.set(`${record.name}:${record.architecture ?? ''}`, each);
      }
      for (const problem of problems) result.missing.push(unreadable(file.path, problem));
    }
    for (const file of files) {
      const owner = ownerOf(file, byName);
      if (!owner) continue;
      result.owned.push(ownedFiles(file, owner, context));
      // dpkg rewrites its one database in every layer, but a package's own list only when it installs the package.
      owner.layer = context.layerOf(file.node);
      owner.paths.push(file.path);
    }
    return result;
  },
};

function toPackage(record: DpkgRecord, file: CatalogedFile, context: CatalogContext): Package {
  return {
    ...record,
    type: 'deb',
    purl: debPurl(record, context.distribution),
    owner: null,
    licenses: [],
    layer: context.layerOf(file.node),
    paths: [file.path],
  };
}

function debPurl(record: DpkgRecord, distribution: Distribution | null): string {
  const upstream =
    record.sourceName === record.name && record.sourceVersion === record.version ? null : upstreamOf(record);
  const distro = distribution
    ? [distribution.id, distribution.version || distribution.codename].filter(Boolean).join('-')
    : null;
  return makePurl('deb', distribution?.id ?? 'debian', record.name, record.version, {
    arch: record.architecture,
    distro,
    upstream,
  });
}

function upstreamOf(record: DpkgRecord): string {
  return record.sourceVersion === record.version ? record.sourceName : `${record.sourceName}@${record.sourceVersion}`;
}

/** The package that `info/NAME[:ARCH].list` or `status.d/NAME.md5sums` belongs to. */
function ownerOf(file: CatalogedFile, byName: ReadonlyMap<string, Package>): Package | null {
  if (file.path.startsWith(INFO)) return byName.get(file.path.slice(INFO.length, -'.list'.length)) ?? null;
  return file.path.endsWith('.md5sums')
    ? (byName.get(file.path.slice(STATUS_D.length, -'.md5sums'.length)) ?? null)
    : null;
}

/** The one file lists paths, the other sums and paths. */
function ownedFiles(file: CatalogedFile, owner: Package, { tree }: CatalogContext): OwnedFiles {
  const lines = file.content.toString('utf8').split('\n');
  const paths = file.path.startsWith(INFO) ? lines : lines.map((line) => line.replace(/^[0-9a-f]{32}\s+/, ''));
  // An upgrade in a layer that holds only what differs leaves an equal list below; the sums differ always.
  const sums = tree.lookup(file.path.replace(/\.list$/, '.md5sums'), false);
  const record = sums?.kind === 'file' && sums.layer > file.node.layer ? sums : file.node;
  return { purl: owner.purl, paths, record };
}

function unreadable(path: string, detail: string): Missing {
  return { kind: 'unreadable', what: 'dpkg-database', path, detail };
}
