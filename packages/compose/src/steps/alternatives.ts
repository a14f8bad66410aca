/** Alternatives: the links in /etc/alternatives and the database behind them (update-alternatives(1)). */
import { inMemory } from '../files/content.ts';
import type { World } from '../install/world.ts';
import type { Call, Step } from '../script/shell.ts';
import { NotCovered } from '../script/syntax.ts';

type Choice = { path: string; priority: number; slaves: Map<string, string> };
type Group = { mode: 'auto' | 'manual'; link: string; slaveLinks: Map<string, string>; choices: Choice[] };

const DATABASE = '/var/lib/dpkg/alternatives';
const FLAGS = ['--quiet', '--force', '--verbose', '--skip-auto', '--debug'];

export const alternativeSteps: Record<string, Step> = {
  'update-alternatives': {
    step: 'alternatives',
    run: (call) => {
      const args = call.args.filter((arg) => !FLAGS.includes(arg));
      switch (args[0] ?? '') {
        case '--install':
          return install(call.world, args);
        case '--set':
          return set(call.world, args[1] ?? '', args[2] ?? '');
        case '--auto':
          return set(call.world, args[1] ?? '', null);
        case '--remove':
          return remove(call.world, args[1] ?? '', args[2] ?? '');
        case '--remove-all':
          return read(call.world, args[1] ?? '') ? notCovered(call) : 0;
        case '--query':
        case '--display':
        case '--list':
          return list(call, args[0] ?? '', args[1] ?? '');
        default:
          return notCovered(call);
      }
    },
  },
};

function notCovered(call: Call): never {
  throw new NotCovered(`update-alternatives ${call.args.join(' ')}`);
}

function install(world: World, args: string[]): number {
  const [, link = '', name = '', path = '', priority = ''] = args;
  if (!world.tree.find(path)) return 2;
  const group: Group = read(world, name) ?? { mode: 'auto', link, slaveLinks: new Map(), choices: [] };
  const choice: Choice = { path, priority: Number(priority), slaves: new Map() };
  for (let at = 5; at < args.length; at += 4) {
    if (args[at] !== '--slave' && args[at] !== '--follower')
      throw new NotCovered(`update-alternatives ${args.join(' ')}`);
    const [slaveLink = '', slave = '', slavePath = ''] = args.slice(at + 1, at + 4);
    group.slaveLinks.set(slave, slaveLink);
    choice.slaves.set(slave, slavePath);
  }
  group.link = link;
  group.choices = [...group.choices.filter((entry) => entry.path !== path), choice].sort((a, b) =>
    a.path < b.path ? -1 : 1,
  );
  write(world, name, group);
  if (group.mode === 'auto') point(world, name, group, best(group));
  return 0;
}

function set(world: World, name: string, path: string | null): number {
  const group = read(world, name);
  const choice =
    path === null ? (group ? best(group) : undefined) : group?.choices.find((entry) => entry.path === path);
  if (!group || !choice) return 2;
  group.mode = path === null ? 'auto' : 'manual';
  write(world, name, group);
  point(world, name, group, choice);
  return 0;
}

function remove(world: World, name: string, path: string): number {
  const group = read(world, name);
  if (!group?.choices.some((choice) => choice.path === path)) return 0;
  throw new NotCovered(`update-alternatives --remove ${name} ${path}`);
}

function list({ shell, world }: Call, action: string, name: string): number {
  const group = read(world, name);
  if (!group) return 2;
  if (action === '--list') for (const choice of group.choices) shell.out(`${choice.path}\n`);
  else if (action === '--query') {
    const current = world.tree.lfind(`/etc/alternatives/${name}`);
    shell.out(
      `Name: ${name}\nLink: ${group.link}\nStatus: ${group.mode}\nBest: ${best(group)?.path ?? ''}\nValue: ${current?.kind === 'symlink' ? current.target : ''}\n`,
    );
  } else throw new NotCovered(`update-alternatives ${action} ${name}`);
  return 0;
}

/** The highest priority; among equals the one that was there first keeps its place, which here is the first by path. */
function best(group: Group): Choice | undefined {
  return group.choices.reduce<Choice | undefined>(
    (top, choice) => (!top || choice.priority > top.priority ? choice : top),
    undefined,
  );
}

function point(world: World, name: string, group: Group, choice: Choice | undefined): void {
  if (!choice) return;
  link(world, group.link, name, choice.path);
  for (const [slave, slaveLink] of group.slaveLinks) {
    const target = choice.slaves.get(slave);
    if (target && world.tree.find(target)) link(world, slaveLink, slave, target);
    else {
      if (world.tree.lfind(slaveLink)?.kind === 'symlink') world.tree.remove(slaveLink);
      world.tree.remove(`/etc/alternatives/${slave}`);
    }
  }
}

/** A real file in the link's place is kept (update-alternatives warns and leaves it). */
function link(world: World, path: string, name: string, target: string): void {
  const there = world.tree.lfind(path);
  if (there && there.kind !== 'symlink') return;
  world.tree.link(`/etc/alternatives/${name}`, target);
  world.tree.link(path, `/etc/alternatives/${name}`);
}

/** The database file: mode, link, slaves, an empty line, then each choice with priority and slaves, an empty line. */
function write(world: World, name: string, group: Group): void {
  const slaves = [...group.slaveLinks].sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = [group.mode, group.link, ...slaves.flatMap(([slave, path]) => [slave, path]), ''];
  for (const choice of group.choices) {
    lines.push(choice.path, String(choice.priority), ...slaves.map(([slave]) => choice.slaves.get(slave) ?? ''));
  }
  world.tree.write(`${DATABASE}/${name}`, inMemory(`${lines.join('\n')}\n\n`));
}

function read(world: World, name: string): Group | null {
  const text = world.tree.readText(`${DATABASE}/${name}`);
  if (text === null) return null;
  const lines = text.split('\n');
  const group: Group = {
    mode: lines[0] === 'manual' ? 'manual' : 'auto',
    link: lines[1] ?? '',
    slaveLinks: new Map(),
    choices: [],
  };
  let at = 2;
  for (; lines[at]; at += 2) group.slaveLinks.set(lines[at] ?? '', lines[at + 1] ?? '');
  for (at++; lines[at]; ) {
    const choice: Choice = { path: lines[at] ?? '', priority: Number(lines[at + 1]), slaves: new Map() };
    at += 2;
    for (const slave of group.slaveLinks.keys()) {
      const path = lines[at++];
      if (path) choice.slaves.set(slave, path);
    }
    group.choices.push(choice);
  }
  return group;
}
