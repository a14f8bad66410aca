/** Publishes what releases offer as feeds of the store, one for each release and architecture. */
import { type CollectedFeed, Collector } from '../advisories/collect.ts';
import { type ImportResult, refuseShrunk } from '../advisories/import.ts';
import { publish } from '../advisories/publish.ts';
import { type FeedEntry, readCurrent } from '../advisories/snapshot.ts';
import { ScanError } from '../error.ts';
import { candidatesKey } from './candidate.ts';
import type { Offers } from './offers.ts';

const LICENCES: Readonly<Record<string, string>> = {
  debian: 'index of the Debian archive',
  ubuntu: 'index of the Ubuntu archive',
};

/**
 * Publishes one new snapshot with all of them; nothing has changed when it throws.
 *
 * A suite without an expiry could be replayed for ever: one that is older than what is here is refused, as apt does.
 *
 * @param options `allowShrink` takes what lost half its packages
 * @throws ScanError `feed-invalid` for damaged, shrunk or older indexes
 */
export async function publishCandidates(
  dir: string,
  all: readonly Offers[],
  options: { allowShrink?: boolean } = {},
): Promise<ImportResult> {
  const before = (await readCurrent(dir))?.manifest.feeds ?? [];
  const into = new Collector();
  const problems: string[] = [];
  for (const offers of all) {
    offers.requireSound();
    const feed = toFeed(into, offers);
    refuseOlder(
      feed,
      before.find((one) => one.name === feed.name),
    );
    into.invalid += offers.invalid;
    problems.push(...offers.problems);
  }
  const feeds = [...into.feeds.values()];
  if (!options.allowShrink) await refuseShrunk(dir, feeds);
  const snapshot = await publish(dir, feeds);
  const records = feeds.reduce((sum, feed) => sum + feed.records, 0);
  return { snapshot, records, skipped: 0, invalid: into.invalid, problems: problems.slice(0, 10) };
}

function toFeed(into: Collector, offers: Offers): CollectedFeed {
  const { target, packages, suites } = offers;
  const key = candidatesKey(target);
  const feed = into.feed(key.toLowerCase(), 'candidates', LICENCES[target.id] ?? `index of ${target.id}`);
  feed.date = offers.date; // null where nobody knows: the day of the import would make old data look new
  feed.suites = [...suites].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const [name, candidate] of packages) into.add(feed, key, name, candidate);
  return feed;
}

function refuseOlder(feed: CollectedFeed, before: FeedEntry | undefined): void {
  for (const { name, date } of feed.suites ?? []) {
    const known = before?.suites?.find((suite) => suite.name === name)?.date ?? null;
    if (known !== null && date !== null && date < known)
      throw new ScanError(
        'feed-invalid',
        `the archive's ${name} is of ${date}, the one in use of ${known}; an older one is not taken`,
      );
  }
}
