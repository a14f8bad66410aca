/** What rpm packages need, give, refuse and stand for, rich dependencies included. */
import type { Lookup, Need, Provided, Relation, Unit } from '../plan/unit.ts';
import { needOf } from '../plan/unit.ts';
import { type Evr, isInRange, parseEvr } from './version.ts';

/** One relation: a name, and for versions `<`, `<=`, `=`, `>=` or `>`. */
export type Dependency = { name: string; operator: string; version: string };

/** Bits of a dependency's flags. @see rpm, include/rpm/rpmds.h */
const LESS = 2;
const GREATER = 4;
const EQUAL = 8;
const MAX_DEPTH = 10;

export const operatorOf = (flags: number): string =>
  `${flags & LESS ? '<' : ''}${flags & GREATER ? '>' : ''}${flags & EQUAL ? '=' : ''}`;
/** As primary.xml writes operators. */
export const OPERATORS: Record<string, string> = { LT: '<', LE: '<=', EQ: '=', GE: '>=', GT: '>' };

const known = new Map<string, Evr>();
function evrOf(text: string): Evr {
  const found = known.get(text) ?? parseEvr(text);
  if (known.size > 100_000) known.clear();
  known.set(text, found);
  return found;
}

/** A name given without a version meets every need of it, as rpm has it. */
export function relationOf({ name, operator, version }: Dependency): Relation {
  return {
    name,
    admits: (provided) =>
      operator === '' ||
      version === '' ||
      provided.version === null ||
      isInRange(evrOf(provided.version), operator, evrOf(version)),
  };
}

const textOf = ({ name, operator, version }: Dependency): string =>
  operator === '' ? name : `${name} ${operator} ${version}`;

/** Needs of rpm itself, and of what rpm does on its own. */
const isOwn = (name: string): boolean => name.startsWith('rpmlib(');

export function rpmNeeds(dependencies: readonly Dependency[]): Need[] {
  const seen = new Set<string>();
  return dependencies.flatMap((dependency) => {
    const text = textOf(dependency);
    if (isOwn(dependency.name) || seen.has(text)) return [];
    seen.add(text);
    return [dependency.name.startsWith('(') ? richNeed(dependency.name) : needOf(text, relationOf(dependency))];
  });
}

export const rpmProvides = (dependencies: readonly Dependency[]): Provided[] =>
  dependencies.map(({ name, operator, version }) => ({ name, version: operator === '' ? null : version }));

type Rich =
  | { kind: 'one'; relation: Relation }
  | { kind: 'and' | 'or' | 'with' | 'without'; parts: Rich[] }
  | { kind: 'if' | 'unless'; then: Rich; condition: Rich; otherwise: Rich | null };

/** Boolean dependencies: `(a or b)`, `(a and b)`, `(a if b else c)`, `(a with b)`, and so on. @see rpm, docs/manual/boolean_dependencies.md */
function richNeed(text: string): Need {
  const tokens = tokensOf(text);
  const rich = parseRich(tokens, 0);
  // What cannot be understood cannot be met: the upgrade that brings it is left.
  if (!rich || tokens.length > 0) return { text, relations: [], isMet: () => false };
  return { text, relations: wantedOf(rich), isMet: (lookup) => isMet(rich, lookup) };
}

/** Words and brackets; names have brackets of their own, as in `perl(Foo)`. */
function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  for (let at = 0; at < text.length; ) {
    const char = text.charAt(at);
    if (char === ' ') at++;
    else if (char === '(' || char === ')') {
      tokens.push(char);
      at++;
    } else {
      let depth = 0;
      let end = at;
      for (; end < text.length; end++) {
        const next = text.charAt(end);
        if (next === '(') depth++;
        else if (next === ')' && depth-- === 0) break;
        else if (next === ' ' && depth <= 0) break;
      }
      tokens.push(text.slice(at, end));
      at = end;
    }
  }
  return tokens;
}

function parseRich(tokens: string[], depth: number): Rich | null {
  const first = tokens.shift();
  if (first === undefined || depth > MAX_DEPTH) return null;
  if (first !== '(') {
    const hasVersion = /^[<>=]+$/.test(tokens[0] ?? '');
    const operator = hasVersion ? (tokens.shift() ?? '') : '';
    const version = hasVersion ? (tokens.shift() ?? '') : '';
    return { kind: 'one', relation: relationOf({ name: first, operator, version }) };
  }
  const left = parseRich(tokens, depth + 1);
  if (!left) return null;
  const word = tokens.shift();
  if (word === ')') return left;
  if (word === 'and' || word === 'or' || word === 'with' || word === 'without') {
    const parts = [left];
    for (let next: string | undefined = word; next !== ')'; next = tokens.shift()) {
      if (next !== word) return null;
      const part = parseRich(tokens, depth + 1);
      if (!part) return null;
      parts.push(part);
    }
    return { kind: word, parts };
  }
  if (word !== 'if' && word !== 'unless') return null;
  const condition = parseRich(tokens, depth + 1);
  const next = tokens.shift();
  const otherwise = next === 'else' ? parseRich(tokens, depth + 1) : null;
  if (!condition || (next === 'else' ? !otherwise || tokens.shift() !== ')' : next !== ')')) return null;
  return { kind: word, then: left, condition, otherwise };
}

function isMet(rich: Rich, lookup: Lookup): boolean {
  switch (rich.kind) {
    case 'one':
      return lookup(rich.relation).length > 0;
    case 'and':
      return rich.parts.every((part) => isMet(part, lookup));
    case 'or':
      return rich.parts.some((part) => isMet(part, lookup));
    case 'with':
    case 'without':
      return unitsOf(rich, lookup).size > 0;
    case 'if':
      return isMet(rich.condition, lookup)
        ? isMet(rich.then, lookup)
        : rich.otherwise === null || isMet(rich.otherwise, lookup);
    case 'unless':
      return isMet(rich.condition, lookup)
        ? rich.otherwise !== null && isMet(rich.otherwise, lookup)
        : isMet(rich.then, lookup);
  }
}

/** Packages that meet all of `with`, or the first and none of the others of `without`. */
function unitsOf(rich: Rich, lookup: Lookup): Set<Unit> {
  if (rich.kind === 'one') return new Set(lookup(rich.relation));
  if (rich.kind === 'or') return new Set(rich.parts.flatMap((part) => [...unitsOf(part, lookup)]));
  if (rich.kind !== 'with' && rich.kind !== 'without') return new Set();
  const [first, ...others] = rich.parts.map((part) => unitsOf(part, lookup));
  const keep = rich.kind === 'with';
  return new Set([...(first ?? [])].filter((unit) => others.every((other) => other.has(unit) === keep)));
}

/** Relations that might help where the need is not met. */
function wantedOf(rich: Rich): Relation[] {
  if (rich.kind === 'one') return [rich.relation];
  if ('then' in rich) return [...wantedOf(rich.then), ...(rich.otherwise ? wantedOf(rich.otherwise) : [])];
  return (rich.kind === 'without' ? rich.parts.slice(0, 1) : rich.parts).flatMap(wantedOf);
}
