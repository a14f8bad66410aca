/** chmod, chown and chgrp. */
import type { Node, Tree } from '../files/tree.ts';
import type { Call, Step } from '../script/shell.ts';
import { NotCovered } from '../script/syntax.ts';
import { readArguments } from './arguments.ts';
import { has } from './files.ts';
import { applyMode, readOwner } from './ownership.ts';

const step = (run: Step['run']): Step => ({ step: 'files', run });

export const permissionSteps: Record<string, Step> = {
  chmod: step(({ args, shell, world }) => {
    const [mode, operands, recursive] = modeArguments(args, (path) => world.tree.find(shell.path(path))?.mode ?? null);
    return eachNode(operands, shell, world.tree, recursive, true, (node) => {
      world.tree.change(node, { mode: applyMode(mode, node.mode, node.kind === 'directory', shell.umask) });
    });
  }),
  chown: step((call) => changeOwner(call, false)),
  chgrp: step((call) => changeOwner(call, true)),
};

function changeOwner({ args, shell, world }: Call, groupOnly: boolean): number {
  const { options, operands } = readArguments(
    'chown',
    args,
    ['R', 'h', 'f', 'v', 'c', 'L', 'P', 'H', 'recursive', 'no-dereference', 'quiet', 'silent', 'dereference'],
    ['reference', 'from'],
  );
  if (has(options, 'from')) throw new NotCovered(`chown ${args.join(' ')}`);
  const reference = options.get('reference');
  const model = reference === undefined ? null : world.tree.find(shell.path(reference));
  if (reference !== undefined && !model) return 1;
  const paths = model ? operands : operands.slice(1);
  const ids = model ?? readOwner(world, groupOnly ? `:${operands[0] ?? ''}` : (operands[0] ?? ''));
  if (!ids) return 1;
  const follow = !has(options, 'h', 'no-dereference');
  return eachNode(paths, shell, world.tree, has(options, 'R', 'recursive'), follow, (node) => {
    world.tree.change(node, { uid: ids.uid ?? node.uid, gid: ids.gid ?? node.gid });
  });
}

/** chmod's first operand may look like an option: `-w`, `-x`. */
function modeArguments(args: string[], modeOf: (path: string) => number | null): [string, string[], boolean] {
  const known = ['-R', '-f', '-v', '-c', '--recursive', '--', '--quiet'];
  const rest = args.filter((arg) => !known.includes(arg) && !arg.startsWith('--reference='));
  if (rest.some((arg) => arg.startsWith('--'))) throw new NotCovered(`chmod ${args.join(' ')}`);
  const recursive = args.includes('-R') || args.includes('--recursive');
  const reference = args.find((arg) => arg.startsWith('--reference='))?.slice(12);
  if (reference === undefined) return [rest[0] ?? '', rest.slice(1), recursive];
  const mode = modeOf(reference);
  return [mode === null ? '' : mode.toString(8), rest, recursive];
}

function eachNode(
  paths: string[],
  shell: Call['shell'],
  tree: Tree,
  recursive: boolean,
  follow: boolean,
  act: (node: Node) => void,
): number {
  let status = 0;
  for (const operand of paths) {
    const node = follow ? tree.find(shell.path(operand)) : tree.lfind(shell.path(operand));
    if (!node) status = 1;
    else if (recursive) walk(node, act);
    else act(node);
  }
  return status;
}

function walk(node: Node, act: (node: Node) => void): void {
  act(node);
  if (node.kind !== 'directory') return;
  for (const child of node.entries.values()) if (child.kind !== 'symlink') walk(child, act);
}
