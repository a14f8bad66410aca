/** Makes text of a form: the forms of the catalog are regular expressions of a small kind, read here to write what they match. */
import type { Random } from './kind.ts';

type Part = { set: string; min: number; max: number };

const CLASS = /\[((?:[^\]\\]|\\.)+)\]|\\([dw])|\\(.)|([^\\[\](){}?*+|^$])/y;
const TIMES = /\{(\d+)(?:,(\d+))?\}|(\?)/y;
const WORD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_';

/**
 * Reads a form: literals, classes and `{n}`, `{n,m}`, `?`. Nothing else is in the catalog, so that each form is linear.
 *
 * @throws Error when the form has anything else
 */
export function readForm(form: string): Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < form.length; ) {
    CLASS.lastIndex = at;
    const one = CLASS.exec(form);
    if (!one) throw new Error(`the form ${form} has something at ${at} that is no literal and no class`);
    const [, inside, shorthand, escaped, literal] = one;
    const set = inside
      ? expand(inside)
      : shorthand === 'd'
        ? '0123456789'
        : shorthand
          ? WORD
          : (escaped ?? literal ?? '');
    at = CLASS.lastIndex;
    TIMES.lastIndex = at;
    const times = TIMES.exec(form);
    if (times) at = TIMES.lastIndex;
    const min = times?.[3] ? 0 : Number(times?.[1] ?? 1);
    parts.push({ set, min, max: times?.[3] ? 1 : Number(times?.[2] ?? min) });
  }
  return parts;
}

/** Bytes at most that match. */
export function longest(form: string): number {
  return readForm(form).reduce((sum, part) => sum + part.max, 0);
}

/** Text that matches; `short` has one character too few in its longest part, `dull` the same character throughout. */
export function writeForm(form: string, random: Random, how: 'right' | 'short' | 'dull' = 'right'): string {
  const parts = readForm(form);
  const broken = parts.reduce((best, part, at) => (part.min > (parts[best]?.min ?? 0) ? at : best), 0);
  return parts
    .map(({ set, min, max }, at) => {
      const length =
        how === 'short'
          ? at === broken
            ? min - 1
            : min
          : min + Math.floor(random() * (Math.min(max, min + 8) - min + 1));
      const dull = set[set.length >> 1] ?? '';
      return Array.from({ length }, () => (how === 'dull' ? dull : pick(set, random))).join('');
    })
    .join('');
}

export function pick(set: string, random: Random): string {
  return set[Math.floor(random() * set.length)] ?? '';
}

function expand(inside: string): string {
  let set = '';
  for (let at = 0; at < inside.length; at++) {
    const char = inside[at] ?? '';
    if (char === '\\') {
      const next = inside[++at] ?? '';
      set += next === 'w' ? WORD : next === 'd' ? '0123456789' : next;
    } else if (inside[at + 1] === '-' && at + 2 < inside.length) {
      for (let code = char.charCodeAt(0); code <= inside.charCodeAt(at + 2); code++) set += String.fromCharCode(code);
      at += 2;
    } else set += char;
  }
  return set;
}
