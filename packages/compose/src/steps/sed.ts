/** The commands of sed that maintainer scripts use: s, d, p, q, n, a, i, c, with addresses (POSIX.1-2017, XCU sed). */
import { NotCovered } from '../script/syntax.ts';
import { toRegExp } from './regex.ts';

type Address = { kind: 'line'; line: number } | { kind: 'last' } | { kind: 'match'; regex: RegExp };
type Edit = {
  from: Address | null;
  to: Address | null;
  negated: boolean;
  inside: boolean;
  act:
    | { kind: 'd' | 'p' | 'q' | 'n' }
    | { kind: 'a' | 'i' | 'c'; text: string }
    | { kind: 's'; regex: RegExp; replacement: string; global: boolean; print: boolean }
    | { kind: '{'; edits: Edit[] };
};

/** Runs a script over a text. @throws NotCovered for other commands */
export function runSed(script: string, text: string, quiet: boolean, extended: boolean): string {
  const edits = new SedParser(script, extended).edits();
  const whole = text.endsWith('\n') || text === '';
  const lines = (whole ? text.slice(0, -1) : text).split('\n');
  if (text === '') return '';
  const out: string[] = [];
  let number = 0;
  let quit = false;
  let last: RegExp | null = null;
  const selects = (address: Address): boolean => {
    if (address.kind === 'line') return address.line === number;
    if (address.kind === 'last') return number === lines.length;
    last = address.regex;
    return address.regex.test(line);
  };
  let line = '';
  const applies = (edit: Edit): boolean => {
    if (!edit.from) return true;
    if (!edit.to) return selects(edit.from) !== edit.negated;
    let hit = edit.inside;
    if (edit.inside) {
      if (edit.to.kind === 'line' ? number >= edit.to.line : selects(edit.to)) edit.inside = false;
    } else if (selects(edit.from)) {
      hit = true;
      edit.inside = !(edit.to.kind === 'line' && edit.to.line <= number);
    }
    return hit !== edit.negated;
  };
  const run = (list: Edit[]): 'next' | 'deleted' => {
    for (const edit of list) {
      if (!applies(edit)) continue;
      const { act } = edit;
      if (act.kind === 'd') return 'deleted';
      if (act.kind === 'p') out.push(line);
      else if (act.kind === 'q') {
        quit = true;
        return 'next';
      } else if (act.kind === 'n') return 'next';
      else if (act.kind === 'i') out.push(act.text);
      else if (act.kind === 'a') after.push(act.text);
      else if (act.kind === 'c') {
        out.push(act.text);
        return 'deleted';
      } else if (act.kind === '{') {
        const result = run(act.edits);
        if (result === 'deleted' || quit) return result;
      } else if (act.kind === 's') {
        const regex: RegExp =
          act.regex.source === '(?:)' && last ? new RegExp(last.source, act.regex.flags) : act.regex;
        const before = line;
        line = line.replace(regex, (...match: unknown[]) => replaced(act.replacement, match));
        regex.lastIndex = 0;
        if (act.print && before !== line) out.push(line);
      }
    }
    return 'next';
  };
  let after: string[] = [];
  for (const current of lines) {
    number++;
    line = current;
    after = [];
    if (run(edits) === 'next' && !quiet) out.push(line);
    out.push(...after);
    if (quit) break;
  }
  return out.length === 0 ? '' : out.join('\n') + (whole ? '\n' : '');
}

function replaced(replacement: string, match: unknown[]): string {
  return replacement.replace(
    /\\([0-9n&\\/])|\\(.)|&/g,
    (token, escaped: string | undefined, other: string | undefined) => {
      if (token === '&') return typeof match[0] === 'string' ? match[0] : '';
      if (other !== undefined) return other;
      if (escaped === 'n') return '\n';
      return /[0-9]/.test(escaped ?? '')
        ? String(typeof match[Number(escaped)] === 'string' ? match[Number(escaped)] : '')
        : (escaped ?? '');
    },
  );
}

class SedParser {
  private at = 0;
  private readonly text: string;
  private readonly extended: boolean;

  constructor(text: string, extended: boolean) {
    this.text = text;
    this.extended = extended;
  }

  edits(closing = false): Edit[] {
    const edits: Edit[] = [];
    for (;;) {
      this.skip(/[\s;]/);
      if (this.at >= this.text.length) return edits;
      if (this.text.charAt(this.at) === '#') {
        const end = this.text.indexOf('\n', this.at);
        this.at = end < 0 ? this.text.length : end;
        continue;
      }
      if (closing && this.text.charAt(this.at) === '}') {
        this.at++;
        return edits;
      }
      edits.push(this.edit());
    }
  }

  private edit(): Edit {
    const from = this.address();
    let to: Address | null = null;
    if (from && this.text.charAt(this.at) === ',') {
      this.at++;
      this.skip(/\s/);
      to = this.address();
    }
    this.skip(/\s/);
    const negated = this.text.charAt(this.at) === '!';
    if (negated) this.at++;
    this.skip(/\s/);
    return { from, to, negated, inside: false, act: this.act() };
  }

  private act(): Edit['act'] {
    const kind = this.text.charAt(this.at++);
    switch (kind) {
      case 'd':
      case 'p':
      case 'q':
      case 'n':
        return { kind };
      case '{':
        return { kind, edits: this.edits(true) };
      case 'a':
      case 'i':
      case 'c': {
        const end = this.text.length;
        const text = this.text
          .slice(this.at, end)
          .replace(/^\s*\\?\n?\s*/, '')
          .replace(/\\\n/g, '\n');
        this.at = end;
        return { kind, text };
      }
      case 's': {
        const delimiter = this.text.charAt(this.at++);
        const pattern = this.until(delimiter);
        const replacement = this.until(delimiter);
        const flags = /^[gpiI]*/.exec(this.text.slice(this.at))?.[0] ?? '';
        this.at += flags.length;
        const regex = toRegExp(
          pattern,
          this.extended,
          (flags.includes('g') ? 'g' : '') + (/[iI]/.test(flags) ? 'i' : ''),
        );
        return { kind, regex, replacement, global: flags.includes('g'), print: flags.includes('p') };
      }
      default:
        throw new NotCovered(`sed ${this.text.slice(0, 100)}`);
    }
  }

  private address(): Address | null {
    const rest = this.text.slice(this.at);
    const digits = /^\d+/.exec(rest)?.[0];
    if (digits) {
      this.at += digits.length;
      return { kind: 'line', line: Number(digits) };
    }
    if (rest.startsWith('$')) {
      this.at++;
      return { kind: 'last' };
    }
    if (!rest.startsWith('/') && !rest.startsWith('\\')) return null;
    this.at += rest.startsWith('\\') ? 2 : 1;
    const pattern = this.until(rest.startsWith('\\') ? rest.charAt(1) : '/');
    const flag = this.text.charAt(this.at) === 'I' ? 'i' : '';
    this.at += flag.length;
    return { kind: 'match', regex: toRegExp(pattern, this.extended, flag) };
  }

  private until(delimiter: string): string {
    let result = '';
    for (let set = false; ; this.at++) {
      if (this.at >= this.text.length) throw new NotCovered(`sed ${this.text.slice(0, 100)}`);
      const char = this.text.charAt(this.at);
      if (char === '\\' && !set) {
        const next = this.text.charAt(++this.at);
        result += next === delimiter && delimiter !== '\\' ? next : `\\${next}`;
      } else if (char === delimiter && !set) {
        this.at++;
        return result;
      } else {
        if (char === '[' && !set) set = this.text.indexOf(']', this.at) > 0;
        else if (char === ']') set = false;
        result += char;
      }
    }
  }

  private skip(what: RegExp): void {
    while (this.at < this.text.length && what.test(this.text.charAt(this.at))) this.at++;
  }
}
