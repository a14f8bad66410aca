/** Reads records in the OSV schema, JSON or YAML. */
import { z } from 'zod';
import { compareVersions, isVersion, type SchemeName } from '../../versions/compare.ts';
import type { Collector } from '../collect.ts';
import { ecosystemKey, packageKey, schemeOf } from '../ecosystems.ts';
import type { FeedFile } from '../feed-files.ts';
import { inRanges } from '../ranges.ts';
import { type AdvisoryRange, type AdvisoryRecord, disputed, namesOf, titleOf } from '../record.ts';
import { type Rated, rateVectors, rateWord, UNRATED } from '../severity.ts';
import { parseYaml } from '../yaml.ts';

const Text = z.string().optional();
const Names = z.array(z.string()).max(2000).optional().catch(undefined);
const Vectors = z
  .array(z.object({ type: z.string(), score: z.string() }))
  .optional()
  .catch(undefined);
const Specific = z
  .looseObject({ severity: z.string().optional().catch(undefined) })
  .optional()
  .catch(undefined);
const Event = z.object({ introduced: Text, fixed: Text, last_affected: Text, limit: Text });

const OsvAffected = z.looseObject({
  package: z.object({ ecosystem: z.string().min(1).max(200), name: z.string().min(1) }).optional(),
  ranges: z.array(z.looseObject({ type: z.string(), events: z.array(Event).max(20_000) })).optional(),
  versions: z.array(z.string()).max(100_000).optional(),
  severity: Vectors,
  database_specific: Specific,
  ecosystem_specific: Specific,
});
type OsvAffected = z.infer<typeof OsvAffected>;

/** @see ossf.github.io/osv-schema, version 1.7 */
const OsvRecord = z.looseObject({
  id: z.string().min(1).max(200),
  modified: Text,
  withdrawn: z.string().nullish(),
  aliases: Names,
  upstream: Names,
  related: Names,
  summary: Text.catch(undefined),
  details: Text.catch(undefined),
  severity: Vectors,
  affected: z.array(OsvAffected).max(20_000).optional(),
  database_specific: Specific,
});
type OsvRecord = z.infer<typeof OsvRecord>;

export const osvFile = (name: string): boolean => /\.(?:json|ya?ml)(?:\.gz|\.zst)?$/.test(name);

/** Reads one file: a record, a list of records, or `{"vulns": [...]}` as OSV's interface answers. */
export function readOsv(file: FeedFile, into: Collector, licence: string): void {
  let document: unknown;
  try {
    document = /\.ya?ml$/.test(file.name) ? parseYaml(file.bytes) : JSON.parse(file.bytes.toString('utf8'));
  } catch (error) {
    return into.refuse(`${file.name}: ${error instanceof Error ? error.message.slice(0, 200) : 'unreadable'}`);
  }
  const vulns = typeof document === 'object' && document !== null && 'vulns' in document ? document.vulns : document;
  for (const each of Array.isArray(vulns) ? vulns : [vulns]) {
    const record = OsvRecord.safeParse(each);
    if (record.success) readRecord(record.data, into, licence);
    else into.refuse(`${file.name} is no OSV record at ${record.error.issues[0]?.path.join('.') || 'its root'}`);
  }
}

function readRecord(record: OsvRecord, into: Collector, licence: string): void {
  if (record.withdrawn) return void (into.skipped += 1);
  const merged = new Map<string, { ecosystem: string; name: string; affected: OsvAffected[] }>();
  for (const affected of record.affected ?? []) {
    if (!affected.package) continue;
    const ecosystem = ecosystemKey(affected.package.ecosystem);
    const name = packageKey(ecosystem, affected.package.name);
    const key = JSON.stringify([ecosystem, name]);
    const before = merged.get(key);
    if (before) before.affected.push(affected);
    else merged.set(key, { ecosystem, name, affected: [affected] });
  }
  const feeds = new Set<string>();
  for (const { ecosystem, name, affected } of merged.values()) {
    const advisory = toRecord(record, ecosystem, affected);
    if (!advisory) continue;
    const feed = into.feed(`osv:${ecosystem.split(':', 1)[0]}`, 'osv', licence);
    into.seen(feed, record.modified);
    into.add(feed, ecosystem, name, advisory);
    feeds.add(feed.name);
  }
  if (feeds.size === 0) into.skipped += 1;
  else into.together(feeds);
}

function toRecord(record: OsvRecord, ecosystem: string, affected: readonly OsvAffected[]): AdvisoryRecord | null {
  const scheme = schemeOf(ecosystem);
  const ranges = affected.flatMap((each) =>
    (each.ranges ?? []).filter((range) => range.type !== 'GIT').flatMap((range) => toRanges(range.events, scheme)),
  );
  const listed = [...new Set(affected.flatMap((each) => each.versions ?? []))];
  // A listed version counts even outside the ranges (OSV schema, "Evaluation"); inside them it says nothing more.
  const versions = listed
    .filter((version) => !scheme || !isVersion(scheme, version) || !inRanges(scheme, version, ranges))
    .sort();
  if (ranges.length === 0 && versions.length === 0) return null;
  const names = erratumNames(record, ecosystem) ?? namesOf(record.id, record.aliases ?? []);
  if (names.ids.length === 0) return null;
  const rated = rate(record, affected);
  return {
    ...names,
    advisory: record.id,
    status: 'affected',
    ranges,
    ...(versions.length > 0 ? { versions } : {}),
    ...rated,
    title: titleOf(record.summary ?? record.details),
    ...moduleOf(record, ranges),
    ...disputed(record.summary, record.details),
  };
}

/**
 * Distributions' errata name the CVEs they fix as related or upstream; each is a finding. An erratum that names none
 * is a bug fix or enhancement.
 */
function erratumNames(record: OsvRecord, ecosystem: string): { ids: string[]; aliases: string[] } | null {
  const scheme = schemeOf(ecosystem);
  if (scheme !== 'rpm' && scheme !== 'deb' && scheme !== 'apk') return null;
  if (/^CVE-/.test(record.id) || (record.aliases ?? []).some((name) => /^CVE-/.test(name))) return null;
  const cves = [...new Set([...(record.upstream ?? []), ...(record.related ?? [])])].map(
    (name) => /^(?:[A-Z]+-)?(CVE-\d{4}-\d+)$/.exec(name)?.[1],
  );
  const ids = [...new Set(cves.filter((name) => name !== undefined))].sort();
  if (ids.length > 0) return { ids, aliases: [] };
  return /^(?:AL|RL|RH)[BE]A-|^(?:openSUSE|SUSE)-[RFO]U-/.test(record.id) ? { ids: [], aliases: [] } : null;
}

/** Errata of modular packages name the stream in their summary: `Moderate: nodejs:18 security update`. */
function moduleOf(record: OsvRecord, ranges: readonly AdvisoryRange[]): { module: string } | Record<string, never> {
  if (!ranges.some((range) => /\.module[+_]/.test(range.fixed ?? ''))) return {};
  const module = /(?:^|: )([a-z][a-z0-9-]*:[a-z0-9][a-z0-9._-]*) /.exec(record.summary?.slice(0, 300) ?? '')?.[1];
  return module === undefined ? {} : { module };
}

function rate(record: OsvRecord, affected: readonly OsvAffected[]): Rated {
  const vectors = [...affected.flatMap((each) => each.severity ?? []), ...(record.severity ?? [])];
  const byVector = rateVectors(vectors.filter((each) => each.type.startsWith('CVSS_')).map((each) => each.score));
  if (byVector) return byVector;
  const ubuntu = rateWord(vectors.find((each) => each.type === 'Ubuntu')?.score, 'Ubuntu priority');
  const specific = affected
    .map((each) => each.ecosystem_specific?.severity ?? each.database_specific?.severity)
    .find((word) => word !== undefined);
  const word = rateWord(specific ?? record.database_specific?.severity, `severity in ${record.id}`);
  // Errata of the Red Hat family begin their summary with the rating.
  return ubuntu ?? word ?? rateWord(/^(\w+): /.exec(record.summary ?? '')?.[1], `rating in ${record.id}`) ?? UNRATED;
}

type Point = { kind: 'introduced' | 'fixed' | 'last'; version: string };

/** Events in version order become ranges. @see OSV schema, "affected[].ranges[].events" */
function toRanges(events: readonly z.infer<typeof Event>[], scheme: SchemeName | null): AdvisoryRange[] {
  const points = events.flatMap((event): Point[] => {
    if (event.introduced !== undefined) return [{ kind: 'introduced', version: event.introduced }];
    if (event.fixed !== undefined) return [{ kind: 'fixed', version: event.fixed }];
    if (event.last_affected !== undefined) return [{ kind: 'last', version: event.last_affected }];
    return []; // `limit` bounds git branches only
  });
  const first = (point: Point): boolean => point.kind === 'introduced' && point.version === '0';
  if (scheme && points.every((point) => first(point) || isVersion(scheme, point.version)))
    points.sort((a, b) =>
      first(a) ? (first(b) ? 0 : -1) : first(b) ? 1 : compareVersions(scheme, a.version, b.version),
    );
  const ranges: AdvisoryRange[] = [];
  let open: AdvisoryRange | null = null;
  for (const point of points) {
    if (point.kind === 'introduced') {
      if (!open) ranges.push((open = { from: point.version === '0' ? null : point.version, fixed: null, last: null }));
    } else if (open) {
      if (point.kind === 'fixed') open.fixed = point.version;
      else open.last = point.version;
      open = null;
    }
  }
  return ranges;
}
