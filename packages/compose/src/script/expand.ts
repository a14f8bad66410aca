/** Expands words: variables, substitutions, field splitting, patterns (POSIX.1-2017, XCU 2.6). */
import { evaluateArithmetic } from './arithmetic.ts';
import { expandPattern, matchesPattern } from './glob.ts';
import type { Shell } from './shell.ts';
import { NotCovered, type Part, type Word } from './syntax.ts';

type Piece = { text: string; quoted: boolean; splits: boolean };

/** All words to arguments. */
export function expandWords(shell: Shell, words: Word[]): string[] {
  return words.flatMap((word) => expandFields(shell, word));
}

/** One word to one string: assignments, redirections, the word of a case. */
export function expandText(shell: Shell, word: Word): string {
  return pieces(shell, word)
    .map((piece) => piece.text)
    .join('');
}

/** One word to a pattern in which what was quoted stands for itself. */
export function expandToPattern(shell: Shell, word: Word): string {
  return pieces(shell, word)
    .map((piece) => (piece.quoted ? escapePattern(piece.text) : piece.text))
    .join('');
}

function expandFields(shell: Shell, word: Word): string[] {
  const [first] = word;
  if (word.length === 1 && first?.kind === 'variable' && first.name === '@' && first.operator === null) {
    return first.quoted ? [...shell.positional] : shell.positional.flatMap((text) => split(shell, text));
  }
  const fields: { text: string; pattern: string; some: boolean }[] = [];
  let current = { text: '', pattern: '', some: false };
  const finish = () => {
    if (current.some) fields.push(current);
    current = { text: '', pattern: '', some: false };
  };
  const add = (text: string, pattern: string) => {
    current.text += text;
    current.pattern += pattern;
    current.some = true;
  };
  for (const piece of pieces(shell, word)) {
    if (!piece.splits) {
      if (piece.quoted || piece.text !== '') add(piece.text, piece.quoted ? escapePattern(piece.text) : piece.text);
      continue;
    }
    const ifs = shell.get('IFS') ?? ' \t\n';
    let rest = '';
    for (const char of piece.text) {
      if (!ifs.includes(char)) rest += char;
      else {
        if (rest !== '') add(rest, rest);
        else if (!/\s/.test(char)) current.some = true;
        finish();
        rest = '';
      }
    }
    if (rest !== '') add(rest, rest);
  }
  finish();
  return fields.flatMap((field) => {
    if (shell.options.has('f') || !/(?<!\\)[*?[]/.test(field.pattern)) return [field.text];
    const found = expandPattern(shell.world.tree, field.pattern, shell.directory);
    return found.length > 0 ? found : [field.text];
  });
}

function split(shell: Shell, text: string): string[] {
  const ifs = shell.get('IFS') ?? ' \t\n';
  return Array.from(text)
    .map((char) => (ifs.includes(char) ? '\0' : char))
    .join('')
    .split('\0')
    .filter((field) => field !== '');
}

function pieces(shell: Shell, word: Word): Piece[] {
  return word.map((part): Piece => {
    if (part.kind === 'text') {
      const home = !part.quoted && part === word[0] && (part.text === '~' || part.text.startsWith('~/'));
      return { text: home ? `/root${part.text.slice(1)}` : part.text, quoted: part.quoted, splits: false };
    }
    return { text: value(shell, part), quoted: part.quoted, splits: !part.quoted };
  });
}

function value(shell: Shell, part: Exclude<Part, { kind: 'text' }>): string {
  if (part.kind === 'command') return shell.capture(part.body).replace(/\n+$/, '');
  if (part.kind === 'arithmetic')
    return String(evaluateArithmetic(expandText(shell, part.expression), (name) => shell.get(name) ?? '0'));
  return variable(shell, part);
}

function variable(shell: Shell, part: Extract<Part, { kind: 'variable' }>): string {
  const found = shell.get(part.name);
  if (found === null && part.operator === null && shell.options.has('u') && !/^[@*]$/.test(part.name)) {
    throw new NotCovered(`the variable ${part.name}, which nothing sets`);
  }
  const text = found ?? '';
  switch (part.operator) {
    case null:
      return text;
    case 'length':
      return String(text.length);
    case '-':
      return found ?? expandText(shell, part.argument);
    case ':-':
      return text !== '' ? text : expandText(shell, part.argument);
    case '+':
      return found === null ? '' : expandText(shell, part.argument);
    case ':+':
      return text === '' ? '' : expandText(shell, part.argument);
    case '=':
    case ':=': {
      if (found !== null && (part.operator === '=' || text !== '')) return text;
      const assigned = expandText(shell, part.argument);
      shell.set(part.name, assigned);
      return assigned;
    }
    case '%':
    case '%%':
    case '#':
    case '##':
      return trim(text, expandToPattern(shell, part.argument), part.operator);
    default:
      throw new NotCovered(`the expansion \${${part.name}${part.operator}...}`);
  }
}

function trim(text: string, pattern: string, operator: string): string {
  const lengths = Array.from({ length: text.length + 1 }, (_, index) => index);
  if (operator.length === 2) lengths.reverse(); // the longest match first
  for (const length of lengths) {
    if (operator.startsWith('#')) {
      if (matchesPattern(text.slice(0, length), pattern)) return text.slice(length);
    } else if (matchesPattern(text.slice(text.length - length), pattern)) return text.slice(0, text.length - length);
  }
  return text;
}

function escapePattern(text: string): string {
  return text.replace(/[*?[\]\\]/g, '\\$&');
}
