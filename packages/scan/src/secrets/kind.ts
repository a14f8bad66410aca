/** What a kind of secret is: how it is found, how it is proved, and how the tests make one. */
import type { Severity } from '@pratique/contract';
import type { PathFacts } from './path-facts.ts';

/** A number from 0 to below 1, as Math.random gives. */
export type Random = () => number;

/** A file that a test makes: `secret` is what must be found in it, and must appear nowhere in the result. */
export type Sample = { path: string; text: string | Buffer; secret: string };

/** One secret inside of a file. Offsets are bytes. */
export type Found = {
  start: number;
  end: number;
  /** The secret in one spelling (latin1), whatever white space it was written with: this is what is fingerprinted. */
  secret: string;
  /** What may be shown: the beginning of the format that every secret of the kind has. */
  shown: string;
  /** In place of the kind's, where this one is worth less: it has expired, or is for tests. */
  severity?: Severity;
  /** In place of the kind's title, where more is known of this one. */
  title?: string;
};

type KindFacts = {
  id: string;
  title: string;
  severity: Severity;
  /** Where its issuer, or the program that reads it, describes it. */
  docs: string;
  /** Its form alone proves it (a checksum, a parsed key): it counts in documentation and packages of others too. */
  certain: boolean;
  /** Packages of others are full of it, for tests and in manuals: there it is set aside. */
  ownOnly: boolean;
  /** Makes a secret of the right structure that nobody has. */
  sample(random: Random): Sample;
  /** Almost the same, and none: a wrong checksum, too short, a documented example, the name of a variable. */
  nearMisses(random: Random): Sample[];
};

/** Found by words that its text always has; `find` looks at a bounded part of the content around the word. */
export type KeywordKind = KindFacts & {
  by: 'keyword';
  /** At least four bytes each. */
  keywords: readonly string[];
  /** The words count as they are written only. */
  exact: boolean;
  /** Where it is looked for: in programs and archives too, in texts, or in configuration alone. */
  scope: 'anywhere' | 'text' | 'configuration';
  /** @param at offset of the keyword */
  find(content: Buffer, at: number, path: PathFacts, keyword: string): Found | null;
};

/** Found by the name of the file that programs keep it in. */
export type FileKind = KindFacts & {
  by: 'file';
  wants(path: PathFacts): boolean;
  /** Gets at most MAX_FILE_BYTES of the content. */
  findAll(content: Buffer, path: PathFacts): Found[];
};

export type Kind = KeywordKind | FileKind;

/** Files that are recognised by their name are small; of larger ones the beginning is read. */
export const MAX_FILE_BYTES = 1024 * 1024;
