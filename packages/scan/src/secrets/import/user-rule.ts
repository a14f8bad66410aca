/** Rules of users: their patterns run in time linear in the text, by RE2's way and never by JavaScript's. */
import type { Severity } from '@pratique/contract';
import { RE2JS } from 're2js';
import { entropyOf } from '../checks/plausible.ts';
import type { SecretNote } from '../examiner.ts';
import type { Found } from '../kind.ts';
import type { PathFacts } from '../path-facts.ts';

export type UserRule = {
  id: string;
  title: string;
  severity: Severity;
  findAll(content: Buffer, path: PathFacts, note: (note: SecretNote) => void): Found[];
};

/** What makes a match of a rule none. */
export type Exemption = {
  paths: readonly string[];
  regexes: readonly string[];
  /** Words in the secret, in any case. */
  stopwords: readonly string[];
  /** What `regexes` are tried on; `block`: the secret lies in text that they match. */
  target: 'secret' | 'match' | 'line' | 'block';
  /** All of the above that are given must be true, not one of them. */
  all: boolean;
};

export type RuleText = {
  id: string;
  title: string;
  severity: Severity;
  regex: string;
  /** Which group is the secret, by number or name; null: the first one where there is one; `whole`: all that matches. */
  group: number | string | null;
  /** The text is looked at where one of these is in it, in any case. */
  keywords: readonly string[];
  /** Bits for each character that the secret must have. */
  entropy: number | null;
  path: string | null;
  exemptions: readonly Exemption[];
};

const MAX_PATTERN = 4096;
/** Of a file, and the places told of it; the rest is named. RE2 reads some megabytes a second. */
const MAX_INPUT_BYTES = 256 * 1024;
const MAX_FOUND = 100;

/** @throws Error with a sentence where a pattern is too long, or none of RE2's */
export function compileRule(rule: RuleText): UserRule {
  const pattern = compilePattern(rule.regex);
  const group = groupOf(rule.group, pattern.groupCount());
  const known = typeof group === 'number' ? group <= pattern.groupCount() : group in pattern.namedGroups();
  if (!known) throw new Error(`the pattern has no group ${group}`);
  const path = rule.path === null ? null : compilePattern(rule.path);
  const exemptions = rule.exemptions.map(compileExemption);
  const keywords = rule.keywords.map((word) => word.toLowerCase()).filter((word) => word !== '');
  return {
    id: rule.id,
    title: rule.title,
    severity: rule.severity,
    findAll(content, facts, note) {
      if (path !== null && !path.matcher(facts.path).find()) return [];
      const text = content.toString('latin1', 0, MAX_INPUT_BYTES);
      if (keywords.length > 0) {
        const lower = text.toLowerCase();
        if (!keywords.some((word) => lower.includes(word))) return tellCut(rule.id, content, facts, note);
      }
      const found: Found[] = tellCut(rule.id, content, facts, note);
      const matcher = pattern.matcher(text);
      while (found.length < MAX_FOUND && matcher.find()) {
        const secret = matcher.group(group);
        if (!secret || (rule.entropy !== null && entropyOf(secret) <= rule.entropy)) continue;
        const [start, end] = [matcher.start(group), matcher.end(group)];
        const whole = { secret, match: matcher.group() ?? '', text, start, path: facts.path };
        if (!exemptions.some((exempts) => exempts(whole))) found.push({ start, end, secret, shown: '' });
      }
      return found;
    },
  };
}

function tellCut(id: string, content: Buffer, facts: PathFacts, note: (note: SecretNote) => void): Found[] {
  if (content.length > MAX_INPUT_BYTES)
    note({
      type: 'incomplete',
      path: facts.path,
      detail: `the rule ${id} read ${MAX_INPUT_BYTES} of ${content.length} bytes`,
    });
  return [];
}

function groupOf(group: number | string | null, count: number): number | string {
  if (group === 'whole') return 0;
  return group === null || group === 0 ? Math.min(count, 1) : group;
}

type Whole = { secret: string; match: string; text: string; start: number; path: string };

function compileExemption(one: Exemption): (whole: Whole) => boolean {
  const paths = one.paths.map(compilePattern);
  const regexes = one.regexes.map(compilePattern);
  const words = one.stopwords.map((word) => word.toLowerCase());
  return (whole) => {
    const verdicts: boolean[] = [];
    if (paths.length > 0) verdicts.push(paths.some((path) => path.matcher(whole.path).find()));
    if (words.length > 0) verdicts.push(words.some((word) => whole.secret.toLowerCase().includes(word)));
    if (regexes.length > 0) verdicts.push(regexes.some((regex) => matchesTarget(regex, one.target, whole)));
    return verdicts.length > 0 && (one.all ? verdicts.every(Boolean) : verdicts.some(Boolean));
  };
}

function matchesTarget(regex: RE2JS, target: Exemption['target'], whole: Whole): boolean {
  if (target === 'block') {
    const matcher = regex.matcher(whole.text);
    while (matcher.find()) if (matcher.start() <= whole.start && whole.start < matcher.end()) return true;
    return false;
  }
  const from = whole.text.lastIndexOf('\n', whole.start) + 1;
  const to = whole.text.indexOf('\n', whole.start);
  const text = target === 'line' ? whole.text.slice(from, to < 0 ? undefined : to) : whole[target];
  return regex.matcher(text).find();
}

/** @throws Error */
export function compilePattern(text: string): RE2JS {
  if (text.length > MAX_PATTERN) throw new Error(`the pattern has ${text.length} characters, more than ${MAX_PATTERN}`);
  if (repeated(text) > MAX_PATTERN) throw new Error('the pattern repeats too much');
  return RE2JS.compile(text);
}

/** The sum of counted repetitions, those inside of others multiplied at worst: what the program grows to. */
function repeated(text: string): number {
  let sum = 0;
  for (const [, from = '0', to = ''] of text.matchAll(/\{(\d{1,4}),?(\d{0,4})\}/g)) {
    const times = Math.max(Number(from), Number(to || 0));
    sum = Math.max(sum + times, /\)\{\d/.test(text) ? sum * Math.max(1, times) : 0);
  }
  return sum;
}
