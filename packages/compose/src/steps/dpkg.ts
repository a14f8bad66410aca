/** dpkg's tools that maintainer scripts call. */
import { addOverride, readDiversions, readOverrides, writeDiversions } from '../install/dpkg-files.ts';
import { field, infoName } from '../install/world.ts';
import type { Call, Step } from '../script/shell.ts';
import { NotCovered } from '../script/syntax.ts';
import { satisfies } from '../version.ts';
import { readArguments } from './arguments.ts';
import { has } from './files.ts';
import { maintscriptHelper } from './maintscript-helper.ts';
import { applyMode, readOwner } from './ownership.ts';

const step = (name: string, run: Step['run']): Step => ({ step: name, run });

export const dpkgSteps: Record<string, Step> = {
  dpkg: step('dpkg', (call) => {
    const { args, shell, world } = call;
    const [action = '', ...rest] = args;
    switch (action) {
      case '--compare-versions':
        return compare(rest);
      case '--print-architecture':
        shell.out(`${world.architecture}\n`);
        return 0;
      case '--print-foreign-architectures':
        return 0;
      case '--validate-version':
      case '--assert-multi-arch':
        return 0;
      case '-L':
      case '--listfiles':
        return listFiles(call, rest);
      case '-s':
      case '--status':
        return query({ ...call, args: ['-s', ...rest] });
      case '-l':
        return query({ ...call, args: ['-W', ...rest] });
      case '-S':
      case '--search':
        return search(call, rest);
      default:
        throw new NotCovered(`dpkg ${args.join(' ')}`);
    }
  }),
  'dpkg-query': step('dpkg', query),
  'dpkg-trigger': step('triggers', ({ args, world }) => {
    const name = args.find((arg, index) => !arg.startsWith('-') && args[index - 1] !== '--by-package');
    if (name !== undefined) world.activated?.set(name, (world.activated.get(name) ?? new Set()).add(world.current));
    return 0;
  }),
  'dpkg-maintscript-helper': step('upgrades', maintscriptHelper),
  'dpkg-statoverride': step('dpkg', statoverride),
  'dpkg-divert': step('dpkg', divert),
  'dpkg-vendor': step('dpkg', ({ args }) =>
    args.includes('--is') || args.includes('--derives-from') ? (args.at(-1)?.toLowerCase() === 'debian' ? 0 : 1) : 1,
  ),
};

/** An empty version is older than any, with the operators that have no `-nl` (dpkg(1)). */
function compare([a = '', operator = '', b = '']: string[]): number {
  const relation = operator.replace(/-nl$/, '');
  if (a === '' || b === '') {
    const order = a === b ? 0 : (a === '') === !operator.endsWith('-nl') ? -1 : 1;
    return satisfies(order < 0 ? '0~~' : order > 0 ? '1' : '0', relation, '0') ? 0 : 1;
  }
  return satisfies(a, relation, b) ? 0 : 1;
}

function listFiles({ shell, world }: Call, names: string[]): number {
  let status = 0;
  for (const name of names) {
    const installed = world.packages.get(name.split(':')[0] ?? '');
    if (!installed) status = 1;
    for (const path of installed?.list ?? []) shell.out(`${path}\n`);
  }
  return status;
}

function search({ shell, world }: Call, paths: string[]): number {
  let status = 0;
  for (const path of paths) {
    const owners = [...world.packages.values()].filter((installed) => installed.list.includes(path)).map(infoName);
    if (owners.length > 0) shell.out(`${owners.join(', ')}: ${path}\n`);
    else status = 1;
  }
  return status;
}

/** `-W [-f FORMAT] NAME...`, `-s NAME...`, `-S PATH`, `-L NAME`, `--control-path NAME FILE`. */
function query(call: Call): number {
  const { args, shell, world } = call;
  const [action] = args.filter(
    (arg) => arg.startsWith('-') && !arg.startsWith('-f') && !arg.startsWith('--showformat'),
  );
  const operands: string[] = [];
  let format =
    action === '-s' || action === '--status'
      ? 'Package: ${Package}\nStatus: ${Status}\nVersion: ${Version}\n'
      : '${binary:Package}\t${Version}\n';
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg === '-f' || arg === '--showformat') format = args[++at] ?? '';
    else if (arg.startsWith('-f')) format = arg.slice(2).replace(/^=/, '');
    else if (arg.startsWith('--showformat=')) format = arg.slice(13);
    else if (!arg.startsWith('-')) operands.push(arg);
  }
  if (action === '-S' || action === '--search') return search(call, operands);
  if (action === '-L' || action === '--listfiles') return listFiles(call, operands);
  if (!['-W', '--show', '-s', '--status', '-l', '--list'].includes(action ?? ''))
    throw new NotCovered(`dpkg-query ${args.join(' ')}`);
  let status = 0;
  for (const operand of operands) {
    if (/[*?[]/.test(operand)) throw new NotCovered(`dpkg-query ${args.join(' ')}`);
    const installed = world.packages.get(operand.split(':')[0] ?? '');
    if (!installed) {
      status = 1;
      continue;
    }
    shell.out(
      format
        .replace(/\$\{([^};]+)(?:;[^}]*)?\}/g, (_, name: string) => {
          if (name === 'binary:Package') return infoName(installed);
          if (name === 'db:Status-Status') return 'installed';
          if (name === 'db:Status-Abbrev') return 'ii ';
          if (name === 'Status') return 'install ok installed';
          return field(installed, name) ?? '';
        })
        .replaceAll('\\n', '\n')
        .replaceAll('\\t', '\t'),
    );
  }
  return status;
}

function statoverride({ args, shell, world }: Call): number {
  const { options, operands } = readArguments(
    'dpkg-statoverride',
    args,
    [
      'update',
      'force',
      'quiet',
      'force-all',
      'force-statoverride-add',
      'add',
      'list',
      'remove',
      'force-statoverride-remove',
    ],
    ['root', 'admindir'],
  );
  if (has(options, 'list')) {
    const [path] = operands;
    const found = [...readOverrides(world).keys()].filter((key) => path === undefined || key === path);
    for (const key of found) shell.out(`${key}\n`);
    return found.length > 0 ? 0 : 1;
  }
  const [user = '', group = '', mode = '', path = ''] = operands;
  if (!has(options, 'add') || operands.length !== 4) throw new NotCovered(`dpkg-statoverride ${args.join(' ')}`);
  const ids = readOwner(world, `${user}:${group}`);
  if (!ids || (readOverrides(world).has(path) && !has(options, 'force', 'force-all'))) return 2;
  addOverride(world, user, group, mode.replace(/^0+(?=\d)/, ''), path);
  const node = world.tree.find(path);
  if (has(options, 'update') && node) {
    world.tree.change(node, { mode: applyMode(mode, 0, false, 0o022), uid: ids.uid ?? 0, gid: ids.gid ?? 0 });
  }
  return 0;
}

function divert({ args, shell, world }: Call): number {
  const { options, operands } = readArguments(
    'dpkg-divert',
    args,
    ['rename', 'no-rename', 'add', 'quiet', 'local', 'remove', 'list', 'truename', 'listpackage'],
    ['package', 'divert', 'root', 'admindir', 'instdir'],
  );
  const [path = ''] = operands;
  const diversions = readDiversions(world);
  const known = diversions.find((diversion) => diversion.path === path);
  if (has(options, 'list')) {
    const found = known ? [known] : [];
    for (const { by, to } of found) shell.out(`diversion of ${path} to ${to} by ${by}\n`);
    return 0;
  }
  if (has(options, 'truename')) {
    shell.out(`${known?.to ?? path}\n`);
    return 0;
  }
  if (has(options, 'listpackage')) {
    if (known) shell.out(`${known.by}\n`);
    return 0;
  }
  const by = has(options, 'local') ? ':' : (options.get('package') ?? world.current);
  const to = options.get('divert') ?? `${path}.distrib`;
  const moves = has(options, 'rename');
  const other = [...world.packages.values()].some(
    (installed) => installed.candidate.name === by && installed.list.includes(path),
  );
  if (has(options, 'remove')) {
    if (!known) return 0;
    writeDiversions(
      world,
      diversions.filter((diversion) => diversion !== known),
    );
    if (moves && !other) move(call(world), known.to, path);
    return 0;
  }
  if (known) return known.by === by && known.to === to ? 0 : 2;
  writeDiversions(world, [...diversions, { path, to, by }]);
  if (moves && !other) move(call(world), path, to);
  return 0;
}

const call = (world: Call['world']) => world.tree;

function move(tree: Call['world']['tree'], from: string, to: string): void {
  const node = tree.lfind(from);
  if (!node || tree.lfind(to)) return;
  tree.remove(from);
  tree.put(to, node, false);
}
