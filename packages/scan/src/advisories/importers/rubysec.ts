/** Reads RubySec's advisories on gems and on Ruby interpreters. */
import { z } from 'zod';
import { compareVersions, type SchemeName } from '../../versions/compare.ts';
import type { Collector } from '../collect.ts';
import { RUBY, schemeOf } from '../ecosystems.ts';
import type { FeedFile } from '../feed-files.ts';
import { namesOf, titleOf } from '../record.ts';
import { type Rated, rateScore, UNRATED } from '../severity.ts';
import { parseYaml } from '../yaml.ts';
import { type Compare, EVERYTHING, type Interval, intersect, rangesOutside } from './intervals.ts';

const Requirements = z.array(z.string().max(400)).max(200).nullish();
/** @see github.com/rubysec/ruby-advisory-db, README, "Schema" */
const Advisory = z
  .looseObject({
    gem: z.string().min(1).max(200).optional(),
    engine: z.string().min(1).max(200).optional(),
    cve: z.string().nullish(),
    ghsa: z.string().nullish(),
    osvdb: z.string().nullish(),
    title: z.string(),
    date: z.string().optional(),
    cvss_v2: z.string().nullish(),
    cvss_v3: z.string().nullish(),
    cvss_v4: z.string().nullish(),
    unaffected_versions: Requirements,
    patched_versions: Requirements,
  })
  .refine((entry) => entry.gem !== undefined || entry.engine !== undefined, 'names neither gem nor engine');
type Advisory = z.infer<typeof Advisory>;

export const rubysecFile = (name: string): boolean => /(?:^|\/)[^/]+\.ya?ml$/.test(name);

export function readRubysec(file: FeedFile, into: Collector, licence: string): void {
  try {
    const entry = Advisory.parse(parseYaml(file.bytes));
    const ecosystem = entry.gem === undefined ? RUBY : 'RubyGems';
    const scheme = schemeOf(ecosystem);
    if (!scheme) throw new Error(`the version order of ${ecosystem} is not known`);
    const names = [
      ...(entry.cve ? [`CVE-${entry.cve}`] : []),
      ...(entry.ghsa ? [`GHSA-${entry.ghsa}`] : []),
      ...(entry.osvdb ? [`OSVDB-${entry.osvdb}`] : []),
    ];
    const own = (file.name.split('/').at(-1) ?? '').replace(/\.ya?ml$/, '');
    const feed = into.feed(entry.gem === undefined ? 'rubysec:rubies' : 'rubysec', 'rubysec', licence);
    into.seen(feed, entry.date);
    into.add(feed, ecosystem, entry.gem ?? entry.engine ?? '', {
      ...namesOf(names[0] ?? own, names),
      advisory: own,
      status: 'affected',
      ranges: affected(entry, scheme),
      ...rate(entry),
      title: titleOf(entry.title),
    });
  } catch (error) {
    into.refuse(`${file.name}: ${(error instanceof Error ? error.message : 'unreadable').slice(0, 200)}`);
  }
}

function affected(entry: Advisory, scheme: SchemeName) {
  const compare: Compare = (a, b) => compareVersions(scheme, a, b);
  const safe = [...(entry.patched_versions ?? []), ...(entry.unaffected_versions ?? [])];
  return rangesOutside(
    safe.map((one) => gemRequirement(one, compare)),
    compare,
  );
}

/** Requirements joined by commas; all must hold. @see guides.rubygems.org/patterns, "Pessimistic version constraint" */
export function gemRequirement(text: string, compare: Compare): Interval {
  let all = EVERYTHING;
  for (const part of text.split(',')) {
    const match = /^(>=|<=|>|<|=|~>)?\s*([0-9]+(?:[.-][0-9A-Za-z]+)*)$/.exec(part.trim());
    if (!match?.[2]) throw new Error(`the requirement ${JSON.stringify(part.slice(0, 80))} cannot be read`);
    all = intersect(all, interval(match[1] ?? '=', match[2]), compare);
  }
  return all;
}

function interval(operator: string, version: string): Interval {
  const closed = { version, open: false };
  const open = { version, open: true };
  if (operator === '>=') return { low: closed, high: null };
  if (operator === '>') return { low: open, high: null };
  if (operator === '<') return { low: null, high: open };
  if (operator === '<=') return { low: null, high: closed };
  if (operator === '=') return { low: closed, high: closed };
  // The last number may grow, the one before it may not; what follows letters does not count.
  const numbers: string[] = [];
  for (const part of version.split(/[.-]/)) {
    if (!/^[0-9]+$/.test(part)) break;
    numbers.push(part);
  }
  if (numbers.length > 1) numbers.pop();
  numbers[numbers.length - 1] = String(BigInt(numbers.at(-1) ?? '0') + 1n);
  return { low: closed, high: { version: numbers.join('.'), open: true } };
}

/** Scores without vectors; the newest version of CVSS counts. */
function rate(entry: Advisory): Rated {
  for (const [version, text] of [
    ['4', entry.cvss_v4],
    ['3', entry.cvss_v3],
    ['2', entry.cvss_v2],
  ] as const) {
    const score = Number(text || Number.NaN);
    if (score >= 0 && score <= 10)
      return { severity: rateScore(score), severitySource: `CVSS ${version} score ${score.toFixed(1)} in RubySec` };
  }
  return UNRATED;
}
