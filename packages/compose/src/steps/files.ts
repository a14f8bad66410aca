/** Files and directories: what coreutils would do to them. */
import { inMemory } from '../files/content.ts';
import type { Directory, Node, Tree } from '../files/tree.ts';
import type { Call, Step } from '../script/shell.ts';
import { NotCovered } from '../script/syntax.ts';
import { readArguments } from './arguments.ts';
import { applyMode, readOwner } from './ownership.ts';

const step = (run: Step['run']): Step => ({ step: 'files', run });

export const fileSteps: Record<string, Step> = {
  mkdir: step(({ args, shell, world }) => {
    const { options, operands } = readArguments('mkdir', args, ['p', 'v', 'parents', 'Z'], ['m', 'mode']);
    let status = 0;
    for (const operand of operands) {
      const path = shell.path(operand);
      if (world.tree.find(path)) {
        if (!has(options, 'p', 'parents')) status = 1;
        continue;
      }
      if (!has(options, 'p', 'parents') && !world.tree.find(`${path}/..`) && !world.tree.find(parentOf(path))) {
        status = 1;
        continue;
      }
      world.tree.makeDirectory(path, 0o777 & ~shell.umask);
      const mode = options.get('m') ?? options.get('mode');
      if (mode !== undefined) changeMode(world.tree, path, mode);
    }
    return status;
  }),
  touch: step(({ args, shell, world }) => {
    const flags = ['a', 'm', 'c', 'h', 'no-dereference', 'no-create'];
    const { options, operands } = readArguments('touch', args, flags, ['r', 'd', 't', 'reference', 'date']);
    const reference = options.get('r') ?? options.get('reference');
    const time = reference === undefined ? world.now : world.tree.find(shell.path(reference))?.mtime;
    if (time === undefined) return 1;
    for (const operand of operands) {
      const path = shell.path(operand);
      const there = has(options, 'h', 'no-dereference') ? world.tree.lfind(path) : world.tree.find(path);
      if (there) world.tree.change(there, { mtime: time });
      if (there || has(options, 'c', 'no-create')) continue;
      if (!world.tree.place(path)) return 1;
      world.tree.write(path, inMemory(''), 0o666 & ~shell.umask);
    }
    return 0;
  }),
  rm: step(({ args, shell, world }) => {
    const { options, operands } = readArguments('rm', args, [
      'r',
      'R',
      'f',
      'v',
      'force',
      'recursive',
      'verbose',
      'd',
      'one-file-system',
    ]);
    let status = 0;
    for (const operand of operands) {
      const path = shell.path(operand);
      const node = world.tree.lfind(path);
      if (!node || (node.kind === 'directory' && !has(options, 'r', 'R', 'recursive'))) {
        if (node || !has(options, 'f', 'force')) status = 1;
        continue;
      }
      if (world.tree.place(path, false)?.name === '') throw new NotCovered(`rm of the root`);
      world.tree.remove(path);
    }
    return status;
  }),
  rmdir: step(({ args, shell, world }) => {
    const { options, operands } = readArguments('rmdir', args, [
      'p',
      'v',
      'ignore-fail-on-non-empty',
      'parents',
      'verbose',
    ]);
    let status = 0;
    for (const operand of operands) {
      const node = world.tree.lfind(shell.path(operand));
      if (node?.kind === 'directory' && node.entries.size === 0) world.tree.remove(shell.path(operand));
      else if (!(node?.kind === 'directory' && has(options, 'ignore-fail-on-non-empty'))) status = 1;
    }
    return status;
  }),
  ln: step(link),
  mv: step(({ args, shell, world }) => {
    const { options, operands } = readArguments('mv', args, [
      'f',
      'v',
      'n',
      'T',
      'Z',
      'b',
      'no-clobber',
      'no-target-directory',
      'force',
      'verbose',
    ]);
    return eachTo(operands, shell, world.tree, has(options, 'T', 'no-target-directory'), (from, to) => {
      const node = world.tree.lfind(from);
      if (!node) return 1;
      if (has(options, 'n', 'no-clobber') && world.tree.lfind(to)) return 0;
      world.tree.remove(from);
      world.tree.put(to, node, false);
      return 0;
    });
  }),
  cp: step(({ args, shell, world }) => {
    const { options, operands } = readArguments(
      'cp',
      args,
      ['Z', 'a', 'p', 'r', 'R', 'f', 'v', 'd', 'n', 'T', 'L', 'P', 'i', 'u', 'archive', 'recursive', 'force'],
      ['preserve', 'S'],
    );
    const keep = has(options, 'a', 'p', 'archive', 'preserve');
    return eachTo(operands, shell, world.tree, has(options, 'T'), (from, to) => {
      const node = has(options, 'a', 'd', 'P', 'archive') ? world.tree.lfind(from) : world.tree.find(from);
      if (!node || (node.kind === 'directory' && !has(options, 'a', 'r', 'R', 'archive', 'recursive'))) return 1;
      if (has(options, 'n') && world.tree.find(to)) return 0;
      if (!keep && node.kind === 'file' && world.tree.find(to)?.kind === 'file') world.tree.write(to, node.content);
      else world.tree.put(to, copyOf(node, keep ? null : { now: world.now, umask: shell.umask }), false);
      return 0;
    });
  }),
  install: step(install),
  mktemp: step(({ args, shell, world }) => {
    const { options, operands } = readArguments(
      'mktemp',
      args,
      ['d', 't', 'q', 'u', 'directory', 'tmpdir'],
      ['p', 'suffix'],
    );
    const template = operands[0] ?? 'tmp.XXXXXXXXXX';
    const folder = options.get('p') ?? (template.includes('/') ? '' : '/tmp/');
    // Names are numbered, not random: the file does not outlive the script, and the next run must do the same.
    for (let number = 0; ; number++) {
      const path = shell.path(
        (folder && !folder.endsWith('/') ? `${folder}/` : folder) +
          template.replace(/X{3,}/, String(number).padStart(10, '0')),
      );
      if (world.tree.lfind(path)) continue;
      if (has(options, 'd', 'directory')) world.tree.makeDirectory(path, 0o700);
      else world.tree.write(path, inMemory(''), 0o600);
      world.temporaries.push(path);
      shell.out(`${path}\n`);
      return 0;
    }
  }),
};

function link({ args, shell, world }: Call): number {
  const { options, operands } = readArguments('ln', args, [
    's',
    'f',
    'n',
    'v',
    'T',
    'r',
    'symbolic',
    'force',
    'no-dereference',
    'relative',
    'verbose',
    'no-target-directory',
  ]);
  const [target = '', name] = operands;
  if (operands.length > 2 || has(options, 'r', 'relative')) throw new NotCovered(`ln ${args.join(' ')}`);
  let path = shell.path(name ?? target.slice(target.lastIndexOf('/') + 1));
  const there = has(options, 'n', 'T', 'no-dereference', 'no-target-directory')
    ? world.tree.lfind(path)
    : world.tree.find(path);
  if (there?.kind === 'directory') path = `${path}/${target.slice(target.lastIndexOf('/') + 1)}`;
  if (world.tree.lfind(path) && !has(options, 'f', 'force')) return 1;
  if (!world.tree.find(parentOf(path))) return 1;
  if (has(options, 's', 'symbolic')) {
    world.tree.link(path, target);
    return 0;
  }
  const node = world.tree.find(shell.path(target));
  if (!node || node.kind === 'directory') return 1;
  world.tree.put(path, node, false);
  return 0;
}

function install(call: Call): number {
  const { args, shell, world } = call;
  const { options, operands } = readArguments(
    'install',
    args,
    ['d', 'D', 'p', 'v', 'c', 'T', 'directory', 'verbose'],
    ['m', 'o', 'g', 'mode', 'owner', 'group'],
  );
  const mode = options.get('m') ?? options.get('mode') ?? '755';
  const owner = options.get('o') ?? options.get('owner') ?? '';
  const group = options.get('g') ?? options.get('group') ?? '';
  const ids = readOwner(world, owner || group ? `${owner}:${group}` : '0:0');
  if (!ids) return 1;
  const finish = (path: string) => {
    const node = world.tree.find(path);
    if (node)
      world.tree.change(node, {
        mode: applyMode(mode, 0, node.kind === 'directory', shell.umask),
        uid: ids.uid ?? 0,
        gid: ids.gid ?? 0,
      });
  };
  if (has(options, 'd', 'directory')) {
    for (const operand of operands) {
      world.tree.makeDirectory(shell.path(operand));
      finish(shell.path(operand));
    }
    return 0;
  }
  return eachTo(operands, shell, world.tree, has(options, 'T'), (from, to) => {
    const text = from === '/dev/null' ? inMemory('') : fileContent(world.tree, from);
    if (!text) return 1;
    if (!has(options, 'D') && !world.tree.find(parentOf(to))) return 1;
    world.tree.remove(to);
    world.tree.write(to, text);
    finish(to);
    return 0;
  });
}

/** Applies an action to each source and where it goes: the last operand, or below it if that is a directory. */
function eachTo(
  operands: string[],
  shell: Call['shell'],
  tree: Tree,
  exact: boolean,
  act: (from: string, to: string) => number,
): number {
  const sources = operands.slice(0, -1);
  const last = shell.path(operands.at(-1) ?? '');
  const into = !exact && tree.find(last)?.kind === 'directory';
  if (sources.length === 0 || (sources.length > 1 && !into)) return 1;
  let status = 0;
  for (const source of sources) {
    const name = source.replace(/\/+$/, '').split('/').at(-1) ?? '';
    status = act(source === '/dev/null' ? source : shell.path(source), into ? `${last}/${name}` : last) || status;
  }
  return status;
}

function copyOf(node: Node, fresh: { now: number; umask: number } | null): Node {
  const meta = fresh ? { mode: node.mode & 0o777 & ~fresh.umask, uid: 0, gid: 0, mtime: fresh.now } : {};
  if (node.kind !== 'directory') return { ...node, ...(node.kind === 'symlink' ? {} : meta) };
  const entries = new Map([...node.entries].map(([name, child]) => [name, copyOf(child, fresh)]));
  return { ...node, ...meta, entries } satisfies Directory;
}

function fileContent(tree: Tree, path: string) {
  const node = tree.find(path);
  return node?.kind === 'file' ? node.content : null;
}

export function changeMode(tree: Tree, path: string, mode: string): void {
  const node = tree.find(path);
  if (node) tree.change(node, { mode: applyMode(mode, node.mode, node.kind === 'directory', 0o022) });
}

export function has(options: Map<string, string>, ...names: string[]): boolean {
  return names.some((name) => options.has(name));
}

export function parentOf(path: string): string {
  return path.replace(/\/+$/, '').replace(/\/[^/]*$/, '') || '/';
}
