/** Users and groups that the application's files and settings rely on: by number they would be somebody else's. */
import type { RebaseConflict } from '@pratique/contract';
import type { Tree } from '../files/tree.ts';
import type { RebaseTrees } from './changes.ts';

type Accounts = { byId: ReadonlyMap<number, string>; byName: ReadonlyMap<string, number> };

const MAX_ACCOUNTS = 100_000;

/** @param user `User` of the rebased configuration */
export function findUserConflicts(trees: RebaseTrees, user: string): RebaseConflict[] {
  const conflicts: RebaseConflict[] = [];
  for (const [file, field] of [
    ['/etc/passwd', 'uid'],
    ['/etc/group', 'gid'],
  ] as const) {
    const [old, now, own] = [trees.oldBase, trees.newBase, trees.application].map((tree) => readAccounts(tree, file));
    if (!old || !now || !own) continue;
    if (trees.own.has(file) && trees.moved.has(file)) {
      // The application's file would stand for the new base's.
      for (const [name, id] of now.byName)
        if (own.byName.get(name) !== id)
          conflicts.push({ kind: 'user', path: file, detail: `${name} (${id}) of the new base would be lost` });
    }
    const result = readAccounts(trees.rebased, file);
    for (const [id, path] of ownersOf(trees, field)) {
      const was = own.byId.get(id);
      const is = result.byId.get(id);
      if (was === undefined || was === is) continue;
      const whose = is === undefined ? 'nobody’s' : `that of ${is}`;
      conflicts.push({
        kind: 'user',
        path,
        detail: `it belongs to ${was} (${field} ${id}), whose number is ${whose} in the new base`,
      });
    }
  }
  const [name = '', group = ''] = user.split(':', 2);
  for (const [what, file] of [
    [name, '/etc/passwd'],
    [group, '/etc/group'],
  ] as const) {
    if (what === '' || /^\d+$/.test(what)) continue;
    const was = readAccounts(trees.application, file).byName.get(what);
    const is = readAccounts(trees.rebased, file).byName.get(what);
    if (was !== undefined && is !== was)
      conflicts.push({
        kind: 'user',
        path: file,
        detail: `the image runs as ${what}, which is ${was} now and ${is ?? 'nobody'} on the new base`,
      });
  }
  return conflicts;
}

/** Each number that files of the application have, with the first of them. */
function ownersOf({ own, application }: RebaseTrees, field: 'uid' | 'gid'): Map<number, string> {
  const found = new Map<number, string>();
  for (const path of [...own].sort()) {
    const node = application.lfind(path);
    if (node && node[field] !== 0 && !found.has(node[field])) found.set(node[field], path);
  }
  return found;
}

/** @see passwd(5), group(5): name and number are the first and third field */
function readAccounts(tree: Tree, file: string): Accounts {
  const byId = new Map<number, string>();
  const byName = new Map<string, number>();
  for (const line of (tree.readText(file) ?? '').split('\n').slice(0, MAX_ACCOUNTS)) {
    const [name = '', , id = ''] = line.split(':');
    if (name === '' || !/^\d+$/.test(id)) continue;
    if (!byId.has(Number(id))) byId.set(Number(id), name);
    if (!byName.has(name)) byName.set(name, Number(id));
  }
  return { byId, byName };
}
