/** The advisory store of this installation: seeded at the first start, opened again when its snapshot changes. */
import { type AdvisoryStore, ensureSeed, openAdvisoryStore } from '@pratique/scan';
import type { Logger } from 'pino';

export type Advisories = {
  /** The store as it is now. */
  open: () => Promise<AdvisoryStore>;
  snapshot(): string;
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
    async open() {
      const fresh = await openAdvisoryStore(dir);
      if (fresh.snapshot === current.snapshot) {
        fresh.close();
        return current;
      }
      await onChange(fresh.snapshot);
      log.info({ snapshot: fresh.snapshot }, 'advisories changed');
      current = fresh;
      return current;
    },
  };
}
