/** Users and groups, read from and written to the image's own passwd, group and shadow files (passwd(5), group(5), shadow(5)). */
import { inMemory } from '../files/content.ts';
import type { World } from './world.ts';

export type Account = { name: string; uid: number; gid: number; comment: string; home: string; shell: string };
export type Group = { name: string; gid: number; members: string[] };

export function readUsers(world: World): Account[] {
  return rows(world, '/etc/passwd', 7).map(([name = '', , uid, gid, comment = '', home = '', shell = '']) => ({
    name,
    uid: Number(uid),
    gid: Number(gid),
    comment,
    home,
    shell,
  }));
}

export function readGroups(world: World): Group[] {
  return rows(world, '/etc/group', 4).map(([name = '', , gid, members = '']) => ({
    name,
    gid: Number(gid),
    members: members.split(',').filter(Boolean),
  }));
}

export function userId(world: World, name: string): number | null {
  const number = /^#?(\d+)$/.exec(name)?.[1];
  return number ? Number(number) : (readUsers(world).find((user) => user.name === name)?.uid ?? null);
}

export function groupId(world: World, name: string): number | null {
  const number = /^#?(\d+)$/.exec(name)?.[1];
  return number ? Number(number) : (readGroups(world).find((group) => group.name === name)?.gid ?? null);
}

/** Appends a user, with a locked password where passwords are kept in shadow. */
export function addUser(world: World, user: Account, locked: '*' | '!' = '!'): void {
  const shadow = world.tree.find('/etc/shadow') !== null;
  append(
    world,
    '/etc/passwd',
    `${user.name}:${shadow ? 'x' : '*'}:${user.uid}:${user.gid}:${user.comment}:${user.home}:${user.shell}`,
  );
  if (shadow) append(world, '/etc/shadow', `${user.name}:${locked}:${today(world)}::::::`);
}

export function addGroup(world: World, group: Group): void {
  const shadow = world.tree.find('/etc/gshadow') !== null;
  append(world, '/etc/group', `${group.name}:x:${group.gid}:${group.members.join(',')}`);
  if (shadow) append(world, '/etc/gshadow', `${group.name}:!::${group.members.join(',')}`);
}

export function addMember(world: World, group: string, user: string): boolean {
  if (!readGroups(world).some((entry) => entry.name === group)) return false;
  for (const path of ['/etc/group', '/etc/gshadow']) {
    edit(world, path, (fields) => {
      const members = (fields[3] ?? '').split(',').filter(Boolean);
      if (fields[0] === group && !members.includes(user)) fields[3] = [...members, user].join(',');
      return fields;
    });
  }
  return true;
}

/** Rewrites each line of one of the files. */
export function edit(world: World, path: string, change: (fields: string[]) => string[]): void {
  const text = world.tree.readText(path);
  if (text === null) return;
  const lines = text.split('\n').map((line) => (line === '' ? line : change(line.split(':')).join(':')));
  const changed = lines.join('\n');
  if (changed !== text) world.tree.write(path, inMemory(changed));
}

/** Days since 1970, as shadow counts. */
export function today(world: World): number {
  return Math.floor(world.now / 86_400);
}

function rows(world: World, path: string, columns: number): string[][] {
  return (world.tree.readText(path) ?? '')
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length === columns);
}

function append(world: World, path: string, line: string): void {
  world.tree.write(path, inMemory(`${world.tree.readText(path) ?? ''}${line}\n`));
}
