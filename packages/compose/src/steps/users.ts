/** Users and groups, as adduser and shadow's own tools make them. */
import { inMemory } from '../files/content.ts';
import {
  type Account,
  addGroup,
  addMember,
  addUser,
  edit,
  groupId,
  readGroups,
  readUsers,
  today,
} from '../install/accounts.ts';
import type { World } from '../install/world.ts';
import type { Call, Step } from '../script/shell.ts';
import { NotCovered } from '../script/syntax.ts';
import { readArguments } from './arguments.ts';
import { has } from './files.ts';

const step = (run: Step['run']): Step => ({ step: 'users', run });
const NOLOGIN = '/usr/sbin/nologin';

export const userSteps: Record<string, Step> = {
  adduser: step(adduser),
  addgroup: step((call) => (call.args.length === 2 && !call.args[0]?.startsWith('-') ? adduser(call) : addgroup(call))),
  useradd: step(useradd),
  groupadd: step(({ args, world }) => {
    const { options, operands } = readArguments(
      'groupadd',
      args,
      ['r', 'f', 'system', 'force', 'o'],
      ['g', 'gid', 'K'],
    );
    const [name = ''] = operands;
    if (groupId(world, name) !== null) return has(options, 'f', 'force') ? 0 : 9;
    const gid = options.get('g') ?? options.get('gid');
    addGroup(world, { name, gid: gid ? Number(gid) : freeGroupId(world, has(options, 'r', 'system')), members: [] });
    return 0;
  }),
  usermod: step(usermod),
  gpasswd: step(({ args, world }) => {
    if (args[0] !== '-a' || args.length !== 3) throw new NotCovered(`gpasswd ${args.join(' ')}`);
    return addMember(world, args[2] ?? '', args[1] ?? '') ? 0 : 3;
  }),
  passwd: step(({ args, world }) => {
    const { options, operands } = readArguments('passwd', args, ['l', 'q', 'lock', 'quiet']);
    if (!has(options, 'l', 'lock')) throw new NotCovered(`passwd ${args.join(' ')}`);
    return lock(world, operands[0] ?? '');
  }),
  chage: step(() => 0),
  getent: step(getent),
  'update-passwd': step(updatePasswd),
  pwck: step(() => 0),
  grpck: step(() => 0),
  pwconv: step(({ world }) => {
    convert(
      world,
      '/etc/passwd',
      '/etc/shadow',
      (name, password) => `${name}:${password}:${today(world)}:0:99999:7:::`,
    );
    return 0;
  }),
  grpconv: step(({ world }) => {
    convert(world, '/etc/group', '/etc/gshadow', (name, password, members) => `${name}:${password}::${members}`);
    return 0;
  }),
};

/** @see adduser(8): `--system` makes a user without group (nogroup) unless `--group` or `--ingroup` says otherwise. */
function adduser({ args, world, shell }: Call): number {
  const { options, operands } = readArguments(
    'adduser',
    args,
    [
      'system',
      'group',
      'no-create-home',
      'disabled-login',
      'disabled-password',
      'quiet',
      'force-badname',
      'allow-badname',
      'allow-bad-names',
      'q',
      'verbose',
      'debug',
      'allow-all-names',
    ],
    ['home', 'ingroup', 'gecos', 'comment', 'shell', 'uid', 'gid', 'firstuid', 'lastuid', 'conf'],
  );
  const [name = '', group] = operands;
  if (group !== undefined)
    return readUsers(world).some((user) => user.name === name) && addMember(world, group, name) ? 0 : 1;
  if (!has(options, 'system')) {
    if (has(options, 'group'))
      return addgroup({ args: args.filter((arg) => arg !== '--group'), world, shell, name: 'addgroup' });
    throw new NotCovered(`adduser ${args.join(' ')}`);
  }
  if (readUsers(world).some((user) => user.name === name)) return 0;
  const uid = Number(options.get('uid') ?? freeUserId(world));
  let gid = groupId(world, 'nogroup') ?? 65534;
  const ingroup = options.get('ingroup');
  if (has(options, 'group')) {
    const known = groupId(world, name);
    gid = known ?? Number(options.get('gid') ?? freeGroupId(world, true));
    if (known === null) addGroup(world, { name, gid, members: [] });
  } else if (ingroup !== undefined) {
    const known = groupId(world, ingroup);
    if (known === null) return 1;
    gid = known;
  } else if (options.has('gid')) gid = Number(options.get('gid'));
  const home = options.get('home') ?? '/nonexistent';
  const comment = options.get('gecos') ?? options.get('comment') ?? '';
  addUser(world, { name, uid, gid, comment, home, shell: options.get('shell') ?? NOLOGIN });
  if (!has(options, 'no-create-home') && home !== '/nonexistent') makeHome(world, home, uid, gid);
  return 0;
}

function addgroup({ args, world }: Call): number {
  const { options, operands } = readArguments(
    'addgroup',
    args,
    ['system', 'group', 'quiet', 'force-badname', 'allow-badname', 'q'],
    ['gid', 'conf'],
  );
  const [name = ''] = operands;
  if (groupId(world, name) !== null) return 0;
  addGroup(world, { name, gid: Number(options.get('gid') ?? freeGroupId(world, has(options, 'system'))), members: [] });
  return 0;
}

/** @see useradd(8); with `-r` no home is made unless `-m` asks for it */
function useradd({ args, world }: Call): number {
  const { options, operands } = readArguments(
    'useradd',
    args,
    [
      'r',
      'M',
      'm',
      'N',
      'U',
      'l',
      'o',
      'system',
      'no-create-home',
      'create-home',
      'no-user-group',
      'user-group',
      'no-log-init',
    ],
    ['d', 'g', 'u', 's', 'c', 'G', 'K', 'home', 'home-dir', 'gid', 'uid', 'shell', 'comment', 'groups', 'b'],
  );
  const [name = ''] = operands;
  if (readUsers(world).some((user) => user.name === name)) return 9;
  const system = has(options, 'r', 'system');
  const uid = Number(options.get('u') ?? options.get('uid') ?? freeUserId(world));
  if (!system && !options.has('u') && !options.has('uid')) throw new NotCovered(`useradd ${args.join(' ')}`);
  const wanted = options.get('g') ?? options.get('gid');
  let gid = wanted === undefined ? null : groupId(world, wanted);
  if (wanted !== undefined && gid === null) return 6;
  if (gid === null && !has(options, 'N', 'no-user-group')) {
    gid = freeGroupId(world, system);
    addGroup(world, { name, gid, members: [] });
  }
  const home = options.get('d') ?? options.get('home') ?? options.get('home-dir') ?? `/home/${name}`;
  const account: Account = {
    name,
    uid,
    gid: gid ?? 100,
    comment: options.get('c') ?? options.get('comment') ?? '',
    home,
    shell: options.get('s') ?? options.get('shell') ?? '/bin/sh',
  };
  addUser(world, account);
  for (const group of (options.get('G') ?? options.get('groups') ?? '').split(',').filter(Boolean))
    addMember(world, group, name);
  if (has(options, 'm', 'create-home')) makeHome(world, home, uid, account.gid);
  return 0;
}

function usermod({ args, world }: Call): number {
  const { options, operands } = readArguments(
    'usermod',
    args,
    ['a', 'L', 'append', 'lock'],
    ['G', 'd', 's', 'c', 'g', 'groups', 'home', 'shell', 'comment', 'gid', 'p'],
  );
  const [name = ''] = operands;
  if (!readUsers(world).some((user) => user.name === name)) return 6;
  const groups = options.get('G') ?? options.get('groups');
  if (groups !== undefined && !has(options, 'a', 'append')) throw new NotCovered(`usermod ${args.join(' ')}`);
  for (const group of (groups ?? '').split(',').filter(Boolean)) if (!addMember(world, group, name)) return 6;
  const gid = options.get('g') ?? options.get('gid');
  edit(world, '/etc/passwd', (fields) => {
    if (fields[0] !== name) return fields;
    fields[5] = options.get('d') ?? options.get('home') ?? fields[5] ?? '';
    fields[6] = options.get('s') ?? options.get('shell') ?? fields[6] ?? '';
    fields[4] = options.get('c') ?? options.get('comment') ?? fields[4] ?? '';
    if (gid !== undefined) fields[3] = String(groupId(world, gid) ?? fields[3]);
    return fields;
  });
  const password = options.get('p');
  if (password !== undefined && !/^[*!x]*$/.test(password)) throw new NotCovered(`usermod -p for ${name}`);
  if (password !== undefined) {
    edit(world, '/etc/shadow', (fields) => {
      if (fields[0] === name) fields[1] = password;
      return fields;
    });
  }
  return has(options, 'L', 'lock') ? lock(world, name) : 0;
}

function lock(world: World, name: string): number {
  edit(world, '/etc/shadow', (fields) => {
    if (fields[0] === name && !fields[1]?.startsWith('!')) fields[1] = `!${fields[1] ?? ''}`;
    return fields;
  });
  return 0;
}

/** `getent passwd|group|shadow [KEY]` from the image's files. */
function getent({ args, shell, world }: Call): number {
  const [database = '', ...keys] = args;
  if (!['passwd', 'group', 'shadow', 'gshadow'].includes(database)) throw new NotCovered(`getent ${args.join(' ')}`);
  const lines = (world.tree.readText(`/etc/${database}`) ?? '').split('\n').filter(Boolean);
  let status = 0;
  for (const key of keys.length > 0 ? keys : [null]) {
    const found = lines.filter(
      (line) => key === null || line.split(':')[0] === key || (/^\d+$/.test(key) && line.split(':')[2] === key),
    );
    if (found.length === 0 && key !== null) status = 2;
    for (const line of found) shell.out(`${line}\n`);
  }
  return status;
}

/** Adds what the master files have and the image lacks; on a first installation that is all of it (update-passwd(8)). */
function updatePasswd({ world }: Call): number {
  for (const [file, master] of [
    ['/etc/passwd', 'passwd.master'],
    ['/etc/group', 'group.master'],
  ] as const) {
    const there = world.tree.readText(file) ?? '';
    const names = new Set(there.split('\n').map((line) => line.split(':')[0]));
    const missing = (world.tree.readText(`/usr/share/base-passwd/${master}`) ?? '')
      .split('\n')
      .filter((line) => line !== '' && !names.has(line.split(':')[0]));
    if (missing.length > 0) world.tree.write(file, inMemory(`${there}${missing.join('\n')}\n`));
  }
  return 0;
}

/** Moves passwords to the shadow file, which only root and group shadow may read (pwconv(8)). */
function convert(
  world: World,
  from: string,
  to: string,
  line: (name: string, password: string, rest: string) => string,
): void {
  const lines = (world.tree.readText(to) ?? '').split('\n').filter(Boolean);
  const known = new Set(lines.map((entry) => entry.split(':')[0]));
  edit(world, from, (fields) => {
    const [name = '', password = '*'] = fields;
    if (!known.has(name)) lines.push(line(name, password === 'x' ? '*' : password, fields[3] ?? ''));
    fields[1] = 'x';
    return fields;
  });
  world.tree.write(to, inMemory(lines.map((entry) => `${entry}\n`).join('')));
  const node = world.tree.find(to);
  if (node) world.tree.change(node, { mode: 0o640, uid: 0, gid: groupId(world, 'shadow') ?? 42 });
}

function makeHome(world: World, home: string, uid: number, gid: number): void {
  if (world.tree.find(home)) return;
  world.tree.makeDirectory(home);
  const node = world.tree.find(home);
  if (node) world.tree.change(node, { uid, gid, mode: 0o755 });
}

function freeUserId(world: World): number {
  const taken = new Set(readUsers(world).map((user) => user.uid));
  return firstFree(taken, 100);
}

function freeGroupId(world: World, system: boolean): number {
  const taken = new Set(readGroups(world).map((group) => group.gid));
  return firstFree(taken, system ? 100 : 1000);
}

function firstFree(taken: Set<number>, from: number): number {
  let id = from;
  while (taken.has(id)) id++;
  return id;
}
