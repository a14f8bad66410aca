/** find and run-parts, as far as scripts use them to list files. */
import type { Node } from '../files/tree.ts';
import { matchesPattern } from '../script/glob.ts';
import type { Call, Step } from '../script/shell.ts';
import { NotCovered } from '../script/syntax.ts';

type Condition = (path: string, node: Node, depth: number) => boolean;
const MAX_FOUND = 200_000;

export const findSteps: Record<string, Step> = {
  find: { step: 'files', run: find },
  'run-parts': {
    step: 'files',
    run: ({ args, shell, world }) => {
      const folder = args.find((arg) => !arg.startsWith('-')) ?? '';
      const node = world.tree.find(shell.path(folder));
      const names =
        node?.kind === 'directory'
          ? [...node.entries.keys()].filter((name) => /^[A-Za-z0-9_-]+$/.test(name)).sort()
          : [];
      if (names.length > 0 && !args.includes('--test') && !args.includes('--list'))
        throw new NotCovered(`run-parts ${args.join(' ')}`);
      for (const name of names) shell.out(`${folder}/${name}\n`);
      return 0;
    },
  },
  xargs: {
    step: 'files',
    run: (call) => {
      const { args, shell } = call;
      if (args.length === 1 && args[0] === '--show-limits') {
        shell.out('Maximum length of command we could actually use: 2088944\n');
        return 0;
      }
      const known = ['-r', '-0', '--no-run-if-empty', '--null', '-r0', '-0r'];
      // No command is too long here: a limit of characters changes nothing.
      const rest = args.filter((arg) => !known.includes(arg) && !/^(--max-chars=|-s)\d+$/.test(arg));
      if (rest[0]?.startsWith('-')) throw new NotCovered(`xargs ${args.join(' ')}`);
      const words = shell
        .input()
        .split(args.some((arg) => arg.includes('0') || arg === '--null') ? '\0' : /\s+/)
        .filter(Boolean);
      return words.length === 0 ? 0 : shell.invoke(rest[0] ?? 'echo', [...rest.slice(1), ...words]);
    },
  },
};

function find({ args, shell, world }: Call): number {
  const rest = args.filter((arg) => arg !== '-L' && arg !== '-H' && arg !== '-P');
  const follow = args.includes('-L');
  const first = rest.findIndex((arg) => arg.startsWith('-') || arg === '!' || arg === '(');
  const roots = first < 0 ? rest : rest.slice(0, first);
  const { condition, action, format, minDepth, maxDepth, marks } = readExpression(
    first < 0 ? [] : rest.slice(first),
    args,
  );
  const found: string[] = [];
  const visit = (path: string, depth: number) => {
    const node = follow
      ? (world.tree.find(shell.path(path)) ?? world.tree.lfind(shell.path(path)))
      : world.tree.lfind(shell.path(path));
    if (!node || found.length > MAX_FOUND) return;
    marks.pruned = false;
    marks.printed = false;
    const holds = depth >= minDepth && condition(path, node, depth);
    if (marks.prints ? marks.printed : holds) found.push(path);
    if (marks.pruned) return;
    if (node.kind !== 'directory' || depth >= maxDepth) return;
    for (const name of [...node.entries.keys()].sort())
      visit(path.endsWith('/') ? `${path}${name}` : `${path}/${name}`, depth + 1);
  };
  let status = 0;
  for (const root of roots.length > 0 ? roots : ['.']) {
    if (!world.tree.lfind(shell.path(root))) status = 1;
    visit(root, 0);
  }
  if (action === 'delete') for (const path of found.reverse()) world.tree.remove(shell.path(path));
  else if (typeof action === 'string')
    shell.out(
      found
        .map((path) => format.replaceAll('%p', path).replaceAll('%f', path.slice(path.lastIndexOf('/') + 1)))
        .join(''),
    );
  else if (action.many)
    return found.length > 0 ? shell.invoke(action.words[0] ?? '', [...action.words.slice(1), ...found]) : 0;
  else
    for (const path of found)
      shell.invoke(
        action.words[0] ?? '',
        action.words.slice(1).map((word) => word.replaceAll('{}', path)),
      );
  return status;
}

type Expression = {
  condition: Condition;
  action: 'print' | 'delete' | { words: string[]; many: boolean };
  /** How a found path is printed: `%p` the path, `%f` its last part. */
  format: string;
  minDepth: number;
  maxDepth: number;
  /** `prints` where `-print` stands in the expression; the others are set while it is evaluated. */
  marks: { prints: boolean; printed: boolean; pruned: boolean };
};

const KINDS: Record<string, Node['kind']> = {
  f: 'file',
  d: 'directory',
  l: 'symlink',
  p: 'fifo',
  c: 'character',
  b: 'block',
};

function readExpression(words: string[], all: string[]): Expression {
  const marks: Expression['marks'] = { prints: false, printed: false, pruned: false };
  const expression: Expression = {
    condition: () => true,
    action: 'print',
    format: '%p\n',
    minDepth: 0,
    maxDepth: 100,
    marks,
  };
  let at = 0;
  const either = (): Condition => {
    let left = both();
    while (words[at] === '-o' || words[at] === '-or') {
      at++;
      const [first, second] = [left, both()];
      left = (...given) => first(...given) || second(...given);
    }
    return left;
  };
  const both = (): Condition => {
    let left: Condition = () => true;
    while (at < words.length && words[at] !== ')' && words[at] !== '-o' && words[at] !== '-or') {
      const [first, second] = [left, one()];
      left = (...given) => first(...given) && second(...given);
    }
    return left;
  };
  const one = (): Condition => {
    const word = words[at++] ?? '';
    switch (word) {
      case '!':
      case '-not': {
        const inner = one();
        return (...given) => !inner(...given);
      }
      case '(': {
        const inner = either();
        if (words[at++] !== ')') throw new NotCovered(`find ${all.join(' ')}`);
        return inner;
      }
      case '-type': {
        const kind = KINDS[words[at++] ?? ''];
        return (_, node) => node.kind === kind;
      }
      case '-name': {
        const pattern = words[at++] ?? '';
        return (path) => matchesPattern(path.slice(path.lastIndexOf('/') + 1), pattern);
      }
      case '-empty':
        return (_, node) =>
          node.kind === 'directory' ? node.entries.size === 0 : node.kind === 'file' && node.content.size === 0;
      case '-prune':
        return () => {
          marks.pruned = true;
          return true;
        };
      case '-print':
        marks.prints = true;
        return () => {
          marks.printed = true;
          return true;
        };
      default:
        setOption(word);
        return () => true;
    }
  };
  const setOption = (word: string): void => {
    if (word === '-maxdepth') expression.maxDepth = Number(words[at++]);
    else if (word === '-mindepth') expression.minDepth = Number(words[at++]);
    else if (word === '-print0') expression.format = '%p\0';
    else if (word === '-printf')
      expression.format = (words[at++] ?? '').replaceAll('\\n', '\n').replaceAll('\\0', '\0');
    else if (word === '-delete') expression.action = 'delete';
    else if (word === '-exec') {
      const end = words.findIndex((entry, index) => index >= at && (entry === ';' || entry === '+'));
      if (end < 0) throw new NotCovered(`find ${all.join(' ')}`);
      const many = words[end] === '+';
      expression.action = { words: words.slice(at, end).filter((entry) => !many || entry !== '{}'), many };
      at = end + 1;
    } else if (!['-depth', '-xdev', '-mount', '-a', '-and'].includes(word))
      throw new NotCovered(`find ${all.join(' ')}`);
  };
  expression.condition = either();
  if (at < words.length || /%[^pf%]/.test(expression.format)) throw new NotCovered(`find ${all.join(' ')}`);
  return expression;
}
