/** Reads Amazon Linux's errata: the updateinfo.xml of its package repositories. */

import { ScanError } from '../../error.ts';
import type { Collector } from '../collect.ts';
import type { FeedFile } from '../feed-files.ts';
import { titleOf } from '../record.ts';
import { rateWord, UNRATED } from '../severity.ts';
import { readElements, type XmlElement } from '../xml.ts';

export const updateinfoFile = (name: string): boolean => /\.xml(?:\.gz|\.zst)?$/.test(name);

/**
 * @see createrepo's updateinfo.xml: `<update type="security"><id>`, `<references>`, `<pkglist>`
 * @throws ScanError `feed-invalid` for what has another shape altogether
 */
export function readUpdateinfo(file: FeedFile, into: Collector, licence: string): void {
  const text = file.bytes.toString('utf8');
  if (!/<updates[\s>]/.test(text.slice(0, 10_000)))
    throw new ScanError('feed-invalid', `${file.name} is no list of errata: it has no <updates>`);
  try {
    for (const update of readElements(text, 'update')) readUpdate(update, file.name, into, licence);
  } catch (cause) {
    throw new ScanError(
      'feed-invalid',
      `${file.name} cannot be read: ${cause instanceof Error ? cause.message : 'it is damaged'}`,
      { cause },
    );
  }
}

function readUpdate(update: XmlElement, file: string, into: Collector, licence: string): void {
  const id = update.text('id');
  const release = releaseOf(id);
  if (!id || !release) return into.refuse(`${file} has an erratum without an id of Amazon's`);
  const cves = [
    ...new Set(
      update
        .all('reference')
        .map((reference) => reference.attribute('id') ?? '')
        .filter((name) => /^CVE-\d{4}-\d{4,}$/.test(name)),
    ),
  ].sort();
  if (update.attribute('type') !== 'security' || cves.length === 0) return void (into.skipped += 1);
  const ecosystem = `Amazon Linux:${release}`;
  // Core, extras and live patches are repositories of their own, and so feeds of their own.
  const topic = /^ALAS(?:2023|2)?([A-Z][A-Z0-9._-]*?)-\d/.exec(id)?.[1]?.toLowerCase() ?? 'core';
  const feed = into.feed(`amazon:${release}/${topic}`, 'amazon', licence);
  into.seen(feed, update.all('updated')[0]?.attribute('date') ?? update.all('issued')[0]?.attribute('date'));
  const fixes = new Map<string, string>();
  for (const each of update.all('package')) {
    const [name, version, revision] = [each.attribute('name'), each.attribute('version'), each.attribute('release')];
    if (name && version && revision) fixes.set(name, `${each.attribute('epoch') ?? '0'}:${version}-${revision}`);
  }
  for (const [name, fixed] of fixes)
    into.add(feed, ecosystem, name, {
      ids: cves,
      aliases: [],
      advisory: id,
      status: 'affected',
      ranges: [{ from: null, fixed, last: null }],
      ...(rateWord(update.text('severity'), `rating in ${id}`) ?? UNRATED),
      title: titleOf(update.text('title') ?? update.text('description')),
    });
}

/** `ALAS2023-2024-1`, `ALAS2LIVEPATCH-2023-1`, `ALAS2-2018-939`, `ALASDOCKER-2021-1` (an extra of 2), `ALAS-2011-1` (the first). */
function releaseOf(id: string | undefined): string | null {
  const match = /^ALAS(2023|2)?([A-Z][A-Z0-9._-]*?)?-(?:\d{4})-\d+$/.exec(id ?? '');
  if (!match) return null;
  return match[1] ?? (match[2] ? '2' : '1');
}
