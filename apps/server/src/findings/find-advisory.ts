/** Finds a hole by any of its names in the advisory store, which is made to be asked by package. */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { type Advisory, type AdvisoryStore, openAdvisoryStore } from '@pratique/scan';
import { NVD } from '@pratique/scan/advisories/ecosystems';
import { EPSS } from '@pratique/scan/advisories/importers/epss';
import { KEV } from '@pratique/scan/advisories/importers/kev';
import { AdvisoryRecord } from '@pratique/scan/advisories/record';
import { Shard } from '@pratique/scan/advisories/shard';
import { paths, readSnapshot } from '@pratique/scan/advisories/snapshot';
import { z } from 'zod';
import { ServerError } from '../error.ts';

export type FoundRecord = { ecosystem: string; package: string; record: Advisory };

/** What the store says of one hole, apart from who has it. */
export type Found = {
  snapshot: string;
  records: FoundRecord[];
  exploited: boolean;
  likelihood: ReturnType<AdvisoryStore['likelihood']>;
  rating: ReturnType<AdvisoryStore['rating']>;
};

export type AdvisoryFinder = {
  /**
   * @param names all names of the hole that are known already
   * @param about where to look: ecosystem and package; null: everywhere, which reads the whole store once
   * @throws ServerError `unavailable` where there is no store yet
   */
  find(names: readonly string[], about: readonly { ecosystem: string; name: string }[] | null): Promise<Found>;
};

const KEPT = 500;
const MAX_RECORDS = 200;
/** Entries after which others get a turn. */
const TURN = 2000;

/** Answers of one snapshot are kept, and nobody waits for more than one reading of the whole store at a time. */
export function createAdvisoryFinder(dataDir: string): AdvisoryFinder {
  const dir = join(dataDir, 'advisories');
  const kept = new Map<string, Promise<FoundRecord[]>>();
  let turn: Promise<unknown> = Promise.resolve();
  const everywhere = (snapshot: string, name: string): Promise<FoundRecord[]> => {
    const key = `${snapshot} ${name}`;
    const known = kept.get(key);
    if (known) return known;
    const reading = turn.then(() => readEverywhere(dir, snapshot, name));
    turn = reading.catch(() => {});
    reading.catch(() => kept.delete(key));
    kept.set(key, reading);
    const oldest = kept.keys().next().value;
    if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
    return reading;
  };
  return {
    async find(names, about) {
      const store = await openAdvisoryStore(dir).catch((cause: unknown) => {
        throw new ServerError('unavailable', 'the advisory store is not ready yet', { cause });
      });
      try {
        const records = about
          ? about.flatMap(({ ecosystem, name }) => recordsOf(ecosystem, name, store.lookup(ecosystem, name), names))
          : await everywhere(store.snapshot, names[0] ?? '');
        const cves = [
          ...new Set([...names, ...records.flatMap(({ record }) => [...record.ids, ...record.aliases])]),
        ].filter((name) => name.startsWith('CVE-'));
        return {
          snapshot: store.snapshot,
          records: records.slice(0, MAX_RECORDS),
          exploited: cves.some((cve) => store.exploited(cve)),
          likelihood:
            cves.flatMap((cve) => store.likelihood(cve) ?? []).sort((a, b) => b.percentile - a.percentile)[0] ?? null,
          rating: cves.flatMap((cve) => store.rating(cve) ?? [])[0] ?? null,
        };
      } finally {
        store.close();
      }
    },
  };
}

function recordsOf(
  ecosystem: string,
  name: string,
  records: readonly Advisory[],
  names: readonly string[],
): FoundRecord[] {
  return records
    .filter(({ ids, aliases, advisory }) => [...ids, ...aliases, advisory].some((one) => names.includes(one)))
    .map((record) => ({ ecosystem, package: name, record }));
}

const Records = z.array(AdvisoryRecord);

/** Reads every shard from its begin to its end; records that do not hold the name's bytes are not even parsed. */
async function readEverywhere(dir: string, snapshot: string, name: string): Promise<FoundRecord[]> {
  const manifest = await readSnapshot(dir, snapshot);
  const needle = Buffer.from(JSON.stringify(name));
  const found: FoundRecord[] = [];
  for (const { source, shards } of manifest?.feeds ?? [])
    for (const { ecosystem, digest, size } of shards) {
      if (ecosystem === KEV || ecosystem === EPSS || ecosystem.startsWith(`${NVD}:`)) continue;
      const file = openSync(paths.shard(dir, digest), 'r');
      try {
        let seen = 0;
        for (const entry of new Shard(file, size).entries()) {
          if (++seen % TURN === 0) await breathe();
          if (!entry.value.includes(needle)) continue;
          const records = Records.safeParse(JSON.parse(entry.value.toString('utf8')));
          if (!records.success) continue;
          const advisories = records.data.map((record) => ({ ...record, source }));
          found.push(...recordsOf(ecosystem, entry.name, advisories, [name]));
          if (found.length >= MAX_RECORDS) return found.slice(0, MAX_RECORDS);
        }
      } finally {
        closeSync(file);
      }
    }
  return found;
}
