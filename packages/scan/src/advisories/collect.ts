/** Gathers what an importer reads, by ecosystem and package, until it is published. */
import { ScanError } from '../error.ts';
import type { AdvisoryRecord } from './record.ts';

/** Bounds on one feed. The largest public one (all of OSV) has about 600,000 records. */
export const MAX_RECORDS = 5_000_000;
const MAX_NAME_BYTES = 4096;

export type CollectedFeed = {
  /** Feeds of the same name replace each other. */
  name: string;
  /** `debian`, `osv`, `alpine`, `rustsec`, `kev`: what evidence names. */
  source: string;
  licence: string;
  /** Newest date in the data, ISO 8601; null where the data says nothing. */
  date: string | null;
  /** Values by package name, by ecosystem. */
  shards: Map<string, Map<string, unknown[]>>;
  records: number;
  /** Packages by ecosystem on which this feed says nothing although it covers the ecosystem. */
  unread: Record<string, string[]>;
  /** Ecosystems of which it knows something and not all: what it does not know says nothing there. */
  partial: string[];
  /** Digest of the seed files it comes from; null for what was imported. */
  seed: string | null;
  /** Of candidates: the suites they come from, and the date of each one's release file. */
  suites?: { name: string; date: string | null }[];
};

export class Collector {
  readonly feeds = new Map<string, CollectedFeed>();
  /** Records passed over on purpose: withdrawn, informational, bug fixes. */
  skipped = 0;
  /** Records that could not be read, the first few in words. */
  invalid = 0;
  readonly problems: string[] = [];
  #records = 0;

  feed(name: string, source: string, licence: string): CollectedFeed {
    const before = this.feeds.get(name);
    if (before) return before;
    const feed: CollectedFeed = {
      name,
      source,
      licence,
      date: null,
      shards: new Map(),
      records: 0,
      unread: {},
      partial: [],
      seed: null,
    };
    this.feeds.set(name, feed);
    return feed;
  }

  /** @throws ScanError `feed-limit` */
  add(feed: CollectedFeed, ecosystem: string, name: string, record: AdvisoryRecord | Record<string, unknown>): void {
    if (name === '' || Buffer.byteLength(name) > MAX_NAME_BYTES)
      return this.refuse(`a package name of ${name.length} characters`);
    this.#records += 1;
    if (this.#records > MAX_RECORDS) throw new ScanError('feed-limit', `the feed has more than ${MAX_RECORDS} records`);
    let shard = feed.shards.get(ecosystem);
    if (!shard) feed.shards.set(ecosystem, (shard = new Map()));
    const records = shard.get(name);
    if (records) records.push(record);
    else shard.set(name, [record]);
    feed.records += 1;
  }

  /** Feeds that every record so far was of; undefined before the first. */
  #common: Set<string> | undefined;

  /** Told of the feeds that one record, which may be about several ecosystems, went into. */
  together(names: ReadonlySet<string>): void {
    this.#common = new Set([...names].filter((name) => this.#common?.has(name) ?? true));
  }

  /**
   * The export of one ecosystem brings what its records say of others too: not all that is known of those, so it must
   * not replace their own exports. It stays with the ecosystem that all records are about.
   */
  joinPartial(): void {
    const [main] = [...(this.#common ?? [])].flatMap((name) => this.feeds.get(name) ?? []);
    if (!main) return;
    for (const feed of [...this.feeds.values()]) {
      if (feed === main || this.#common?.has(feed.name)) continue;
      for (const [ecosystem, names] of feed.shards) {
        main.shards.set(ecosystem, names);
        main.partial.push(ecosystem);
      }
      main.records += feed.records;
      this.feeds.delete(feed.name);
    }
  }

  /** Keeps the newest date; text that is no date since 1990 is passed over. */
  seen(feed: CollectedFeed, date: string | undefined): void {
    const time = date === undefined ? Number.NaN : Date.parse(date);
    if (!Number.isFinite(time) || time < Date.UTC(1990, 0)) return;
    const text = new Date(time).toISOString();
    if (feed.date === null || text > feed.date) feed.date = text;
  }

  refuse(problem: string): void {
    this.invalid += 1;
    if (this.problems.length < 10) this.problems.push(problem);
  }
}
