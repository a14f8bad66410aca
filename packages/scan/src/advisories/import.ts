/** Imports a feed into the advisory data; when anything is wrong with it, the last good snapshot stays. */
import { ScanError } from '../error.ts';
import { type CollectedFeed, Collector } from './collect.ts';
import { eachFeedFile } from './feed-files.ts';
import { type FeedSource, IMPORTERS } from './importers/list.ts';
import { publish } from './publish.ts';
import { readCurrent } from './snapshot.ts';

export { FEED_SOURCES, type FeedSource } from './importers/list.ts';

export type ImportOptions = {
  /** Replaces the licence that the source is known to have. */
  licence?: string;
  /** When the feed was fetched, ISO 8601; used where the data itself has no date. */
  date?: string;
  /** Takes a feed that has lost more than half of the records it had before. */
  allowShrink?: boolean;
};

export type ImportResult = { snapshot: string; records: number; skipped: number; invalid: number; problems: string[] };

/** Of all records of a feed, how many may be unreadable before it counts as damaged: one in twenty. */
const MAX_INVALID_SHARE = 0.05;

/**
 * Reads a feed without publishing it.
 * @throws ScanError `feed-invalid`, `feed-limit`
 */
export async function collectFeed(source: FeedSource, path: string, options: ImportOptions = {}): Promise<Collector> {
  const importer = IMPORTERS[source];
  const into = new Collector();
  await eachFeedFile(path, importer.wants, (file) => importer.read(file, into, options.licence ?? importer.licence));
  into.joinPartial();
  let records = 0;
  for (const feed of into.feeds.values()) {
    feed.date ??= options.date ?? null;
    records += feed.records;
  }
  if (records === 0)
    throw new ScanError(
      'feed-invalid',
      `the ${source} feed holds no advisory${into.problems[0] ? `: ${into.problems[0]}` : ''}`,
    );
  if (into.invalid > 1 && into.invalid > (records + into.skipped) * MAX_INVALID_SHARE)
    throw new ScanError(
      'feed-invalid',
      `the ${source} feed is damaged: ${into.invalid} records cannot be read, first ${into.problems.slice(0, 3).join('; ')}`,
    );
  return into;
}

/**
 * Imports a feed and publishes a new snapshot.
 *
 * @param path a file, directory, or tar or zip archive, compressed or not, as upstream publishes it
 * @throws ScanError `feed-invalid`, `feed-limit`, `store-corrupt`; nothing has changed then
 */
export async function importAdvisories(
  dir: string,
  source: FeedSource,
  path: string,
  options: ImportOptions = {},
): Promise<ImportResult> {
  const into = await collectFeed(source, path, options);
  const feeds = [...into.feeds.values()];
  if (!options.allowShrink) await refuseShrunk(dir, feeds);
  const snapshot = await publish(dir, feeds);
  return {
    snapshot,
    records: feeds.reduce((sum, feed) => sum + feed.records, 0),
    skipped: into.skipped,
    invalid: into.invalid,
    problems: into.problems,
  };
}

/** A feed that was cut off on the way still parses; losing half its records is not what advisories do. */
export async function refuseShrunk(dir: string, feeds: readonly CollectedFeed[]): Promise<void> {
  const current = await readCurrent(dir);
  for (const feed of feeds) {
    const before = current?.manifest.feeds.find((each) => each.name === feed.name && each.origin === 'import');
    if (before && feed.records < before.records / 2)
      throw new ScanError(
        'feed-invalid',
        `the feed ${feed.name} has ${feed.records} records, the one in use ${before.records}; it may be cut off`,
      );
  }
}
