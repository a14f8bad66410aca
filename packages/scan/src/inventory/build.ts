/** Turns a merged file system into an inventory: runs the catalogers, joins what they found, says what is missing. */
import type { Distribution, Inventory, Missing, Package } from '@pratique/contract';
import type { ImageTree, TreeNode } from '@pratique/oci/layers/tree';
import type { Cataloged, CatalogedFile, Cataloger } from '../catalogers/cataloger.ts';
import { CATALOGER_REVISION } from '../catalogers/list.ts';
import { OS_RELEASE_PATHS, parseOsRelease } from '../catalogers/os-release.ts';
import { indexFiles } from './file-index.ts';
import { boundMissing, findMissing } from './missing.ts';
import { claimFiles, isOwned } from './ownership.ts';
import { isRepeated, joinPackages, ownerOf } from './packages.ts';

export type BuildInput = {
  tree: ImageTree;
  catalogers: readonly Cataloger[];
  /** Blob digest and diff id by layer index; empty for subjects without layers. */
  layers: readonly { digest: string; diffId: string }[];
};

export type Built = {
  inventory: Inventory;
  /** Whose the files are that packages of the operating system brought, and nobody replaced. */
  owners: ReadonlyMap<TreeNode, string>;
};

/** Builds the inventory. A cataloger that throws is a status on the result; the others still run. */
export function buildInventory({ tree, catalogers, layers }: BuildInput): Built {
  const distribution = readDistribution(tree);
  const layerOf = (node: TreeNode): string | null => layers[node.layer]?.digest ?? null;
  const told: Missing[] = [];
  const all: Cataloged = { packages: [], missing: [], owned: [] };
  const unlessOwned: Package[] = [];
  const secondhand: Package[] = [];
  const { wanted, paths } = collect(tree, catalogers, told);
  for (const cataloger of catalogers) {
    try {
      const found = cataloger.catalog(wanted.get(cataloger.name) ?? [], { tree, distribution, layerOf });
      const packages = cataloger.secondhand ? secondhand : cataloger.onlyUnowned ? unlessOwned : all.packages;
      for (const each of found.packages) packages.push(each); // too many for the arguments of one call
      for (const each of found.owned) all.owned.push(each);
      for (const each of found.missing) told.push(each);
    } catch (error) {
      const detail = `the cataloger failed: ${error instanceof Error ? error.message.slice(0, 300) : 'unknown error'}`;
      told.push({ kind: 'unreadable', what: cataloger.name, path: '', detail });
    }
  }
  const owners = claimFiles(tree, all.owned);
  // The distribution's advisories speak for files that it owns, whatever can be read of them.
  const missing = told.filter((each) => !isOwned(tree, each.path, owners));
  for (const each of unlessOwned) if (ownerOf(tree, each, owners) === null) all.packages.push(each);
  const repeated = isRepeated(all.packages);
  for (const each of secondhand) if (!repeated(each) && ownerOf(tree, each, owners) === null) all.packages.push(each);
  const packages = joinPackages(tree, all.packages, owners);
  missing.push(...findMissing({ tree, catalogers, wanted: paths, owners, distribution, packages }));
  const inventory = {
    revision: CATALOGER_REVISION,
    distribution,
    packages,
    files: indexFiles(tree, (node) => layers[node.layer]?.diffId ?? null),
    missing: boundMissing(missing),
  };
  return { inventory, owners };
}

function readDistribution(tree: ImageTree): Distribution | null {
  for (const path of OS_RELEASE_PATHS) {
    const content = tree.lookup(path)?.content;
    const distribution = content ? parseOsRelease(content) : null;
    if (distribution) return distribution;
  }
  return null;
}

/** Gathers the files each cataloger asked for, in path order, and names those whose content is not there. */
function collect(
  tree: ImageTree,
  catalogers: readonly Cataloger[],
  missing: Missing[],
): { wanted: Map<string, CatalogedFile[]>; paths: Set<string> } {
  const paths = new Set<string>();
  const wanted = new Map<string, CatalogedFile[]>(catalogers.map((each) => [each.name, []]));
  const seen = new Set<TreeNode>();
  const take = (cataloger: Cataloger, path: string, node: TreeNode): void => {
    if (seen.has(node)) return;
    seen.add(node);
    if (node.content !== null) wanted.get(cataloger.name)?.push({ path, node, content: node.content });
    else missing.push(unread(cataloger, path, node));
  };
  for (const { path, node } of tree.nodes()) {
    if (node.kind === 'directory') continue;
    const cataloger = catalogers.find((each) => each.wants(path));
    if (!cataloger && node.content !== null)
      for (const each of catalogers)
        if (each.marks?.some((mark) => node.marks.includes(mark)))
          wanted.get(each.name)?.push({ path, node, content: node.content });
    if (cataloger) paths.add(path);
    const target = cataloger ? tree.lookup(path) : null;
    if (cataloger && target?.kind === 'file') take(cataloger, path, target);
  }
  for (const cataloger of catalogers)
    for (const place of cataloger.places) {
      const node = tree.lookup(place);
      if (node && node.kind !== 'directory') take(cataloger, place, node);
    }
  return { wanted, paths };
}

function unread(cataloger: Cataloger, path: string, node: TreeNode): Missing {
  const what = cataloger.name;
  if (node.unread === 'too-large')
    return { kind: 'limit', what, path, detail: `the file has ${node.size} bytes, more than is read` };
  if (node.unread === 'sparse')
    return { kind: 'unreadable', what, path, detail: 'the file is stored as a sparse file' };
  return {
    kind: 'unreadable',
    what,
    path,
    detail: 'the file is reached only through a link from where it is looked for, or is no regular file',
  };
}
