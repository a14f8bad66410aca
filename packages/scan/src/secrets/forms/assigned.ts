/** Keys without a beginning of their own, known by the name that they are given: `DATADOG_API_KEY=...`. */
import type { Severity } from '@pratique/contract';
import { isRandom } from '../checks/plausible.ts';
import type { KeywordKind, Random, Sample } from '../kind.ts';
import { longest, writeForm } from '../random-shape.ts';
import { drawn } from './token.ts';

export type AssignedForm = {
  id: string;
  title: string;
  severity?: Severity;
  docs: string;
  /** Parts of the name, in lower case; the name must say besides that it is a key, where none of these does. */
  names: readonly string[];
  /** The value, in the small language of forms. */
  value: string;
  scope?: KeywordKind['scope'];
  check?: (value: string) => boolean;
  seal?: (value: string, random: Random) => string;
  /** The part that is random, as its first group, where others are numbers. */
  random?: RegExp;
  /** What is shown of the value: a beginning that all of the kind have. */
  shown?: string;
};

/** At most so many bytes between the word that is looked for and the end of the name. */
const NAME_REST = 32;
const ROLE = /key|token|secret|passw|pwd|auth|cred|sid|dsn|license|signature|webhook/i;
/** `=`, `:`, `:=`, `=>`, the end of a tag, with quotes and a little white space around. */
const SIGN = `["'\\]\`]{0,2}\\s{0,8}(?::=|=>|=|:|>)\\s{0,8}["'\`]{0,2}`;

export function assigned(form: AssignedForm): KeywordKind {
  const { names, value, check } = form;
  const shown = form.shown ?? '';
  const pattern = new RegExp(`([\\w.-]{0,${NAME_REST}})(${SIGN})(${value})(?![\\w+/=.~-])`, 'y');
  const most = NAME_REST + 24 + longest(value);
  const drawnPart = (text: string): string =>
    form.random ? (form.random.exec(text)?.[1] ?? '') : text.slice(shown.length);
  const judge = (text: string): boolean => isRandom(drawnPart(text)) && (check?.(text) ?? true);
  const write = (random: Random): string => {
    const raw = writeForm(value, random);
    return form.seal ? form.seal(raw, random) : raw;
  };
  const nameOf = (random: Random): string => {
    const name = (names[Math.floor(random() * names.length)] ?? '').toUpperCase();
    return ROLE.test(name) ? name : `${name}_API_KEY`;
  };
  const sampleOf = (name: string, text: string): Sample => ({
    path: 'srv/app/settings.txt',
    text: `${name}="${text}"\n`,
    secret: text,
  });
  return {
    by: 'keyword',
    id: form.id,
    title: form.title,
    severity: form.severity ?? 'high',
    docs: form.docs,
    certain: false,
    ownOnly: true,
    keywords: names,
    exact: false,
    scope: form.scope ?? 'text',
    find(content, at, path, keyword) {
      if (path.generated || path.place !== 'own') return null;
      const from = at + keyword.length;
      pattern.lastIndex = 0;
      const match = pattern.exec(content.toString('latin1', from, Math.min(content.length, from + most)));
      if (match === null) return null;
      const [, tail = '', sign = '', secret = ''] = match;
      if (!ROLE.test(keyword + tail) || !judge(secret)) return null;
      const start = from + tail.length + sign.length;
      return { start, end: start + secret.length, secret, shown };
    },
    sample: (random) =>
      sampleOf(
        nameOf(random),
        drawn(
          () => write(random),
          (text) => (judge(text) ? {} : null),
        ),
      ),
    nearMisses(random) {
      const name = nameOf(random);
      const wrong = [writeForm(value, random, 'short'), writeForm(value, random, 'dull'), `\${${name}}`];
      return [
        ...wrong.map((text) => sampleOf(name, text)),
        {
          path: 'srv/app/settings.txt',
          text: `digest = ${drawn(
            () => write(random),
            (text) => (judge(text) ? {} : null),
          )}\n`,
          secret: '',
        },
      ];
    },
  };
}

/** Names with the marks between their words that languages and files use. */
export function spelled(...words: readonly string[]): string[] {
  return [...new Set(['_', '-', '', '.'].map((mark) => words.join(mark)))];
}
