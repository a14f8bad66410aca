/** Commands that answer questions about paths and what is there. */
import { readGroups, readUsers } from '../install/accounts.ts';
import { absolute } from '../script/glob.ts';
import type { Call, Step } from '../script/shell.ts';
import { NotCovered } from '../script/syntax.ts';
import { readArguments } from './arguments.ts';
import { has } from './files.ts';

const step = (run: Step['run']): Step => ({ step: 'text', run });

export const pathSteps: Record<string, Step> = {
  basename: step(({ args, shell }) => {
    const [path = '', suffix = ''] = args.filter((arg) => arg !== '--');
    const name = path.replace(/\/+$/, '').split('/').at(-1) ?? '';
    shell.out(`${suffix && name !== suffix && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name}\n`);
    return 0;
  }),
  dirname: step(({ args, shell }) => {
    const path = (args.find((arg) => !arg.startsWith('--')) ?? '').replace(/\/+$/, '');
    shell.out(`${path.includes('/') ? path.slice(0, path.lastIndexOf('/')) || '/' : '.'}\n`);
    return 0;
  }),
  readlink: step(readlink),
  realpath: step(({ args, shell, world, name }) => {
    const { options, operands } = readArguments(name, args, ['m', 's', 'e', 'q', 'z']);
    const path = shell.path(operands[0] ?? '');
    if (has(options, 's')) shell.out(`${cleaned(path)}\n`);
    else {
      const place = world.tree.place(path);
      if (!place || (has(options, 'e') && !place.node)) return 1;
      shell.out(`${place.path}\n`);
    }
    return 0;
  }),
  'dpkg-realpath': step(({ args, shell, world }) => {
    const { operands } = readArguments('dpkg-realpath', args, ['z', 'zero'], ['root', 'admindir', 'instdir']);
    const place = world.tree.place(shell.path(operands[0] ?? ''));
    shell.out(`${place?.path ?? operands[0] ?? ''}\n`);
    return place ? 0 : 1;
  }),
  stat: step(({ args, shell, world }) => {
    const { options, operands } = readArguments('stat', args, ['L'], ['c', 'format', 'printf']);
    const format = options.get('c') ?? options.get('format');
    const node = has(options, 'L')
      ? world.tree.find(shell.path(operands[0] ?? ''))
      : world.tree.lfind(shell.path(operands[0] ?? ''));
    if (format === undefined) throw new NotCovered(`stat ${args.join(' ')}`);
    if (!node) return 1;
    const owner = readUsers(world).find((user) => user.uid === node.uid)?.name ?? 'UNKNOWN';
    const group = readGroups(world).find((entry) => entry.gid === node.gid)?.name ?? 'UNKNOWN';
    const parts: Record<string, string> = {
      U: owner,
      G: group,
      a: node.mode.toString(8),
      u: String(node.uid),
      g: String(node.gid),
      s: node.kind === 'file' ? String(node.content.size) : '4096',
      Y: String(node.mtime),
    };
    shell.out(
      `${format.replace(/%(.)/g, (_, letter: string) => {
        const text = parts[letter];
        if (text === undefined) throw new NotCovered(`stat -c ${format}`);
        return text;
      })}\n`,
    );
    return 0;
  }),
  ls: step(({ args, shell, world }) => {
    const { options, operands } = readArguments('ls', args, ['1', 'A', 'd', 'a', 'L']);
    let status = 0;
    for (const operand of operands.length > 0 ? operands : ['.']) {
      const node = world.tree.find(absolute(operand, shell.directory));
      if (!node) status = 2;
      else if (node.kind !== 'directory' || has(options, 'd')) shell.out(`${operand}\n`);
      else
        for (const name of [...node.entries.keys()].sort())
          if (!name.startsWith('.') || has(options, 'A', 'a')) shell.out(`${name}\n`);
    }
    return status;
  }),
};

function readlink({ args, shell, world }: Call): number {
  const { options, operands } = readArguments('readlink', args, ['f', 'e', 'm', 'n', 'q', 's', 'v']);
  const path = shell.path(operands[0] ?? '');
  const end = has(options, 'n') ? '' : '\n';
  if (has(options, 'f', 'e', 'm')) {
    const place = world.tree.place(path);
    if (!place || (has(options, 'e') && !place.node)) return 1;
    shell.out(place.path + end);
    return 0;
  }
  const node = world.tree.lfind(path);
  if (node?.kind !== 'symlink') return 1;
  shell.out(node.target + end);
  return 0;
}

function cleaned(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
