/** Files that the application changed and the new base has otherwise: neither version alone is right. */
import type { RebaseConflict } from '@pratique/contract';
import { changedByBoth, describeNode, isSameNode, type RebaseTrees } from './changes.ts';

/** Where package managers keep what is installed. */
const DATABASE =
  /^\/(?:var\/lib\/dpkg\/(?:status|status\.d|info|diversions|statoverride|alternatives)|(?:usr\/)?lib\/apk\/db|var\/lib\/rpm|usr\/lib\/sysimage\/rpm|var\/lib\/pacman\/local)(?:\/|$)/;

/** Settled elsewhere: users are compared by name and number. */
const ACCOUNTS = /^\/etc\/(?:passwd|group|shadow|gshadow|subuid|subgid)-?$/;

export function findFileConflicts(trees: RebaseTrees): RebaseConflict[] {
  const { oldBase, newBase, application } = trees;
  const conflicts: RebaseConflict[] = [];
  const databases = new Set<string>();
  for (const path of changedByBoth(trees)) {
    if (ACCOUNTS.test(path)) continue;
    const [before, there, ours] = [oldBase.lfind(path), newBase.lfind(path), application.lfind(path)];
    if (isSameNode(there, ours)) continue;
    // Both added to the same folder.
    if (there?.kind === 'directory' && ours?.kind === 'directory' && before === null) continue;
    if (DATABASE.test(path)) {
      const name = path.replace(DATABASE, (match) => match.replace(/\/$/, ''));
      const database = /^\/var\/lib\/dpkg/.test(path) ? '/var/lib/dpkg' : name.replace(/\/[^/]*$/, '') || name;
      if (databases.has(database)) continue;
      databases.add(database);
      const detail = `the application’s layers change the package database (${path}), and the new base has another one: packages that they installed have to be installed again on the new base`;
      conflicts.push({ kind: 'package-database', path: database, detail });
      continue;
    }
    const detail =
      ours === null
        ? `the application deletes it, and the new base has ${describeNode(there)} there that differs from the old base’s`
        : before === null
          ? `both the application and the new base bring ${describeNode(ours)} of this name`
          : `the application replaces ${describeNode(before)} of the old base, of which the new base has ${there === null ? 'none any more' : 'another one'}`;
    conflicts.push({ kind: 'file', path, detail });
  }
  return [...conflicts, ...linkedFolders(trees)];
}

/** A layer's folder over a link hides all that the link leads to. */
function linkedFolders({ oldBase, newBase, written }: RebaseTrees): RebaseConflict[] {
  const found = new Map<string, RebaseConflict>();
  for (const path of written)
    for (let at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1)) {
      const folder = path.slice(0, at);
      if (found.has(folder)) break;
      const there = newBase.lfind(folder);
      if (there?.kind !== 'symlink' || oldBase.lfind(folder)?.kind !== 'directory') continue;
      const detail = `the application writes into it (${path}), and it is a link to ${there.target} in the new base`;
      found.set(folder, { kind: 'folder-became-link', path: folder, detail });
    }
  return [...found.values()];
}
