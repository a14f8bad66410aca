/** Rules of users: their patterns run in time linear in the text, by RE2's way and never by JavaScript's. */
import type { Severity } from '@pratique/contract';
import type { SecretNote } from '../examiner.ts';
import type { Found } from '../kind.ts';
import type { PathFacts } from '../path-facts.ts';

export type UserRule = {
  id: string;
  title: string;
  severity: Severity;
  findAll(content: Buffer, path: PathFacts, note: (note: SecretNote) => void): Found[];
};
