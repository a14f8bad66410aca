/** Which operating-system package owns which file. */
import type { ImageTree, TreeNode } from '@pratique/oci/layers/tree';
import type { OwnedFiles } from '../catalogers/cataloger.ts';

/**
 * Maps files to the purl of the package that owns them. Paths are resolved through directory links, as a merged /usr
 * needs. A file that a later layer wrote than the database's own record is not the package's any more: something
 * else, such as `npm install -g`, has replaced it.
 */
export function claimFiles(tree: ImageTree, owned: readonly OwnedFiles[]): Map<TreeNode, string> {
  const owners = new Map<TreeNode, string>();
  for (const { purl, paths, record } of owned) {
    for (const path of paths) {
      if (path === '' || path === '/.') continue;
      const node = tree.lookup(path, false);
      if (node && node.kind !== 'directory' && node.layer <= record.layer) owners.set(node, purl);
    }
  }
  return owners;
}

export function isOwned(tree: ImageTree, path: string, owners: ReadonlyMap<TreeNode, string>): boolean {
  return ownerAt(tree, path, owners) !== null;
}

/** The purl of the package that owns a file, or the file that a place such as `app.war!/WEB-INF/lib/x.jar` lies in. */
export function ownerAt(tree: ImageTree, path: string, owners: ReadonlyMap<TreeNode, string>): string | null {
  const node = tree.lookup(path, false) ?? tree.lookup(path.replace(/!\/.*$/s, ''), false);
  return node ? (owners.get(node) ?? null) : null;
}
