/** The position in a script, and the words found there. */
import { type Command, NotCovered, type Part, type Word } from './syntax.ts';

type HereDocument = { delimiter: string; literal: boolean; tabs: boolean; target: Word };

/** Reads words; commands inside `$(...)` are given back to the parser through `parseCommands`. */
export class Scanner {
  at = 0;
  readonly text: string;
  private readonly pending: HereDocument[] = [];
  private readonly parseInner: (text: string) => Command;

  constructor(text: string, parseInner: (text: string) => Command) {
    this.text = text;
    this.parseInner = parseInner;
  }

  peek(length = 1): string {
    return this.text.slice(this.at, this.at + length);
  }

  get ended(): boolean {
    return this.at >= this.text.length;
  }

  /** Skips blanks, line joins and comments, but no line end. */
  blanks(): void {
    for (;;) {
      const char = this.peek();
      if (char === ' ' || char === '\t') this.at++;
      else if (this.peek(2) === '\\\n') this.at += 2;
      else if (char === '#') {
        const end = this.text.indexOf('\n', this.at);
        this.at = end < 0 ? this.text.length : end;
      } else return;
    }
  }

  /** Takes one line end and the here-documents that start after it. */
  lineEnd(): boolean {
    if (this.peek() !== '\n') return false;
    this.at++;
    for (const document of this.pending.splice(0)) this.readDocument(document);
    return true;
  }

  /** Skips blanks and line ends. */
  space(): void {
    do this.blanks();
    while (this.lineEnd());
  }

  /** Remembers a here-document; its text follows after the line end. */
  expectDocument(delimiter: Word, tabs: boolean): Word {
    const target: Word = [];
    const name = delimiter.map((part) => (part.kind === 'text' ? part.text : '')).join('');
    this.pending.push({ delimiter: name, literal: delimiter.some((part) => part.quoted), tabs, target });
    return target;
  }

  private readDocument(document: HereDocument): void {
    const lines: string[] = [];
    for (;;) {
      if (this.ended) break;
      const end = this.text.indexOf('\n', this.at);
      let line = this.text.slice(this.at, end < 0 ? undefined : end);
      this.at = end < 0 ? this.text.length : end + 1;
      if (document.tabs) line = line.replace(/^\t+/, '');
      if (line === document.delimiter) break;
      lines.push(`${line}\n`);
    }
    const text = lines.join('');
    if (document.literal) document.target.push({ kind: 'text', text, quoted: true });
    else document.target.push(...new Scanner(text, this.parseInner).quotedParts(null, true));
  }

  /** One word, or null where an operator or line end stands. */
  word(): Word | null {
    const parts: Word = [];
    let empty = true;
    while (!this.ended && !/[\s;&|<>()]/.test(this.peek())) {
      empty = false;
      const char = this.peek();
      if (char === "'") parts.push(this.singleQuoted());
      else if (char === '"') {
        this.at++;
        const inside = this.quotedParts('"', false);
        parts.push(...(inside.length > 0 ? inside : [{ kind: 'text', text: '', quoted: true } satisfies Part]));
      } else if (char === '\\') {
        if (this.peek(2) === '\\\n') this.at += 2;
        else {
          parts.push({ kind: 'text', text: this.text.charAt(this.at + 1), quoted: true });
          this.at += 2;
        }
      } else if (char === '$' || char === '`') parts.push(this.expansion(false));
      else {
        const start = this.at;
        while (!this.ended && !/[\s;&|<>()'"\\$`]/.test(this.peek())) this.at++;
        parts.push({ kind: 'text', text: this.text.slice(start, this.at), quoted: false });
      }
    }
    return empty ? null : parts;
  }

  private singleQuoted(): Part {
    const end = this.text.indexOf("'", this.at + 1);
    if (end < 0) throw new NotCovered('a quote that does not end');
    const text = this.text.slice(this.at + 1, end);
    this.at = end + 1;
    return { kind: 'text', text, quoted: true };
  }

  /** Parts up to a closing character (taken too), or to the end of the text for a here-document. */
  quotedParts(close: '"' | null, document: boolean): Word {
    const parts: Word = [];
    let text = '';
    const flush = () => {
      if (text !== '') parts.push({ kind: 'text', text, quoted: true });
      text = '';
    };
    for (;;) {
      if (this.ended) {
        if (close) throw new NotCovered('a quote that does not end');
        break;
      }
      const char = this.peek();
      if (char === close) {
        this.at++;
        break;
      }
      if (char === '\\') {
        const next = this.text.charAt(this.at + 1);
        if (next === '\n') text += '';
        else text += '$`\\'.includes(next) || (next === '"' && !document) ? next : `\\${next}`;
        this.at += 2;
      } else if (char === '$' || char === '`') {
        flush();
        parts.push(this.expansion(true));
      } else {
        text += char;
        this.at++;
      }
    }
    flush();
    return parts;
  }

  private expansion(quoted: boolean): Part {
    if (this.peek() === '`') return this.backquoted(quoted);
    if (this.peek(3) === '$((') {
      const start = this.at;
      this.at += 3;
      this.skipCommand(2);
      // `$((` may also open a substitution that starts with a subshell; then the two parentheses do not close together.
      if (this.text.slice(this.at - 2, this.at) === '))') {
        const inner = this.text.slice(start + 3, this.at - 2);
        return { kind: 'arithmetic', expression: new Scanner(inner, this.parseInner).quotedParts(null, true), quoted };
      }
      this.at = start;
    }
    if (this.peek(2) === '$(') {
      const start = this.at + 2;
      this.at = start;
      this.skipCommand();
      return { kind: 'command', body: this.parseInner(this.text.slice(start, this.at - 1)), quoted };
    }
    if (this.peek(2) === '${') return this.braced(quoted);
    const match = /^\$([A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])/.exec(this.text.slice(this.at, this.at + 200));
    if (!match?.[1]) {
      this.at++;
      return { kind: 'text', text: '$', quoted };
    }
    this.at += match[0].length;
    return { kind: 'variable', name: match[1], operator: null, argument: [], quoted };
  }

  private backquoted(quoted: boolean): Part {
    let body = '';
    this.at++;
    while (!this.ended && this.peek() !== '`') {
      if (this.peek() === '\\' && '$`\\'.includes(this.text.charAt(this.at + 1))) this.at++;
      body += this.peek();
      this.at++;
    }
    this.at++;
    return { kind: 'command', body: this.parseInner(body), quoted };
  }

  private braced(quoted: boolean): Part {
    this.at += 2;
    const match = /^(#?)([A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!])/.exec(this.text.slice(this.at, this.at + 200));
    if (!match?.[2]) throw new NotCovered('an expansion of an unknown form');
    this.at += match[0].length;
    const operator = /^(:?[-=?+]|%%?|##?)/.exec(this.peek(2))?.[0] ?? null;
    if (match[1] === '#') {
      if (this.peek() !== '}') throw new NotCovered('an expansion of an unknown form');
      this.at++;
      return { kind: 'variable', name: match[2], operator: 'length', argument: [], quoted };
    }
    this.at += operator?.length ?? 0;
    const argument: Word = [];
    while (this.peek() !== '}') {
      if (this.ended) throw new NotCovered('an expansion that does not end');
      if (operator === null) throw new NotCovered('an expansion of an unknown form');
      const char = this.peek();
      if (char === '"') {
        this.at++;
        argument.push(...this.quotedParts('"', false));
      } else if (char === "'" && !quoted) argument.push(this.singleQuoted());
      else if (char === '\\') {
        argument.push({ kind: 'text', text: this.text.charAt(this.at + 1), quoted: true });
        this.at += 2;
      } else if (char === '$' || char === '`') argument.push(this.expansion(false));
      else {
        argument.push({ kind: 'text', text: char, quoted: false });
        this.at++;
      }
    }
    this.at++;
    return { kind: 'variable', name: match[2], operator, argument, quoted };
  }

  /** Moves past the parenthesis that closes a command substitution. */
  private skipCommand(levels = 1): void {
    let depth = levels;
    while (depth > 0) {
      if (this.ended) throw new NotCovered('a substitution that does not end');
      const char = this.peek();
      if (char === "'") this.singleQuoted();
      else if (char === '"') {
        this.at++;
        this.quotedParts('"', false);
      } else if (char === '\\') this.at += 2;
      else {
        if (char === '(') depth++;
        if (char === ')') depth--;
        this.at++;
      }
    }
  }
}
