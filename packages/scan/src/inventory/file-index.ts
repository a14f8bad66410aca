/** The index of what can run in an image: read by drift detection and in-use ranking, so that no image is opened again. */
import type { InventoryFile } from '@pratique/contract';
import type { ImageTree, TreeNode } from '@pratique/oci/layers/tree';
import { BINARY, EXECUTABLE, SCRIPT } from './examine.ts';

/** Executables, scripts, libraries, and links that lead to them, in path order. */
export function indexFiles(tree: ImageTree, diffIdOf: (node: TreeNode) => string | null): InventoryFile[] {
  const files: InventoryFile[] = [];
  for (const { path, node } of tree.nodes()) {
    const counts = node.kind === 'symlink' ? runs(tree.lookup(path)) : runs(node);
    if (counts)
      files.push({
        path,
        mode: node.mode,
        size: node.size,
        uid: node.uid,
        gid: node.gid,
        sha256: node.sha256,
        diffId: diffIdOf(node),
      });
  }
  return files;
}

function runs(node: TreeNode | null): boolean {
  return (
    node?.kind === 'file' &&
    (node.marks.includes(BINARY) || node.marks.includes(SCRIPT) || node.marks.includes(EXECUTABLE))
  );
}
