/** Says what of an image was not examined, so that a partial inventory never passes for a complete one. */
import type { Distribution, Missing, Package } from '@pratique/contract';
import type { ImageTree, TreeNode } from '@pratique/oci/layers/tree';
import type { Cataloger } from '../catalogers/cataloger.ts';
import { PACKED_PROGRAM } from '../catalogers/executables/findings.ts';
import { recognise } from '../catalogers/recognise.ts';
import { printable } from '../printable.ts';
import { claimedDirectories } from './claimed.ts';
import { BINARY } from './examine.ts';

export const MAX_MISSING = 200;

export type MissingInput = {
  tree: ImageTree;
  catalogers: readonly Cataloger[];
  /** Paths that a cataloger wants. */
  wanted: ReadonlySet<string>;
  owners: ReadonlyMap<TreeNode, string>;
  distribution: Distribution | null;
  packages: readonly Package[];
};

/**
 * Finds what is recognised and has no cataloger, what could not be read from the layers, and executables that nothing
 * accounts for. Files that an operating-system package owns are left out: the distribution's advisories speak for them.
 */
export function findMissing({ tree, catalogers, wanted, owners, distribution, packages }: MissingInput): Missing[] {
  const missing: Missing[] = [];
  const systemPackages = packages.some((each) => each.type === 'deb' || each.type === 'apk' || each.type === 'rpm');
  const claimed = claimedDirectories(packages);
  const evidence = new Set(packages.flatMap((each) => each.paths));
  const read = (path: string, node: TreeNode): boolean =>
    evidence.has(path) || catalogers.some((each) => each.marks?.some((mark) => node.marks.includes(mark)));
  for (const { path, node } of tree.nodes()) {
    if (node.kind === 'directory' || owners.has(node) || wanted.has(path)) continue;
    const found = recogniseNode(tree, path, node);
    if (found === null) {
      const program = !systemPackages && node.kind === 'file' && node.marks.includes(BINARY);
      if (program && !read(path, node) && !liesIn(claimed, path))
        missing.push({
          kind: 'no-cataloger',
          what: 'executable',
          path,
          detail: 'no package database says what this program is made of',
        });
      continue;
    }
    missing.push({ kind: 'no-cataloger', what: found, path, detail: `no cataloger reads ${found} yet` });
  }
  if (distribution && !systemPackages)
    missing.push({
      kind: 'unreadable',
      what: 'package-database',
      path: 'etc/os-release',
      detail: `the image calls itself ${distribution.name}, but no package database of it was found`,
    });
  if (tree.linksExhausted)
    missing.push({
      kind: 'limit',
      what: 'links',
      path: '',
      detail: 'links are so many and so long that they were not all followed',
    });
  for (const problem of tree.problems)
    missing.push({
      kind: 'unreadable',
      what: 'layer-entry',
      path: problem.path,
      detail: `layer ${problem.layer + 1} has an entry that was left out: ${problem.reason}`,
    });
  if (tree.problemsLeftOut > 0)
    missing.push({
      kind: 'limit',
      what: 'layer-entry',
      path: '',
      detail: `and ${tree.problemsLeftOut} more entries left out`,
    });
  return missing;
}

function recogniseNode(tree: ImageTree, path: string, node: TreeNode): string | null {
  if (node.kind === 'file' && node.marks.includes(PACKED_PROGRAM)) return PACKED_PROGRAM;
  const found = recognise(path);
  if (!found) return null;
  // Empty files (a namespace package's marker, a file that keeps a folder) hold nothing to read.
  if (node.kind === 'file' && node.size === 0) return null;
  if (found.installedIn === null) return found.what;
  const sibling = tree.lookup(`${parentOf(path)}/${found.installedIn}`);
  return (sibling?.children?.size ?? 0) > 0 ? null : found.what;
}

/** True for a file inside one of the directories: a program that a cataloged package brought is that package's. */
function liesIn(directories: ReadonlySet<string>, path: string): boolean {
  for (let at = parentOf(path); at !== ''; at = parentOf(at)) if (directories.has(at)) return true;
  return false;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/**
 * Sorts, and shortens a long list so that every kind of thing is still named, the rest by number. Paths and details
 * quote the image, so control characters are taken out.
 */
export function boundMissing(missing: readonly Missing[]): Missing[] {
  const groups = new Map<string, Missing[]>();
  for (const each of missing) {
    const key = `${each.kind} ${each.what}`;
    const group = groups.get(key);
    if (group) group.push(each);
    else groups.set(key, [each]);
  }
  const share = missing.length <= MAX_MISSING ? MAX_MISSING : Math.max(1, Math.floor(MAX_MISSING / groups.size) - 1);
  const listed: Missing[] = [];
  for (const key of [...groups.keys()].sort()) {
    const group = (groups.get(key) ?? []).sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
    for (const each of group.slice(0, share))
      listed.push({ ...each, path: printable(each.path, 4096), detail: printable(each.detail, 1000) });
    const first = group[0];
    if (group.length > share && first)
      listed.push({
        kind: 'limit',
        what: first.what,
        path: '',
        detail: `and ${group.length - share} more that are not listed`,
      });
  }
  return listed;
}
