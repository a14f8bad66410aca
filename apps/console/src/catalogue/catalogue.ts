/** What a catalogue of messages is: the English one gives the keys, every other language has the same. */
import type { en } from './en/en.ts';

type Messages<T> = {
  [Key in keyof T]: T[Key] extends (...given: infer Given) => string
    ? (...given: Given) => string
    : T[Key] extends string
      ? string
      : Messages<T[Key]>;
};

export type Catalogue = Messages<typeof en>;
