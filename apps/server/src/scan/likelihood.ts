/** How likely holes are to be attacked, as the advisories of this process's machine say today. */
import { join } from 'node:path';
import { type AdvisoryStore, type Likelihood, openAdvisoryStore } from '@pratique/scan';

/** It changes daily for every hole, so it is looked up when it is asked for; nothing is known where no advisories are. */
export async function withLikelihood<T>(
  dataDir: string,
  work: (likelihood: (cve: string) => Likelihood | null, store: AdvisoryStore | null) => T,
): Promise<T> {
  const store = await openAdvisoryStore(join(dataDir, 'advisories')).catch(() => null);
  try {
    return work((cve) => store?.likelihood(cve) ?? null, store);
  } finally {
    store?.close();
  }
}
