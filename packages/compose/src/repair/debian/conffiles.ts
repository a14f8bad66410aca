/** Configuration files on an upgrade: replaced where they are as packaged, kept where somebody changed them. */
import { createHash } from 'node:crypto';
import type { RepairDifference } from '@pratique/contract';
import type { Conffile, Installed, World } from '../../install/world.ts';
import type { NewConffile } from './files.ts';

type Difference = Omit<RepairDifference, 'package'>;

/**
 * What dpkg does with `--force-confdef --force-confold`, which is what it does when nobody can be asked: a changed file
 * stays, and the new one lies beside it as `.dpkg-dist` where it differs from the old package's. A file that was deleted
 * stays deleted. Files that the package no longer has stay, marked obsolete.
 *
 * @param edited whether a file was changed, where the database knows no hash of the old version
 * @returns files that were not as packaged
 * @see dpkg, "Conffile handling": src/main/configure.c, deferred_configure_conffile
 */
export function settleConffiles(
  world: World,
  installed: Installed,
  old: Installed | null,
  arrived: readonly NewConffile[],
  edited: (path: string) => boolean,
): Difference[] {
  const { tree } = world;
  const differences: Difference[] = [];
  const before = new Map((old?.conffiles ?? []).map((each) => [each.path, each]));
  for (const { path, target, node, md5 } of arrived) {
    installed.conffiles.push({ path, md5 });
    // The file may be a link to where the user keeps it; it is followed inside the tree.
    const place = tree.place(target);
    const there = place?.node ?? null;
    const current = there?.kind === 'file' ? md5Of(there.content.read()) : null;
    const known = before.get(path)?.md5 ?? null;
    const isUser = known === null ? current !== null && edited(path) : current !== known;
    if (there && there.kind !== 'file') continue;
    if (current === md5 || (!isUser && (current === null || known !== md5 || known === null))) {
      // As packaged now, or as packaged before: the new one takes its place. Mode and owner stay the user's.
      if (there) Object.assign(node, { mode: there.mode, uid: there.uid, gid: there.gid });
      if (current !== md5 || !there) tree.put(place?.path ?? target, node, false);
      continue;
    }
    if (!isUser) continue;
    differences.push({
      path,
      was: current === null ? 'configuration-missing' : 'configuration-modified',
      now: 'as-before',
    });
    if (known !== md5) tree.put(`${place?.path ?? target}.dpkg-dist`, node, false);
  }
  keepObsolete(world, installed, old);
  return differences;
}

/** Those of the old version that still exist stay the package's, and are listed. */
function keepObsolete(world: World, installed: Installed, old: Installed | null): void {
  const present = new Set(installed.conffiles.map(({ path }) => path));
  for (const { path, md5 } of old?.conffiles ?? []) {
    if (present.has(path) || !world.tree.find(path)) continue;
    const obsolete: Conffile = { path, md5, obsolete: true };
    installed.conffiles.push(obsolete);
    if (!installed.list.includes(path)) installed.list.push(path);
  }
}

/** Files that a package asks to be removed: gone where unchanged, set aside as `.dpkg-old` where not (deb-conffiles(5)). */
export function removeOnUpgrade(world: World, old: Installed | null, paths: readonly string[]): void {
  for (const path of paths) {
    const node = world.tree.lfind(path);
    const known = old?.conffiles.find((each) => each.path === path);
    if (!node || !known) continue;
    world.tree.remove(path);
    if (node.kind !== 'file' || md5Of(node.content.read()) !== known.md5)
      world.tree.put(`${path}.dpkg-old`, node, false);
  }
}

const md5Of = (bytes: Buffer): string => createHash('md5').update(bytes).digest('hex');
