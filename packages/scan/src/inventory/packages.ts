/** Joins what catalogers found into one list: owners set, repetitions merged, in a fixed order. */
import type { Package } from '@pratique/contract';
import type { ImageTree, TreeNode } from '@pratique/oci/layers/tree';
import { ownerAt } from './ownership.ts';

const SYSTEM: ReadonlySet<Package['type']> = new Set(['deb', 'apk', 'rpm']);
/** Evidence beyond this many paths says nothing more. */
const MAX_PATHS = 50;

/** The same package at several places is one entry with several paths; sorted by type, name, version, purl, owner. */
export function joinPackages(
  tree: ImageTree,
  found: readonly Package[],
  owners: ReadonlyMap<TreeNode, string>,
): Package[] {
  const joined = new Map<string, Package>();
  for (const each of found) {
    const owner = ownerOf(tree, each, owners);
    const key = JSON.stringify([each.purl, owner]);
    const before = joined.get(key);
    if (!before) joined.set(key, { ...each, owner, paths: [...each.paths] });
    else
      for (const path of each.paths)
        if (!before.paths.includes(path) && before.paths.length < MAX_PATHS) before.paths.push(path);
  }
  const packages = [...joined.values()];
  for (const each of packages) each.paths.sort();
  return packages.sort(
    (a, b) =>
      byText(a.type, b.type) ||
      byText(a.name, b.name) ||
      byText(a.version, b.version) ||
      byText(a.purl, b.purl) ||
      byText(a.owner ?? '', b.owner ?? ''),
  );
}

/** Packages of the operating system have no owner; for others the file that names them, or that they lie in, decides. */
export function ownerOf(tree: ImageTree, each: Package, owners: ReadonlyMap<TreeNode, string>): string | null {
  if (SYSTEM.has(each.type)) return null;
  return each.paths[0] === undefined ? null : ownerAt(tree, each.paths[0], owners);
}

/**
 * Says of a package that a document names whether it was found anyway. Where the operating system's own database was
 * read, it alone says what is installed of its kind.
 */
export function isRepeated(found: readonly Package[]): (each: Package) => boolean {
  const key = ({ type, name, version }: Package): string =>
    `${type} ${name.toLowerCase()} ${version.replace(/^v/, '')}`;
  const known = new Set(found.map(key));
  const systems = new Set(found.map((each) => each.type).filter((type) => SYSTEM.has(type)));
  return (each) => systems.has(each.type) || known.has(key(each));
}

function byText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
