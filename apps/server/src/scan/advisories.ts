/** The advisory store of this installation: seeded at the first start, opened again when its snapshot changes. */
import { type AdvisoryStore, ensureSeed, keepSnapshot, openAdvisoryStore, openSnapshotOf } from '@pratique/scan';
import { readCurrent } from '@pratique/scan/advisories/snapshot';
import type { Logger } from 'pino';
import type { SnapshotHistory } from '../renewal/rematch.ts';

export type Advisories = {
  /** The store as it is now. */
  open: () => Promise<AdvisoryStore>;
  snapshot(): string;
  /** Snapshots before, as long as they are on disk; the one that is kept stays. */
  history: SnapshotHistory;
};

/** @param onChange told of the snapshot at the start and whenever another one is found, before anybody gets it */
export async function openAdvisories(
  dir: string,
  log: Logger,
  onChange: (snapshot: string) => Promise<void>,
): Promise<Advisories> {
  await ensureSeed(dir);
  let current = await openAdvisoryStore(dir);
  await onChange(current.snapshot);
  log.info({ snapshot: current.snapshot, sources: current.sources.length }, 'advisories opened');
  return {
    snapshot: () => current.snapshot,
    history: {
      open: (snapshot) => openSnapshotOf(dir, snapshot).catch(() => null),
      keep: (snapshot) => keepSnapshot(dir, snapshot),
    },
    async open() {
      // The pointer is read for every scan; dozens of shards are opened only when it points elsewhere.
      if ((await readCurrent(dir))?.digest === current.snapshot) return current;
      const fresh = await openAdvisoryStore(dir);
      await onChange(fresh.snapshot);
      log.info({ snapshot: fresh.snapshot }, 'advisories changed');
      current = fresh;
      return current;
    },
  };
}
