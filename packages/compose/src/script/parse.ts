/** Parses a maintainer script. */
import { Scanner } from './scanner.ts';
import { type Command, NotCovered, type Redirection, type Word } from './syntax.ts';

const MAX_SCRIPT = 1024 * 1024;
const MAX_DEPTH = 60;
const CLOSING = new Set(['then', 'else', 'elif', 'fi', 'do', 'done', 'esac', '}', ')', ';;']);

/** The whole script as one list of commands. @throws NotCovered where it is not the shell language that is known here */
export function parseScript(text: string, depth = 0): Command {
  if (text.length > MAX_SCRIPT) throw new NotCovered('a script of more than 1 MiB');
  if (depth > MAX_DEPTH) throw new NotCovered('commands nested too deep');
  const parser = new Parser(text, depth);
  const list = parser.list();
  if (!parser.scanner.ended) throw new NotCovered(`syntax near ${JSON.stringify(parser.scanner.peek(30))}`);
  return list;
}

class Parser {
  readonly scanner: Scanner;
  private depth: number;

  constructor(text: string, depth: number) {
    this.depth = depth;
    this.scanner = new Scanner(text, (inner) => parseScript(inner, depth + 1));
  }

  /** Commands up to a closing word, which is left in place. */
  list(): Command {
    if (++this.depth > MAX_DEPTH) throw new NotCovered('commands nested too deep');
    const commands: Command[] = [];
    for (;;) {
      this.scanner.space();
      if (this.scanner.ended || this.isClosing()) break;
      commands.push(this.andOr());
      this.scanner.blanks();
      if (this.scanner.peek(2) === ';;') break;
      if (this.scanner.peek() === ';') this.scanner.at++;
      else if (this.scanner.peek() === '&') throw new NotCovered('a command in the background');
    }
    this.depth--;
    return { kind: 'list', commands };
  }

  private isClosing(): boolean {
    const char = this.scanner.peek();
    return char === ')' || this.scanner.peek(2) === ';;' || CLOSING.has(this.keyword());
  }

  /** The bare word at this place, not taken. */
  private keyword(): string {
    return /^(?:[a-z]+|[{}!])(?=[\s;&|()<>]|$)/.exec(this.scanner.peek(12))?.[0] ?? '';
  }

  private take(word: string): void {
    this.scanner.space();
    if (this.scanner.peek(word.length) !== word) throw new NotCovered(`syntax: ${word} is missing`);
    this.scanner.at += word.length;
  }

  private andOr(): Command {
    let left = this.pipeline();
    for (;;) {
      this.scanner.blanks();
      const operator = this.scanner.peek(2);
      if (operator !== '&&' && operator !== '||') return left;
      this.scanner.at += 2;
      this.scanner.space();
      left = { kind: operator === '&&' ? 'and' : 'or', left, right: this.pipeline() };
    }
  }

  private pipeline(): Command {
    this.scanner.blanks();
    if (this.keyword() === '!') {
      this.scanner.at++;
      return { kind: 'not', command: this.pipeline() };
    }
    const commands = [this.command()];
    for (;;) {
      this.scanner.blanks();
      if (this.scanner.peek() !== '|' || this.scanner.peek(2) === '||') break;
      this.scanner.at++;
      this.scanner.space();
      commands.push(this.command());
    }
    const [only, second] = commands;
    return only && !second ? only : { kind: 'pipeline', commands };
  }

  private command(): Command {
    const body = this.compound();
    if (!body) return this.simple();
    const redirections: Redirection[] = [];
    for (let next = this.redirection(); next; next = this.redirection()) redirections.push(next);
    return redirections.length > 0 ? { kind: 'redirected', body, redirections } : body;
  }

  private compound(): Command | null {
    this.scanner.blanks();
    if (this.scanner.peek() === '(') {
      this.scanner.at++;
      const body = this.list();
      this.take(')');
      return { kind: 'subshell', body };
    }
    switch (this.keyword()) {
      case 'if':
        return this.conditional();
      case 'while':
      case 'until':
        return this.loop();
      case 'for':
        return this.forLoop();
      case 'case':
        return this.caseOf();
      case '{': {
        this.scanner.at++;
        const body = this.list();
        this.take('}');
        return body;
      }
      default:
        return null;
    }
  }

  private conditional(): Command {
    const branches: { condition: Command; body: Command }[] = [];
    let otherwise: Command | null = null;
    this.take('if');
    for (;;) {
      const condition = this.list();
      this.take('then');
      branches.push({ condition, body: this.list() });
      this.scanner.space();
      if (this.keyword() === 'elif') {
        this.take('elif');
        continue;
      }
      if (this.keyword() === 'else') {
        this.take('else');
        otherwise = this.list();
      }
      this.take('fi');
      return { kind: 'if', branches, otherwise };
    }
  }

  private loop(): Command {
    const until = this.keyword() === 'until';
    this.take(until ? 'until' : 'while');
    const condition = this.list();
    return { kind: 'loop', until, condition, body: this.body() };
  }

  private body(): Command {
    this.take('do');
    const body = this.list();
    this.take('done');
    return body;
  }

  private forLoop(): Command {
    this.take('for');
    this.scanner.blanks();
    const name = plain(this.scanner.word());
    this.scanner.space();
    let words: Word[] | null = null;
    if (this.keyword() === 'in') {
      this.take('in');
      words = this.words();
    }
    this.scanner.blanks();
    if (this.scanner.peek() === ';') this.scanner.at++;
    return { kind: 'for', name, words, body: this.body() };
  }

  private words(): Word[] {
    const words: Word[] = [];
    for (;;) {
      this.scanner.blanks();
      const word = this.scanner.word();
      if (!word) return words;
      words.push(word);
    }
  }

  private caseOf(): Command {
    this.take('case');
    this.scanner.blanks();
    const word = this.scanner.word() ?? [];
    this.take('in');
    const arms: { patterns: Word[]; body: Command }[] = [];
    for (;;) {
      this.scanner.space();
      if (this.keyword() === 'esac') break;
      if (this.scanner.peek() === '(') this.scanner.at++;
      const patterns: Word[] = [];
      do {
        if (this.scanner.peek() === '|') this.scanner.at++;
        this.scanner.blanks();
        patterns.push(this.scanner.word() ?? []);
        this.scanner.blanks();
      } while (this.scanner.peek() === '|');
      this.take(')');
      arms.push({ patterns, body: this.list() });
      this.scanner.space();
      if (this.scanner.peek(2) === ';;') this.scanner.at += 2;
    }
    this.take('esac');
    return { kind: 'case', word, arms };
  }

  private redirection(): Redirection | null {
    this.scanner.blanks();
    const match = /^([0-9]?)(<<-?|>>|<&|>&|<>|>\||<|>)/.exec(this.scanner.peek(4));
    if (!match?.[2]) return null;
    this.scanner.at += match[0].length;
    this.scanner.blanks();
    const target = this.scanner.word() ?? [];
    const descriptor = match[1] ? Number(match[1]) : match[2].startsWith('<') ? 0 : 1;
    if (match[2].startsWith('<<')) {
      return { descriptor, operator: '<<', target: this.scanner.expectDocument(target, match[2] === '<<-') };
    }
    if (match[2] === '<>') throw new NotCovered('a redirection for reading and writing');
    const operator = match[2] === '>|' ? '>' : (match[2] as Redirection['operator']);
    return { descriptor, operator, target };
  }

  private simple(): Command {
    const assignments: { name: string; value: Word }[] = [];
    const words: Word[] = [];
    const redirections: Redirection[] = [];
    for (;;) {
      const redirection = this.redirection();
      if (redirection) {
        redirections.push(redirection);
        continue;
      }
      const start = this.scanner.at;
      const word = this.scanner.word();
      if (!word) break;
      const assignment = words.length === 0 ? asAssignment(word) : null;
      if (assignment) assignments.push(assignment);
      else words.push(word);
      if (words.length === 1 && assignments.length === 0) {
        const body = this.functionBody(word, start);
        if (body) return body;
      }
    }
    if (words.length + assignments.length + redirections.length === 0) {
      throw new NotCovered(`syntax near ${JSON.stringify(this.scanner.peek(30))}`);
    }
    return { kind: 'simple', assignments, words, redirections };
  }

  /** `name() body`, where the name has just been read. */
  private functionBody(word: Word, start: number): Command | null {
    const name = this.scanner.text.slice(start, this.scanner.at);
    if (word.length !== 1 || !/^[A-Za-z_][A-Za-z0-9_-]*$/.test(name)) return null;
    const after = /^[ \t]*\([ \t]*\)/.exec(this.scanner.peek(20));
    if (!after) return null;
    this.scanner.at += after[0].length;
    this.scanner.space();
    return { kind: 'function', name, body: this.command() };
  }
}

function asAssignment(word: Word): { name: string; value: Word } | null {
  const [first, ...rest] = word;
  if (first?.kind !== 'text' || first.quoted) return null;
  const match = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/.exec(first.text);
  if (!match?.[1]) return null;
  const value: Word = match[2] ? [{ kind: 'text', text: match[2], quoted: false }, ...rest] : rest;
  return { name: match[1], value };
}

function plain(word: Word | null): string {
  const [only] = word ?? [];
  if (only?.kind !== 'text' || word?.length !== 1) throw new NotCovered('a loop without a plain name');
  return only.text;
}
