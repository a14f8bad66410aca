/** What a maintainer script is made of: the part of the shell language (POSIX.1-2017, XCU 2) that such scripts use. */

export type Part =
  | { kind: 'text'; text: string; quoted: boolean }
  | { kind: 'variable'; name: string; operator: string | null; argument: Word; quoted: boolean }
  | { kind: 'command'; body: Command; quoted: boolean }
  | { kind: 'arithmetic'; expression: Word; quoted: boolean };
export type Word = Part[];

/** `<<` carries its document as the target word. */
export type Redirection = { descriptor: number; operator: '<' | '>' | '>>' | '<&' | '>&' | '<<'; target: Word };

export type Command =
  | { kind: 'simple'; assignments: { name: string; value: Word }[]; words: Word[]; redirections: Redirection[] }
  | { kind: 'pipeline'; commands: Command[] }
  | { kind: 'not'; command: Command }
  | { kind: 'and' | 'or'; left: Command; right: Command }
  | { kind: 'list'; commands: Command[] }
  | { kind: 'if'; branches: { condition: Command; body: Command }[]; otherwise: Command | null }
  | { kind: 'loop'; until: boolean; condition: Command; body: Command }
  | { kind: 'for'; name: string; words: Word[] | null; body: Command }
  | { kind: 'case'; word: Word; arms: { patterns: Word[]; body: Command }[] }
  | { kind: 'function'; name: string; body: Command }
  | { kind: 'subshell'; body: Command }
  | { kind: 'redirected'; body: Command; redirections: Redirection[] };

/** A script that uses something outside this part; it is reported, never guessed at. */
export class NotCovered extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'NotCovered';
  }
}
