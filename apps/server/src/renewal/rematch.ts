/** After new advisories: the packages that they say something else of are matched anew, and only images that hold one are judged again. */
import { type AdvisoryStore, changesBetween, isOfCves, MATCHER_REVISION } from '@pratique/scan';
import { sql } from 'kysely';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { aboutKey, type Changes, matchPackages, matchStalePackages } from '../scan/match-packages.ts';
import { refreshScores } from '../scan/score.ts';
import { beginSweep, endSweep } from '../scan/sweep.ts';
import { packagesChanged } from './mark-packages.ts';

/** How many packages were looked at, are known otherwise now, and are covered otherwise. */
export type Rematched = { matched: number; changed: number; turned: number };

/** Earlier snapshots, to compare the newest one with. */
export type SnapshotHistory = {
  /** @returns null where it is no longer there */
  open(snapshot: string): Promise<AdvisoryStore | null>;
  /** Keeps a snapshot until another is kept. */
  keep(snapshot: string): Promise<void>;
};

const PACKAGES = 1000;
/** More names than this of one ecosystem, and all its packages are looked at instead. */
const MANY_NAMES = 20_000;

/**
 * Safe to end anywhere and to begin again: what was matched is known by its snapshot until all of it is settled, and
 * the transaction that changes matches puts the marking of images into the queue. Opens no image.
 */
export async function rematch(db: Db, store: AdvisoryStore, history: SnapshotHistory): Promise<Rematched> {
  const before = await asSystem(db, (tx) => beginSweep(tx, store.snapshot));
  const seen: Rematched = { matched: 0, changed: 0, turned: 0 };
  const add = (changes: Changes, matched: number) => {
    seen.matched += matched;
    seen.changed += changes.changed.length;
    seen.turned += changes.turned.length;
  };
  const base = before.snapshot === null ? null : await history.open(before.snapshot);
  const everything = before.snapshot !== null && (base === null || before.matcher !== MATCHER_REVISION);
  if (base) {
    try {
      if (!everything) await matchChanged(db, base, store, add);
    } finally {
      base.close();
    }
  }
  // Also what was matched meanwhile by whoever has another snapshot open.
  for (let all = everything; ; all = false) {
    await matchRest(db, store, all, add);
    const end = await asSystem(db, (tx) => endSweep(tx, store.snapshot));
    if (end === 'more') continue;
    if (end === 'ended') await history.keep(store.snapshot);
    await refreshScores(db, store);
    return seen;
  }
}

type Add = (changes: Changes, matched: number) => void;

async function matchChanged(db: Db, base: AdvisoryStore, store: AdvisoryStore, add: Add): Promise<void> {
  const ids = await asSystem(db, (tx) => readChanged(tx, base, store));
  for (let at = 0; at < ids.length; at += PACKAGES) {
    const batch = ids.slice(at, at + PACKAGES);
    await asSystem(db, async (tx) => {
      const changes = await matchPackages(tx, batch, store);
      await packagesChanged(tx, changes);
      add(changes, batch.length);
    });
  }
}

async function matchRest(db: Db, store: AdvisoryStore, all: boolean, add: Add): Promise<void> {
  for (let after: number | null = 0; after !== null; ) {
    const from = after;
    after = await asSystem(db, async (tx) => {
      const { last, looked, ...changes } = await matchStalePackages(tx, from, PACKAGES, store, all);
      await packagesChanged(tx, changes);
      add(changes, looked);
      return last;
    });
  }
}

/** Settled packages of which the two snapshots say different things, in the order of ids. */
async function readChanged(tx: Tx, base: AdvisoryStore, store: AdvisoryStore): Promise<number[]> {
  const keys: string[] = [];
  const cves: string[] = [];
  for (const change of changesBetween(base, store)) {
    const { ecosystem, names } = change;
    if (isOfCves(change)) cves.push(...names);
    else if (names.length > MANY_NAMES || base.covers(ecosystem) !== store.covers(ecosystem))
      keys.push(aboutKey(ecosystem, '*'));
    else keys.push(...names.map((name) => aboutKey(ecosystem, name)));
  }
  const { rows } = await sql<{ package_id: number }>`
    select package_id from package_matched where settled and about && ${keys}::text[]
    union select package_id from package_match where advisory_id = any (${cves}::text[]) or aliases && ${cves}::text[]
    order by package_id`.execute(tx);
  return rows.map((row) => row.package_id);
}
