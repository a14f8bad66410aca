/** Arithmetic of the shell: integers, the four rules, comparisons and logic (POSIX.1-2017, XCU 2.6.4). */
import { NotCovered } from './syntax.ts';

const LEVELS = [
  ['||'],
  ['&&'],
  ['|'],
  ['&'],
  ['==', '!='],
  ['<=', '>=', '<', '>'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];

/** The value of an expression; names stand for variables. @throws NotCovered */
export function evaluateArithmetic(expression: string, lookup: (name: string) => string): number {
  const tokens =
    expression.match(/[A-Za-z_][A-Za-z0-9_]*|0[xX][0-9a-fA-F]+|[0-9]+|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%()<>&|!~]|\S/g) ??
    [];
  let at = 0;
  const level = (index: number): number => {
    const operators = LEVELS[index];
    if (!operators) return unary();
    let left = level(index + 1);
    for (let token = tokens[at]; token !== undefined && operators.includes(token); token = tokens[at]) {
      at++;
      left = apply(token, left, level(index + 1));
    }
    return left;
  };
  const unary = (): number => {
    const token = tokens[at++];
    if (token === '-') return -unary();
    if (token === '+') return unary();
    if (token === '!') return unary() === 0 ? 1 : 0;
    if (token === '(') {
      const inner = level(0);
      if (tokens[at++] !== ')') throw new NotCovered('an arithmetic expression that does not end');
      return inner;
    }
    if (token !== undefined && /^[0-9]/.test(token))
      return /^0[0-7]+$/.test(token) ? Number.parseInt(token, 8) : Number(token);
    if (token !== undefined && /^[A-Za-z_]/.test(token)) return Number.parseInt(lookup(token), 10) || 0;
    throw new NotCovered(`the arithmetic expression ${expression.slice(0, 60)}`);
  };
  const value = tokens.length === 0 ? 0 : level(0);
  if (at < tokens.length) throw new NotCovered(`the arithmetic expression ${expression.slice(0, 60)}`);
  return value;
}

function apply(operator: string, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
    case '%':
      if (b === 0) throw new NotCovered('a division by zero');
      return operator === '/' ? Math.trunc(a / b) : a % b;
    case '<<':
      return a << b;
    case '>>':
      return a >> b;
    case '&':
      return a & b;
    case '|':
      return a | b;
    case '==':
      return Number(a === b);
    case '!=':
      return Number(a !== b);
    case '<':
      return Number(a < b);
    case '<=':
      return Number(a <= b);
    case '>':
      return Number(a > b);
    case '>=':
      return Number(a >= b);
    case '&&':
      return Number(a !== 0 && b !== 0);
    default:
      return Number(a !== 0 || b !== 0);
  }
}
