/** `test` and `[`: file, string and number conditions (POSIX.1-2017, XCU test). */
import type { Shell } from './shell.ts';
import { NotCovered } from './syntax.ts';

/** Exit status 0 if the expression holds, 1 if not. @throws NotCovered for operators that are not known */
export function evaluateTest(shell: Shell, args: string[]): number {
  let at = 0;
  const or = (): boolean => {
    let value = and();
    while (args[at] === '-o') {
      at++;
      const right = and();
      value = value || right;
    }
    return value;
  };
  const and = (): boolean => {
    let value = not();
    while (args[at] === '-a') {
      at++;
      const right = not();
      value = value && right;
    }
    return value;
  };
  const not = (): boolean => {
    if (args[at] === '!' && at + 1 < args.length) {
      at++;
      return !not();
    }
    return primary();
  };
  const primary = (): boolean => {
    const [first, operator, third] = [args[at], args[at + 1], args[at + 2]];
    if (first === undefined) return false;
    if (operator !== undefined && third !== undefined && isBinary(operator)) {
      at += 3;
      return binary(shell, first, operator, third);
    }
    if (first === '(') {
      at++;
      const value = or();
      at++;
      return value;
    }
    if (/^-[a-zA-Z]$/.test(first) && operator !== undefined && operator !== '-a' && operator !== '-o') {
      at += 2;
      return unary(shell, first, operator);
    }
    at++;
    return first !== '';
  };
  const value = or();
  if (at < args.length) throw new NotCovered(`test ${args.join(' ').slice(0, 100)}`);
  return value ? 0 : 1;
}

function isBinary(operator: string): boolean {
  return ['=', '==', '!=', '-eq', '-ne', '-lt', '-le', '-gt', '-ge', '-nt', '-ot', '-ef', '<', '>'].includes(operator);
}

function binary(shell: Shell, left: string, operator: string, right: string): boolean {
  const [a, b] = [Number.parseInt(left, 10), Number.parseInt(right, 10)];
  const nodes = () => [shell.world.tree.find(shell.path(left)), shell.world.tree.find(shell.path(right))] as const;
  switch (operator) {
    case '=':
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '>':
      return left > right;
    case '-eq':
      return a === b;
    case '-ne':
      return a !== b;
    case '-lt':
      return a < b;
    case '-le':
      return a <= b;
    case '-gt':
      return a > b;
    case '-ge':
      return a >= b;
    case '-ef': {
      const [one, other] = nodes();
      return one !== null && one === other;
    }
    case '-nt':
    case '-ot': {
      const [one, other] = nodes();
      const difference = (one?.mtime ?? 0) - (other?.mtime ?? 0);
      return operator === '-nt' ? difference > 0 : difference < 0;
    }
    default:
      return false;
  }
}

function unary(shell: Shell, operator: string, operand: string): boolean {
  if (operator === '-n') return operand !== '';
  if (operator === '-z') return operand === '';
  if (operator === '-t' || operand === '') return false; // no terminal; no file has an empty name
  const { tree } = shell.world;
  const node =
    operator === '-L' || operator === '-h' ? tree.lfind(shell.path(operand)) : tree.find(shell.path(operand));
  if (operator === '-L' || operator === '-h') return node?.kind === 'symlink';
  // An image has no kernel behind it: devices and what the kernel shows are not there while it is made.
  switch (operator) {
    case '-e':
    case '-r':
    case '-w':
      return operand === '/dev/null' || node !== null;
    case '-f':
      return node?.kind === 'file';
    case '-d':
      return node?.kind === 'directory';
    case '-x':
      return node !== null && (node.kind === 'directory' || (node.mode & 0o111) !== 0);
    case '-s':
      return node?.kind === 'file' ? node.content.size > 0 : node !== null;
    case '-c':
      return node?.kind === 'character';
    case '-b':
      return node?.kind === 'block';
    case '-p':
      return node?.kind === 'fifo';
    case '-S':
      return false;
    case '-u':
      return node !== null && (node.mode & 0o4000) !== 0;
    case '-g':
      return node !== null && (node.mode & 0o2000) !== 0;
    case '-k':
      return node !== null && (node.mode & 0o1000) !== 0;
    case '-O':
      return node?.uid === shell.user.uid;
    case '-G':
      return node?.gid === shell.user.gid;
    default:
      throw new NotCovered(`test ${operator} ${operand.slice(0, 60)}`);
  }
}
