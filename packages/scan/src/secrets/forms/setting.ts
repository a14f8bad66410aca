/** Passwords that people choose, where a fixed text stands before them and something else of the format around them. */
import type { Severity } from '@pratique/contract';
import { isNoPassword } from '../checks/plausible.ts';
import type { KeywordKind, Random, Sample } from '../kind.ts';
import { writeForm } from '../random-shape.ts';

export type SettingForm = {
  id: string;
  title: string;
  severity?: Severity;
  docs: string;
  /** What stands before the value, in lower case. */
  names: readonly string[];
  /** From the name's end on; the first group is the secret. Sticky, with bounded repetitions only. */
  value: RegExp;
  /** What must stand within so many bytes before the name, or after it. */
  around?: RegExp;
  /** Bytes at most that `value` reads. */
  window?: number;
  scope?: KeywordKind['scope'];
  /** Which files; all where it is not given. */
  files?: RegExp;
  /** Punctuation that would mark a variable or a template elsewhere belongs to the value; `check` judges alone. */
  lax?: boolean;
  write(secret: string): string;
  path?: string;
  /** Of the value beyond its not being an example. */
  check?: (value: string) => boolean;
  /** The secret of a sample; a random word by default. */
  secret?: (random: Random) => string;
};

const AROUND = 300;
const WINDOW = 400;

export function setting(form: SettingForm): KeywordKind {
  const { value, around, files } = form;
  const path = form.path ?? 'srv/app/settings.txt';
  const secretOf = form.secret ?? ((random: Random): string => writeForm('[0-9A-Za-z_]{18}', random));
  const sampleOf = (secret: string, real: boolean): Sample => ({
    path,
    text: `${form.write(secret)}\n`,
    secret: real ? secret : '',
  });
  return {
    by: 'keyword',
    id: form.id,
    title: form.title,
    severity: form.severity ?? 'high',
    docs: form.docs,
    certain: false,
    ownOnly: true,
    keywords: form.names,
    exact: false,
    scope: form.scope ?? 'text',
    find(content, at, facts, keyword) {
      if (facts.place !== 'own' || facts.generated || (files && !files.test(facts.base))) return null;
      const from = at + keyword.length;
      value.lastIndex = 0;
      const match = value.exec(
        content.toString('latin1', from, Math.min(content.length, from + (form.window ?? WINDOW))),
      );
      const secret = match?.[1];
      if (!match || secret === undefined || (!form.lax && isNoPassword(secret)) || form.check?.(secret) === false)
        return null;
      if (
        around &&
        !around.test(content.toString('latin1', Math.max(0, at - AROUND), Math.min(content.length, from + AROUND)))
      )
        return null;
      const start = from + match[0].lastIndexOf(secret);
      return { start, end: start + secret.length, secret, shown: '' };
    },
    sample: (random) => sampleOf(secretOf(random), true),
    nearMisses: () => [
      sampleOf('changeme', false),
      sampleOf('${DB_PASSWORD}', false),
      sampleOf('<password>', false),
      sampleOf('', false),
    ],
  };
}
