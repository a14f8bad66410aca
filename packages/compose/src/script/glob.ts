/** Shell patterns, matched in bounded time (POSIX.1-2017, XCU 2.13). A backslash makes the next character literal. */
import type { Tree } from '../files/tree.ts';

type Token =
  | { kind: 'any' }
  | { kind: 'one' }
  | { kind: 'char'; char: string }
  | { kind: 'set'; negated: boolean; text: string };

/** True if the whole text matches. */
export function matchesPattern(text: string, pattern: string): boolean {
  const tokens = tokenize(pattern);
  let at = 0;
  let token = 0;
  let star = -1;
  let from = 0;
  while (at < text.length) {
    const current = tokens[token];
    if (current?.kind === 'any') {
      star = token++;
      from = at;
    } else if (current && fits(current, text.charAt(at))) {
      token++;
      at++;
    } else if (star >= 0) {
      token = star + 1;
      at = ++from;
    } else return false;
  }
  while (tokens[token]?.kind === 'any') token++;
  return token === tokens.length;
}

function tokenize(pattern: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern.charAt(at);
    if (char === '*') tokens.push({ kind: 'any' });
    else if (char === '?') tokens.push({ kind: 'one' });
    else if (char === '\\') tokens.push({ kind: 'char', char: pattern.charAt(++at) });
    else if (char === '[') {
      const close = pattern.indexOf(']', at + 2 + (/[!^]/.test(pattern.charAt(at + 1)) ? 1 : 0));
      if (close < 0) tokens.push({ kind: 'char', char });
      else {
        const negated = /[!^]/.test(pattern.charAt(at + 1));
        tokens.push({ kind: 'set', negated, text: pattern.slice(at + (negated ? 2 : 1), close) });
        at = close;
      }
    } else tokens.push({ kind: 'char', char });
  }
  return tokens;
}

function fits(token: Token, char: string): boolean {
  switch (token.kind) {
    case 'any':
    case 'one':
      return true;
    case 'char':
      return token.char === char;
    case 'set':
      return inSet(token.text, char) !== token.negated;
  }
}

const CLASSES: Record<string, RegExp> = {
  alpha: /[A-Za-z]/,
  digit: /[0-9]/,
  alnum: /[A-Za-z0-9]/,
  upper: /[A-Z]/,
  lower: /[a-z]/,
  space: /\s/,
  blank: /[ \t]/,
  punct: /[!-/:-@[-`{-~]/,
};

function inSet(text: string, char: string): boolean {
  const rest = text.replace(/\[:([a-z]+):\]/g, (_, name: string) => (CLASSES[name]?.test(char) ? char : ''));
  for (let at = 0; at < rest.length; at++) {
    if (rest.charAt(at + 1) === '-' && at + 2 < rest.length) {
      if (char >= rest.charAt(at) && char <= rest.charAt(at + 2)) return true;
      at += 2;
    } else if (rest.charAt(at) === char) return true;
  }
  return false;
}

/** Existing paths that a pattern names, sorted; empty where there are none. */
export function expandPattern(tree: Tree, pattern: string, directory: string): string[] {
  let found = [pattern.startsWith('/') ? '/' : ''];
  for (const part of pattern.split('/').filter((name) => name !== '')) {
    const next: string[] = [];
    for (const base of found) {
      const join = (name: string) => (base === '' || base.endsWith('/') ? `${base}${name}` : `${base}/${name}`);
      if (!/[*?[]/.test(part)) {
        const name = part.replace(/\\(.)/g, '$1');
        if (tree.lfind(absolute(join(name), directory))) next.push(join(name));
        continue;
      }
      const node = tree.find(absolute(base, directory));
      if (node?.kind !== 'directory') continue;
      for (const name of [...node.entries.keys()].sort()) {
        if (name.startsWith('.') && !part.startsWith('.')) continue;
        if (matchesPattern(name, part)) next.push(join(name));
      }
    }
    found = next;
  }
  return found;
}

/** A path from the root for one that may be relative. */
export function absolute(path: string, directory: string): string {
  return path.startsWith('/') ? path : `${directory}/${path}`;
}
