/** ucf: configuration files that maintainer scripts install; on a first installation the new file is simply taken (ucf(1)). */
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
  if (there?.kind === 'file') world.tree.write(shell.path(destination), inMemory(Buffer.from(bytes)));
  else {
    world.tree.write(shell.path(destination), inMemory(Buffer.from(bytes)), node.mode);
  }
  const sum = createHash('md5').update(bytes).digest('hex');
  replaceLine(world, HASHES, `${sum}  ${destination}`, (line) => line.slice(34) === destination);
  return 0;
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
