/** dpkg-maintscript-helper: what an older version left behind is moved out of the way or renamed (its manual page). */
import { createHash } from 'node:crypto';
import { inMemory } from '../files/content.ts';
import type { Call } from '../script/shell.ts';
import { NotCovered } from '../script/syntax.ts';
import { satisfies } from '../version.ts';

type Task = {
  call: Call;
  operands: string[];
  /** Of the version that is there, if the task still applies to it. */
  applies: boolean;
  action: string;
  /** preinst, postinst or postrm. */
  script: string;
  name: string;
};

const TASKS: Record<string, { operands: number; run: (task: Task) => number }> = {
  rm_conffile: { operands: 1, run: removeConffile },
  mv_conffile: { operands: 2, run: moveConffile },
  symlink_to_dir: { operands: 2, run: symlinkToDirectory },
  dir_to_symlink: { operands: 2, run: directoryToSymlink },
};

/**
 * `TASK OPERAND... [LASTVERSION [PACKAGE]] -- "$@"`. On a first installation nothing is left behind, and nothing is done.
 *
 * @see dpkg-maintscript-helper(1)
 */
export function maintscriptHelper(call: Call): number {
  const { args, shell, world } = call;
  const [name = '', ...rest] = args;
  if (name === 'supports') return TASKS[rest[0] ?? ''] ? 0 : 1;
  const task = TASKS[name];
  const dashes = rest.indexOf('--');
  if (!task || dashes < task.operands) throw new NotCovered(`dpkg-maintscript-helper ${args.join(' ')}`);
  const [last = '', owner = ''] = rest.slice(task.operands, dashes);
  const [action = '', old = ''] = rest.slice(dashes + 1);
  return task.run({
    call,
    operands: rest.slice(0, task.operands),
    // `le-nl`: no last version means that the task applies to all.
    applies: old !== '' && (last === '' || satisfies(old, '<=', last)),
    action,
    script: shell.get('DPKG_MAINTSCRIPT_NAME') ?? '',
    name: (owner || world.current).split(':')[0] ?? '',
  });
}

function removeConffile({ call, operands: [path = ''], applies, action, script, name }: Task): number {
  const { tree } = call.world;
  if (script === 'preinst' && (action === 'install' || action === 'upgrade') && applies) {
    const state = conffileState(call, name, path);
    if (state) move(call, path, `${path}.${state === 'modified' ? 'dpkg-backup' : 'dpkg-remove'}`);
  } else if (script === 'postinst' && action === 'configure' && applies) {
    move(call, `${path}.dpkg-backup`, `${path}.dpkg-bak`);
    tree.remove(`${path}.dpkg-remove`);
  }
  return 0;
}

function moveConffile({ call, operands: [from = '', to = ''], applies, action, script, name }: Task): number {
  const { tree } = call.world;
  if (script === 'preinst' && (action === 'install' || action === 'upgrade') && applies) {
    if (conffileState(call, name, from) === 'unmodified') move(call, from, `${from}.dpkg-remove`);
  } else if (script === 'postinst' && action === 'configure' && applies) {
    tree.remove(`${from}.dpkg-remove`);
    if (!owns(call, name, from) || !tree.find(from)) return 0;
    move(call, to, `${to}.dpkg-new`);
    move(call, from, to);
  }
  return 0;
}

function symlinkToDirectory({ call, operands: [link = '', target = ''], applies, action, script }: Task): number {
  const { tree } = call.world;
  const leads = (path: string): boolean => {
    const node = tree.lfind(path);
    return node?.kind === 'symlink' && (node.target === target || tree.place(path)?.path === target);
  };
  if (script === 'preinst' && (action === 'install' || action === 'upgrade') && applies && leads(link))
    move(call, link, `${link}.dpkg-backup`);
  else if (script === 'postinst' && action === 'configure' && leads(`${link}.dpkg-backup`))
    tree.remove(`${link}.dpkg-backup`);
  return 0;
}

function directoryToSymlink({ call, operands, applies, action, script, name }: Task): number {
  const { tree } = call.world;
  const path = (operands[0] ?? '').replace(/\/$/, '');
  const target = operands[1] ?? '';
  const node = tree.lfind(path);
  const staging = `${path}/.dpkg-staging-dir`;
  if (script === 'preinst' && (action === 'install' || action === 'upgrade') && applies) {
    if (node?.kind !== 'directory') return 0;
    const conffiles = call.world.packages.get(name)?.conffiles ?? [];
    if (conffiles.some((each) => each.path.startsWith(`${path}/`)) || !ownsAll(call, name, path)) return 1;
    move(call, path, `${path}.dpkg-backup`);
    tree.makeDirectory(path);
    tree.write(staging, inMemory(''));
  } else if (script === 'postinst' && action === 'configure') {
    if (node?.kind !== 'directory' || !tree.lfind(staging) || tree.lfind(`${path}.dpkg-backup`)?.kind !== 'directory')
      return 0;
    const to = target.startsWith('/') ? target : `${path.slice(0, path.lastIndexOf('/'))}/${target}`;
    tree.remove(staging);
    for (const child of [...node.entries.keys()]) move(call, `${path}/${child}`, `${to}/${child}`);
    tree.remove(path);
    tree.link(path, target);
    tree.remove(`${path}.dpkg-backup`);
  }
  return 0;
}

/** Whether a configuration file of a package is as it was packaged; null where it is not there or not the package's. */
function conffileState(call: Call, name: string, path: string): 'modified' | 'unmodified' | null {
  const node = call.world.tree.find(path);
  if (!node || !owns(call, name, path)) return null;
  const known = call.world.packages.get(name)?.conffiles.find((each) => each.path === path);
  if (node.kind !== 'file' || !known) return 'modified';
  return createHash('md5').update(node.content.read()).digest('hex') === known.md5 ? 'unmodified' : 'modified';
}

function owns({ world }: Call, name: string, path: string): boolean {
  return world.packages.get(name)?.list.includes(path) ?? false;
}

function ownsAll(call: Call, name: string, path: string): boolean {
  if (!owns(call, name, path)) return false;
  const node = call.world.tree.lfind(path);
  if (node?.kind !== 'directory') return true;
  return [...node.entries.keys()].every((child) => ownsAll(call, name, `${path}/${child}`));
}

/** `mv -f`: what is at the new place is replaced. */
function move({ world }: Call, from: string, to: string): void {
  const node = world.tree.lfind(from);
  if (!node) return;
  world.tree.remove(from);
  world.tree.put(to, node, false);
}
