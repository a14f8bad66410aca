/** Modes as chmod reads them and owners as chown reads them. */
import { groupId, readUsers, userId } from '../install/accounts.ts';
import type { World } from '../install/world.ts';
import { NotCovered } from '../script/syntax.ts';

/** The new permission bits. @param mode octal, or clauses such as `u+s,go-w` */
export function applyMode(mode: string, before: number, isDirectory: boolean, umask: number): number {
  if (/^[0-7]{1,5}$/.test(mode)) {
    const bits = Number.parseInt(mode, 8) & 0o7777;
    // Octal modes of up to four digits leave a directory's set-id bits as they are (coreutils).
    return isDirectory && mode.length <= 4 ? bits | (before & 0o6000) : bits;
  }
  return mode.split(',').reduce((bits, clause) => applyClause(clause, bits, isDirectory, umask), before);
}

function applyClause(clause: string, before: number, isDirectory: boolean, umask: number): number {
  const match = /^([ugoa]*)([-+=])([rwxXst]*|[ugo])$/.exec(clause);
  if (!match) throw new NotCovered(`chmod ${clause}`);
  const [, who = '', operator = '', what = ''] = match;
  const classes = who === '' || who.includes('a') ? ['u', 'g', 'o'] : Array.from(who);
  let bits = 0;
  let mask = 0;
  for (const name of classes) {
    const shift = name === 'u' ? 6 : name === 'g' ? 3 : 0;
    mask |= 0o7 << shift;
    if (/^[ugo]$/.test(what)) bits |= ((before >> (what === 'u' ? 6 : what === 'g' ? 3 : 0)) & 7) << shift;
    if (what.includes('r')) bits |= 4 << shift;
    if (what.includes('w')) bits |= 2 << shift;
    if (what.includes('x') || (what.includes('X') && (isDirectory || before & 0o111))) bits |= 1 << shift;
    if (what.includes('s')) bits |= name === 'u' ? 0o4000 : name === 'g' ? 0o2000 : 0;
  }
  if (what.includes('t')) bits |= 0o1000;
  if (who === '') bits &= ~umask;
  if (operator === '+') return before | bits;
  if (operator === '-') return before & ~bits;
  return (before & ~mask) | bits;
}

/** `user`, `user:group`, `user:`, `:group` or numbers; null where a name is unknown. */
export function readOwner(world: World, text: string): { uid: number | null; gid: number | null } | null {
  const [user = '', group] = text.split(/[:.]/, 2);
  const uid = user === '' ? null : userId(world, user);
  if (user !== '' && uid === null) return null;
  if (group === undefined) return { uid, gid: null };
  if (group === '') return { uid, gid: readUsers(world).find((account) => account.uid === uid)?.gid ?? null };
  const gid = groupId(world, group);
  return gid === null ? null : { uid, gid };
}
