/** Tokens that begin in a way of their own: `ghp_...`, `AKIA...`, the address of a webhook. */
import type { Severity } from '@pratique/contract';
import { isRandom } from '../checks/plausible.ts';
import type { Found, KeywordKind, Random, Sample } from '../kind.ts';
import { longest, writeForm } from '../random-shape.ts';
import { escapeForm, isPartOfWord, textAt } from './text-at.ts';

export type TokenForm = {
  id: string;
  title: string;
  severity?: Severity;
  docs: string;
  /** How it begins; what all of the kind have, and may be shown. At least four bytes, or with `next` three. */
  starts: readonly string[];
  /** What follows, in the small language of forms. */
  rest: string;
  /** A part before that beginning, which belongs to the secret and is too varied to look for. */
  before?: string;
  /** For a beginning of two or three bytes: the characters that may follow, to look for. */
  next?: string;
  scope?: KeywordKind['scope'];
  /** The structure or checksum; @param token with its beginning */
  check?: (token: string, start: string) => boolean | Pick<Found, 'severity' | 'title'>;
  /** Makes what `check` takes of random text of the form. */
  seal?: (token: string, start: string, random: Random) => string;
  /** `check` compares a checksum or a signature of the format: chance is out of the question. */
  certain?: boolean;
  /** Manuals of packages show such ones. */
  ownOnly?: boolean;
  /** The beginning may stand within a word. */
  within?: boolean;
  /** Characters that must not follow; by default those of words. */
  ends?: string;
  /** Parts that are no key (numbers, addresses) make the whole look less random: only what matches is looked at. */
  random?: RegExp;
};

export function token(form: TokenForm): KeywordKind {
  const { starts, rest, check, seal } = form;
  const most = longest(rest) + Math.max(...starts.map((start) => start.length));
  const pattern = new RegExp(`(?:${starts.map(escapeForm).join('|')})${rest}(?![${form.ends ?? '\\w'}])`, 'y');
  const reach = form.before === undefined ? 0 : longest(form.before);
  const head = form.before === undefined ? null : new RegExp(`(?<!\\w)${form.before}$`);
  const startOf = (text: string): string => starts.find((start) => text.startsWith(start)) ?? '';
  const judge = (text: string): Pick<Found, 'severity' | 'title'> | null => {
    const start = startOf(text);
    const secretPart = form.random ? (form.random.exec(text)?.[1] ?? '') : text.slice(start.length);
    if (!isRandom(secretPart)) return null;
    const verdict = check ? check(text, start) : true;
    return verdict === true ? {} : verdict === false ? null : verdict;
  };
  const sampleOf = (text: string, random: Random): Sample => {
    const secret = (form.before === undefined ? '' : writeForm(form.before, random)) + text;
    return { path: 'srv/app/settings.txt', text: `use ${secret}\n`, secret };
  };
  const write = (random: Random, how?: 'short' | 'dull' | 'raw'): string => {
    const start = starts[Math.floor(random() * starts.length)] ?? '';
    const raw = start + writeForm(rest, random, how === 'raw' ? 'right' : how);
    return seal && how === undefined ? seal(raw, start, random) : raw;
  };
  return {
    by: 'keyword',
    id: form.id,
    title: form.title,
    severity: form.severity ?? 'high',
    docs: form.docs,
    certain: form.certain ?? false,
    ownOnly: form.ownOnly ?? false,
    keywords: form.next ? starts.flatMap((start) => (form.next ?? '').split('').map((char) => start + char)) : starts,
    exact: true,
    scope: form.scope ?? 'anywhere',
    find(content, at) {
      if (form.within !== true && isPartOfWord(content, at - 1)) return null;
      const text = textAt(content, at, pattern, most + 2);
      const verdict = text === null ? null : judge(text);
      if (text === null || verdict === null) return null;
      const prefix = head === null ? '' : head.exec(content.toString('latin1', Math.max(0, at - reach - 1), at))?.[0];
      if (prefix === undefined) return null;
      const shown = head === null ? startOf(text) : '';
      return { start: at - prefix.length, end: at + text.length, secret: prefix + text, shown, ...verdict };
    },
    sample: (random) =>
      sampleOf(
        drawn(() => write(random), judge),
        random,
      ),
    nearMisses(random) {
      const misses = [write(random, 'short'), write(random, 'dull')];
      if (check && seal)
        misses.push(
          drawn(
            () => write(random, 'raw'),
            (text) => (judge(text) === null ? {} : null),
          ),
        );
      return misses.map((text) => sampleOf(text, random));
    },
  };
}

/** Some random text is refused for what it looks like by chance. */
export function drawn(write: () => string, judge: (text: string) => unknown): string {
  for (let tries = 0; tries < 200; tries++) {
    const text = write();
    if (judge(text) !== null) return text;
  }
  throw new Error('the form and its test contradict each other');
}
