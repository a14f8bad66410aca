/** Users and directories that packages declare instead of making: sysusers.d(5) and tmpfiles.d(5). */
import { inMemory } from '../files/content.ts';
import { addGroup, addMember, addUser, groupId, readGroups, readUsers, userId } from '../install/accounts.ts';
import type { World } from '../install/world.ts';
import type { Call, Step } from '../script/shell.ts';
import { NotCovered } from '../script/syntax.ts';
import { applyMode } from './ownership.ts';

export const accountFileSteps: Record<string, Step> = {
  'systemd-sysusers': {
    step: 'users',
    run: (call) => eachLine(call, ['/etc/sysusers.d', '/usr/lib/sysusers.d'], declareUser),
  },
  'systemd-tmpfiles': {
    step: 'tmpfiles',
    run: (call) =>
      call.args.includes('--remove') && !call.args.includes('--create')
        ? 0
        : eachLine(call, ['/etc/tmpfiles.d', '/usr/lib/tmpfiles.d'], makePath),
  },
};

function eachLine(call: Call, folders: string[], act: (world: World, fields: string[], line: string) => void): number {
  const names = call.args.filter((arg) => !arg.startsWith('-'));
  if (names.length === 0 || call.args.some((arg) => /^--(replace|root|inline)/.test(arg)))
    throw new NotCovered(`${call.name} ${call.args.join(' ')}`);
  for (const name of names) {
    const paths = name.startsWith('/') ? [name] : folders.map((folder) => `${folder}/${name}`);
    const text = paths.map((path) => call.world.tree.readText(path)).find((found) => found !== null);
    if (text === undefined || text === null) return 1;
    for (const line of text.split('\n')) {
      if (line.trim() === '' || line.trimStart().startsWith('#')) continue;
      try {
        act(call.world, readFields(line), line);
      } catch (cause) {
        if (!(cause instanceof NotCovered)) throw cause;
        call.shell.notes.undone.push(cause.message); // the lines do not depend on each other
      }
    }
  }
  return 0;
}

/** Blank-separated, with double or single quotes; `-` stands for nothing. */
function readFields(line: string): string[] {
  const fields = line.match(/"(?:[^"\\]|\\.)*"|'[^']*'|\S+/g) ?? [];
  return fields.map((field) => (field === '-' ? '' : field.replace(/^(["'])(.*)\1$/, '$2')));
}

/** `u NAME ID "comment" home shell`, `g NAME ID`, `m USER GROUP`. */
function declareUser(world: World, fields: string[], line: string): void {
  const [type = '', name = '', id = '', comment = '', home = '', shell = ''] = fields;
  const [wantedUser = '', wantedGroup] = id.split(':');
  if (/[%/]/.test(id) || /%/.test(name)) throw new NotCovered(`the declaration ${line.trim()}`);
  switch (type.replace('!', '')) {
    case 'm':
      if (groupId(world, id) === null) addGroup(world, { name: id, gid: freeFromTop(world), members: [] });
      if (userId(world, name) === null) declareUser(world, ['u', name], line);
      addMember(world, id, name);
      return;
    case 'g':
      if (groupId(world, name) === null)
        addGroup(world, { name, gid: id === '' ? freeFromTop(world) : Number(id), members: [] });
      return;
    case 'u': {
      if (userId(world, name) !== null) return;
      const uid = /^\d+$/.test(wantedUser) ? Number(wantedUser) : freeFromTop(world);
      let gid = wantedGroup === undefined ? groupId(world, name) : groupId(world, wantedGroup);
      if (gid === null) {
        gid = uid;
        addGroup(world, { name, gid, members: [] });
      }
      addUser(world, { name, uid, gid, comment, home: home || '/', shell: shell || '/usr/sbin/nologin' }, '!');
      return;
    }
    default:
      throw new NotCovered(`the declaration ${line.trim()}`);
  }
}

/** systemd takes system numbers from 999 downwards, the same for a user and its group. */
function freeFromTop(world: World): number {
  const taken = new Set([...readUsers(world).map((user) => user.uid), ...readGroups(world).map((group) => group.gid)]);
  let id = 999;
  while (taken.has(id)) id--;
  return id;
}

/** `d PATH MODE USER GROUP`, `f`, `L`; what is below /run is made as well, since no init makes it when a container starts. */
function makePath(world: World, fields: string[], line: string): void {
  const [type = '', path = '', mode = '', user = '', group = '', , argument = ''] = fields;
  if (path.includes('%') || !path.startsWith('/')) throw new NotCovered(`the declaration ${line.trim()}`);
  const own = (fallback: number) => {
    const node = world.tree.find(path);
    const [uid, gid] = [userId(world, user || '0'), groupId(world, group || '0')];
    if (!node || uid === null || gid === null) throw new NotCovered(`the declaration ${line.trim()}`);
    world.tree.change(node, {
      uid,
      gid,
      mode: mode === '' ? fallback : applyMode(mode.replace(/^[~:]+/, ''), node.mode, false, 0),
    });
  };
  switch (type.replace(/[!+\-=~^$]/g, '')) {
    case 'd':
    case 'D':
    case 'v':
    case 'q':
    case 'Q':
      world.tree.makeDirectory(path);
      own(0o755);
      return;
    case 'f':
    case 'F':
      if (!world.tree.find(path)) world.tree.write(path, inMemory(argument === '' ? '' : `${argument}\n`));
      own(0o644);
      return;
    case 'L':
      if (!world.tree.lfind(path) && argument !== '') world.tree.link(path, argument);
      return;
    case 'z':
    case 'Z':
    case 'e':
      if (type.startsWith('z') && world.tree.find(path)) own(0o644);
      else if (world.tree.find(path)) throw new NotCovered(`the declaration ${line.trim()}`);
      return;
    case 'C':
      if (argument === '' || !world.tree.find(argument) || world.tree.find(path)) return;
      throw new NotCovered(`the declaration ${line.trim()}`);
    // Cleaning and attributes of file systems have no effect on an image.
    case 'x':
    case 'X':
    case 'r':
    case 'R':
    case 'h':
    case 'H':
    case 'a':
    case 'A':
      return;
    default:
      throw new NotCovered(`the declaration ${line.trim()}`);
  }
}
