/** Reads what Node.js's security working group publishes: holes of Node itself, and the old ones of npm packages. */
import { z } from 'zod';
import type { Collector } from '../collect.ts';
import { NODE } from '../ecosystems.ts';
import type { FeedFile } from '../feed-files.ts';
import { type AdvisoryRange, type AdvisoryRecord, namesOf, titleOf } from '../record.ts';
import { rateVector, rateWord, UNRATED } from '../severity.ts';
import { rangesInside } from './intervals.ts';
import { bySemver, npmRange } from './npm-range.ts';

/** @see github.com/nodejs/security-wg, vuln/core and vuln/npm; `cve` is one text in older files */
const Cves = z
  .union([z.string().transform((one) => [one]), z.array(z.string()).max(100)])
  .nullish()
  .transform((all) => (all ?? []).filter((cve) => /^CVE-\d{4}-\d{4,}$/.test(cve)));
const Core = z.looseObject({
  cve: Cves,
  vulnerable: z.string(),
  patched: z.string().nullish(),
  ref: z.string().optional(),
  description: z.string().optional(),
  overview: z.string().optional(),
  severity: z.string().optional(),
});
const Npm = z.looseObject({
  id: z.number().int(),
  module_name: z.string().min(1),
  title: z.string().optional(),
  cves: Cves,
  vulnerable_versions: z.string().nullish(),
  patched_versions: z.string().nullish(),
  publish_date: z.string().nullish(),
  cvss_vector: z.string().nullish(),
});

/** Of `deps`: why Node is not affected by a hole of what it contains. */
const NotAffected = z.looseObject({ reason: z.string(), vulnerable: z.undefined().optional() });

/** The numbered files; `index.json` repeats them, and `deps` says of holes elsewhere that Node is not affected. */
export const nodeFile = (name: string): boolean => /(?:^|\/)[0-9]+\.json$/.test(name) && !/(?:^|\/)deps\//.test(name);

export function readNode(file: FeedFile, into: Collector, licence: string): void {
  try {
    const document: unknown = JSON.parse(file.bytes.toString('utf8'));
    if (NotAffected.safeParse(document).success) return void (into.skipped += 1);
    const npm = Npm.safeParse(document);
    if (npm.success) readNpm(npm.data, into, licence);
    else readCore(Core.parse(document), /([0-9]+)\.json$/.exec(file.name)?.[1] ?? '', into, licence);
  } catch (error) {
    into.refuse(`${file.name}: ${(error instanceof Error ? error.message : 'unreadable').slice(0, 200)}`);
  }
}

function readCore(entry: z.infer<typeof Core>, number: string, into: Collector, licence: string): void {
  const feed = into.feed('node', 'node', licence);
  const date = /\/vulnerability\/(?:([a-z]+)-(\d{4}))/.exec(entry.ref ?? '');
  if (date) into.seen(feed, `${date[1]} 1, ${date[2]} UTC`);
  const advisory = `NSWG-CORE-${number}`;
  const record: AdvisoryRecord = {
    ids: entry.cve.length > 0 ? entry.cve : [advisory],
    aliases: [],
    advisory,
    status: 'affected',
    ranges: affected(entry.vulnerable, entry.patched),
    ...(rateWord(entry.severity, 'Node.js') ?? UNRATED),
    title: titleOf(entry.description ?? entry.overview),
  };
  into.add(feed, NODE, 'node', record);
}

function readNpm(entry: z.infer<typeof Npm>, into: Collector, licence: string): void {
  if (!entry.vulnerable_versions) return void (into.skipped += 1);
  const feed = into.feed('node:npm', 'node', licence);
  feed.partial = ['npm']; // it ended in 2020
  into.seen(feed, entry.publish_date ?? undefined);
  const advisory = `NSWG-ECO-${entry.id}`;
  const names = namesOf(advisory, entry.cves.slice(0, 1));
  into.add(feed, 'npm', entry.module_name, {
    ...names,
    ids: entry.cves.length > 1 ? [...entry.cves].sort() : names.ids,
    advisory,
    status: 'affected',
    ranges: affected(
      /^all$/i.test(entry.vulnerable_versions) ? '*' : entry.vulnerable_versions,
      entry.patched_versions,
    ),
    ...(rateVector(entry.cvss_vector ?? '') ?? UNRATED),
    title: titleOf(entry.title),
  });
}

function affected(vulnerable: string, patched: string | null | undefined): AdvisoryRange[] {
  // No fix is written as nothing, as a word, or as a range that no version is in.
  const safe = patched && /[0-9*]/.test(patched) ? npmRange(patched) : [];
  return rangesInside(npmRange(vulnerable), safe, bySemver);
}
