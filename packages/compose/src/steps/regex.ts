/** POSIX regular expressions, basic and extended, as JavaScript's. The patterns come from packages that the archive signed. */
import { NotCovered } from '../script/syntax.ts';

const MAX_PATTERN = 2_000;

/** @throws NotCovered for what has no counterpart */
export function toRegExp(pattern: string, extended: boolean, flags: string): RegExp {
  if (pattern.length > MAX_PATTERN) throw new NotCovered('a regular expression of more than 2000 characters');
  try {
    return new RegExp(translate(pattern, extended), flags);
  } catch {
    throw new NotCovered(`the regular expression ${pattern.slice(0, 80)}`);
  }
}

function translate(pattern: string, extended: boolean): string {
  let result = '';
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern.charAt(at);
    const next = pattern.charAt(at + 1);
    if (char === '[') {
      const [set, length] = bracket(pattern.slice(at));
      result += set;
      at += length - 1;
    } else if (char === '\\') {
      at++;
      if (!extended && '(){}|+?'.includes(next)) result += next;
      else if (next === '<' || next === '>') result += '\\b';
      else if ('wWsSbB'.includes(next) || /[1-9]/.test(next)) result += `\\${next}`;
      else if (next === 'n' || next === 't') result += `\\${next}`;
      else result += next.replace(/[.*+?^${}()|[\]\\/-]/, '\\$&');
    } else if (!extended && '(){}|+?'.includes(char)) result += `\\${char}`;
    else if (!extended && char === '*' && (result === '' || result.endsWith('(') || result === '^')) result += '\\*';
    else if (!extended && char === '^' && at > 0 && !/\\[(|]$/.test(pattern.slice(0, at))) result += '\\^';
    else if (!extended && char === '$' && at < pattern.length - 1 && !/^\$\\[)|]/.test(pattern.slice(at)))
      result += '\\$';
    else result += char === '/' ? '\\/' : char;
  }
  return result;
}

const CLASSES: Record<string, string> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: '\\s',
  blank: ' \\t',
  punct: '!-\\/:-@\\[-`{-~',
  xdigit: '0-9A-Fa-f',
};

function bracket(text: string): [string, number] {
  let at = 1;
  let result = '[';
  if (text.charAt(at) === '^') {
    result += '^';
    at++;
  }
  const first = at;
  for (; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === ']' && at > first) return [`${result}]`, at + 1];
    const name = /^\[:([a-z]+):\]/.exec(text.slice(at));
    if (name?.[1]) {
      result += CLASSES[name[1]] ?? '';
      at += name[0].length - 1;
    } else if (char === '\\' || char === '[' || char === ']' || char === '/') result += `\\${char}`;
    else result += char;
  }
  throw new NotCovered('a bracket expression that does not end');
}
