/** The advisory store of this installation: seeded at the first start, opened again when its snapshot changes. */
import { type AdvisoryStore, ensureSeed, openAdvisoryStore } from '@pratique/scan';
import type { Logger } from 'pino';

export type Advisories = {
  /** The store as it is now. */
  open: () => Promise<AdvisoryStore>;
  snapshot(): string;
};

export async function openAdvisories(dir: string, log: Logger): Promise<Advisories> {
  await ensureSeed(dir);
  let current = await openAdvisoryStore(dir);
  log.info({ snapshot: current.snapshot, sources: current.sources.length }, 'advisories opened');
  return {
    snapshot: () => current.snapshot,
    async open() {
      const fresh = await openAdvisoryStore(dir);
      if (fresh.snapshot !== current.snapshot) current = fresh;
      return current;
    },
  };
}
