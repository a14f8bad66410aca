/** Reads the export of Debian's security tracker. */
import type { Severity } from '@pratique/contract';
import { z } from 'zod';
import { ScanError } from '../../error.ts';
import type { Collector } from '../collect.ts';
import { debianKey } from '../ecosystems.ts';
import type { FeedFile } from '../feed-files.ts';
import { type AdvisoryRecord, disputed, titleOf } from '../record.ts';
import { type Rated, UNRATED } from '../severity.ts';

const Release = z.looseObject({
  status: z.string(),
  fixed_version: z.string().max(512).optional(),
  urgency: z.string().optional(),
  nodsa: z.string().optional(),
  nodsa_reason: z.string().optional(),
  next_point_update: z.boolean().optional(),
});
type Release = z.infer<typeof Release>;

const Issue = z.looseObject({ description: z.string().optional(), releases: z.record(z.string(), z.unknown()) });

/** `{source: {CVE: {releases: {suite: {...}}}}}`, @see security-tracker.debian.org/tracker/data/json */
const Export = z.record(z.string(), z.record(z.string(), z.unknown()));

export const debianFile = (name: string): boolean => /\.json(?:\.gz|\.zst)?$/.test(name);

/** @throws ScanError `feed-invalid` for what has another shape altogether */
export function readDebianTracker(file: FeedFile, into: Collector, licence: string): void {
  let document: z.infer<typeof Export>;
  try {
    document = Export.parse(JSON.parse(file.bytes.toString('utf8')));
  } catch (cause) {
    throw new ScanError('feed-invalid', `${file.name} is no export of Debian's security tracker`, { cause });
  }
  const feed = into.feed('debian', 'debian', licence);
  for (const [source, issues] of Object.entries(document)) {
    for (const [id, value] of Object.entries(issues)) {
      const issue = Issue.safeParse(value);
      if (!issue.success) {
        into.refuse(`${source} ${id} has no releases`);
        continue;
      }
      for (const [suite, state] of Object.entries(issue.data.releases)) {
        const release = Release.safeParse(state);
        const record = release.success ? toRecord(id, issue.data.description, release.data) : undefined;
        if (record === undefined) into.refuse(`${source} ${id} ${suite} has no state that is known`);
        else if (record === null) into.skipped += 1;
        else into.add(feed, debianKey(suite), source, record);
      }
    }
  }
}

/** @returns null where the release is not affected, undefined for a state that is not known */
function toRecord(id: string, description: string | undefined, release: Release): AdvisoryRecord | null | undefined {
  const fixed = release.fixed_version ?? null;
  let status: AdvisoryRecord['status'];
  if (release.status === 'resolved') {
    // Version 0: no version that the release ever had was affected.
    if (fixed === '0') return null;
    if (fixed === null) return undefined;
    status = 'affected';
  } else if (release.status === 'open') status = willNotFix(release) ? 'will-not-fix' : 'affected';
  else if (release.status === 'undetermined') status = 'unknown';
  else return undefined;
  return {
    ids: [id],
    aliases: [],
    advisory: id,
    status,
    ranges: [{ from: null, fixed: release.status === 'resolved' ? fixed : null, last: null }],
    ...rate(release.urgency),
    title: titleOf(description),
    ...disputed(description),
  };
}

/** "no-dsa" and end of life: no update will be made for the hole alone, unless one is announced or merely put off. */
function willNotFix(release: Release): boolean {
  if (release.urgency === 'end-of-life') return true;
  if (release.next_point_update === true || release.nodsa_reason === 'postponed') return false;
  return release.nodsa !== undefined;
}

const URGENCIES: Readonly<Record<string, Severity>> = {
  unimportant: 'negligible',
  low: 'low',
  medium: 'medium',
  high: 'high',
};

/** `medium**` and the like carry stars for where the urgency came from. */
function rate(urgency: string | undefined): Rated {
  const severity = URGENCIES[urgency?.replace(/\*+$/, '') ?? ''];
  return severity ? { severity, severitySource: 'Debian urgency' } : UNRATED;
}
