/** ucf: configuration files that maintainer scripts install: taken on a first installation, kept where users changed them (ucf(1)). */
import { createHash } from 'node:crypto';
import { inMemory } from '../files/content.ts';
import type { Call, Step } from '../script/shell.ts';
import { readArguments } from './arguments.ts';
import { has } from './files.ts';

const HASHES = '/var/lib/ucf/hashfile';
const REGISTRY = '/var/lib/ucf/registry';

export const ucfSteps: Record<string, Step> = {
  ucf: { step: 'ucf', run: ucf },
  ucfr: { step: 'ucf', run: ucfr },
};

function ucf({ args, shell, world }: Call): number {
  const { options, operands } = readArguments(
    'ucf',
    args,
    ['three-way', 'debconf-ok', 'p', 'purge', 'Z', 'debug', 'v'],
    ['sum-file', 'src-dir', 'state-dir', 's', 'd'],
  );
  const [source = '', destination = ''] = operands;
  if (has(options, 'p', 'purge')) return 0;
  const node = world.tree.find(shell.path(source));
  if (node?.kind !== 'file') return 1;
  const bytes = node.content.read();
  const there = world.tree.find(shell.path(destination));
  const sum = createHash('md5').update(bytes).digest('hex');
  if (world.upgrading && !mayReplace(world, shell.path(destination), sum)) {
    // The user's file stays; where the package's own changed since, the new one lies beside it, as with a front end that cannot ask.
    if (recordedSum(world, destination) !== sum)
      world.tree.write(`${shell.path(destination)}.ucf-dist`, inMemory(Buffer.from(bytes)), node.mode);
    replaceLine(world, HASHES, `${sum}  ${destination}`, (line) => line.slice(34) === destination);
    return 0;
  }
  if (there?.kind === 'file') world.tree.write(shell.path(destination), inMemory(Buffer.from(bytes)));
  else {
    world.tree.write(shell.path(destination), inMemory(Buffer.from(bytes)), node.mode);
  }
  replaceLine(world, HASHES, `${sum}  ${destination}`, (line) => line.slice(34) === destination);
  return 0;
}

/** True where nothing is there, or what is there is as ucf last put it, or already the new file. */
function mayReplace(world: Call['world'], path: string, sum: string): boolean {
  const there = world.tree.find(path);
  if (!there) return recordedSum(world, path) === null; // deleted by the user: it stays deleted
  if (there.kind !== 'file') return false;
  const current = createHash('md5').update(there.content.read()).digest('hex');
  return current === sum || current === recordedSum(world, path);
}

function recordedSum(world: Call['world'], path: string): string | null {
  const line = (world.tree.readText(HASHES) ?? '').split('\n').find((entry) => entry.slice(34) === path);
  return line?.slice(0, 32) ?? null;
}

function ucfr({ args, world }: Call): number {
  const { options, operands } = readArguments(
    'ucfr',
    args,
    ['force', 'f', 'p', 'purge', 'v', 'verbose', 'n', 'no-action'],
    ['d', 's', 'state-dir'],
  );
  if (has(options, 'p', 'purge', 'n', 'no-action')) return 0;
  const [name = '', path = ''] = operands;
  replaceLine(world, REGISTRY, `${name} \t ${path}`, (line) => line.split('\t')[1]?.trim() === path);
  return 0;
}

function replaceLine(world: Call['world'], file: string, line: string, same: (line: string) => boolean): void {
  const lines = (world.tree.readText(file) ?? '').split('\n').filter((entry) => entry !== '' && !same(entry));
  world.tree.write(file, inMemory(`${[...lines, line].sort().join('\n')}\n`));
}
