/** Packages of npm: installed trees, and lock files where nothing is installed beside them. */
import type { Package } from '@pratique/contract';
import type { TreeNode } from '@pratique/oci/layers/tree';
import type { CatalogContext, Cataloged, CatalogedFile, Cataloger } from '../cataloger.ts';
import { makePurl } from '../purl.ts';
import { parseLock } from './lock.ts';
import { condensePackageJson, type NpmIdentity, parsePackageJson } from './package-json.ts';

/** `node_modules/NAME/package.json` and `node_modules/@SCOPE/NAME/package.json`; deeper ones are parts of a package. */
const INSTALLED = /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/@.][^/]*\/package\.json$/;
const LOCK = /(?:^|\/)(?:package-lock|npm-shrinkwrap)\.json$/;

export const npm: Cataloger = {
  name: 'npm',
  places: [],
  wants: (path) => path.endsWith('.json') && (INSTALLED.test(path) || isLock(path)),
  condense: (path, content) => (isLock(path) ? content : condensePackageJson(content)),
  catalog(files, context) {
    const result: Cataloged = { packages: [], missing: [], owned: [] };
    const installedIn = new Set<string>();
    for (const file of files) {
      if (isLock(file.path)) continue;
      const identity = parsePackageJson(file.content);
      if (identity) {
        result.packages.push(toPackage(identity, file.path, file.node, context));
        installedIn.add(projectOf(file.path));
      } else if (!isNested(file.path)) {
        result.missing.push({
          kind: 'unreadable',
          what: 'npm-package',
          path: file.path,
          detail: 'it names no package and version',
        });
      }
    }
    for (const file of files)
      if (isLock(file.path) && !installedIn.has(directoryOf(file.path))) readLock(file, context, result);
    return result;
  },
};

/** A lock inside an installed package is that package's own and pins nothing here. */
function isLock(path: string): boolean {
  return LOCK.test(path) && !/(?:^|\/)node_modules\//.test(path);
}

/** Directories such as `node_modules/x/node_modules` of a package's own tests may hold anything. */
function isNested(path: string): boolean {
  return /(?:^|\/)(?:test|tests|fixtures?|__fixtures__|examples?)\//.test(path);
}

/** The directory whose `node_modules` holds the file: the project it was installed for. */
function projectOf(path: string): string {
  return path.slice(0, Math.max(0, path.indexOf('node_modules/') - 1));
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function readLock(file: CatalogedFile, context: CatalogContext, result: Cataloged): void {
  const lock = parseLock(file.content);
  if (!lock) {
    result.missing.push({
      kind: 'unreadable',
      what: 'npm-lock',
      path: file.path,
      detail: 'it is no lock file that npm could have written',
    });
    return;
  }
  for (const identity of lock.packages) result.packages.push(toPackage(identity, file.path, file.node, context));
  for (const detail of lock.problems.slice(0, 20))
    result.missing.push({ kind: 'unreadable', what: 'npm-lock', path: file.path, detail });
}

function toPackage(identity: NpmIdentity, path: string, node: TreeNode, context: CatalogContext): Package {
  const { name, version, licenses } = identity;
  const slash = name.indexOf('/');
  const purl = makePurl(
    'npm',
    slash < 0 ? null : name.slice(0, slash),
    slash < 0 ? name : name.slice(slash + 1),
    version,
  );
  return {
    name,
    version,
    type: 'npm',
    purl,
    sourceName: name,
    sourceVersion: version,
    architecture: null,
    owner: null,
    licenses,
    layer: context.layerOf(node),
    paths: [path],
  };
}
