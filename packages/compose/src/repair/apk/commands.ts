/** Commands of Alpine's scripts that are carried out here beside those that Debian's know: busybox and its own. */
import { addGroup, addMember, addUser, groupId, readGroups, readUsers } from '../../install/accounts.ts';
import type { World } from '../../install/world.ts';
import type { Call, Step } from '../../script/shell.ts';
import { NotCovered } from '../../script/syntax.ts';
import { allSteps } from '../../steps/all.ts';
import { readArguments } from '../../steps/arguments.ts';

const SYSTEM_IDS = { first: 100, last: 999 } as const;
const none = (step: string): Step => ({ step, run: () => 0 });

export const apkSteps: ReadonlyMap<string, Step> = new Map<string, Step>([
  ...allSteps,
  ['busybox', { step: 'busybox', run: busybox }],
  // Links to the setuid helper are made when it is installed; an upgrade keeps them.
  ['bbsuid', none('busybox')],
  ['adduser', { step: 'users', run: adduser }],
  ['addgroup', { step: 'users', run: addgroup }],
  ['rc-update', none('services')],
  ['rc-service', none('services')],
  ['openrc', none('services')],
  ['setup-apkcache', none('services')],
]);

/** `--install -s` links every command that is not there; with the name of a command it is that command. */
function busybox({ args, world, shell }: Call): number {
  const [first = '', ...rest] = args;
  if (first !== '--install') return shell.invoke(first, rest);
  if (!rest.includes('-s')) throw new NotCovered(`busybox ${args.join(' ')}`);
  // Which commands there are is said by a list since Alpine 3.17; before, links that are there are all that is known.
  const folder = world.tree.find('/etc/busybox-paths.d');
  const lists = folder?.kind === 'directory' ? [...folder.entries.keys()].sort() : [];
  for (const list of lists)
    for (const line of (world.tree.readText(`/etc/busybox-paths.d/${list}`) ?? '').split('\n')) {
      const path = `/${line.trim().replace(/^\/+/, '')}`;
      if (path === '/' || /[\0-\x20]/.test(path) || world.tree.lfind(path)) continue;
      world.tree.link(path, '/bin/busybox');
    }
  return 0;
}

/** @see busybox, loginutils/adduser.c */
function adduser({ args, world }: Call): number {
  const { options, operands } = readArguments('adduser', args, ['S', 'D', 'H'], ['h', 'g', 's', 'G', 'u', 'k']);
  const [name = '', group] = operands;
  if (group !== undefined) return addMember(world, name, group) ? 0 : 1;
  if (readUsers(world).some((user) => user.name === name)) return 1;
  const isSystem = options.has('S');
  if (!isSystem) throw new NotCovered(`adduser ${args.join(' ')}`);
  const wanted = options.get('u');
  const uid = wanted === undefined ? freeId(readUsers(world).map((user) => user.uid)) : Number(wanted);
  const groupName = options.get('G') ?? 'nogroup';
  const gid = groupId(world, groupName);
  if (gid === null || !Number.isSafeInteger(uid)) throw new NotCovered(`adduser ${args.join(' ')}`);
  const home = options.get('h') ?? `/home/${name}`;
  const comment = options.get('g') ?? (isSystem ? 'Linux User,,,' : '');
  addUser(world, { name, uid, gid, comment, home, shell: options.get('s') ?? '/sbin/nologin' }, '!');
  if (!options.has('H') && !world.tree.find(home)) {
    world.tree.makeDirectory(home);
    const made = world.tree.find(home);
    if (made?.kind === 'directory') world.tree.change(made, { uid, gid });
  }
  return 0;
}

/** @see busybox, loginutils/addgroup.c */
function addgroup({ args, world }: Call): number {
  const { options, operands } = readArguments('addgroup', args, ['S'], ['g']);
  const [name = '', group] = operands;
  if (group !== undefined) return addMember(world, name, group) ? 0 : 1;
  const groups = readGroups(world);
  if (groups.some((each) => each.name === name)) return 1;
  const wanted = options.get('g');
  if (!options.has('S') && wanted === undefined) throw new NotCovered(`addgroup ${args.join(' ')}`);
  const gid = wanted === undefined ? freeId(groups.map((each) => each.gid)) : Number(wanted);
  if (!Number.isSafeInteger(gid)) throw new NotCovered(`addgroup ${args.join(' ')}`);
  addGroup(world, { name, gid, members: [] });
  return 0;
}

/** busybox takes the first free number from below. */
function freeId(taken: readonly number[]): number {
  const used = new Set(taken);
  for (let id: number = SYSTEM_IDS.first; id <= SYSTEM_IDS.last; id++) if (!used.has(id)) return id;
  throw new NotCovered('there is no free number for a system account');
}

/** @see apk-tools, src/database.c, apk_db_run_script */
export function apkEnvironment(_world: World, name: string, script: string): Map<string, string> {
  return new Map([
    ['PATH', '/usr/sbin:/usr/bin:/sbin:/bin'],
    ['APK_PACKAGE', name],
    ['APK_SCRIPT', script],
    ['OPTIND', '1'],
  ]);
}
