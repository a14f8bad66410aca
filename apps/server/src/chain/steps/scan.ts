/** Step: what is known today about what the image contains. Reads stored packages; opens no layer. */
import type { AdvisoryStore } from '@pratique/scan';
import { asSystem, type Db } from '../../db/connect.ts';
import { readPlatforms } from '../../inventory/platforms.ts';
import { readInventory } from '../../inventory/read-inventory.ts';
import { packagesChanged } from '../../renewal/mark-packages.ts';
import { matchStoredPackages } from '../../scan/match-packages.ts';
import { countFindings, readFindings } from '../../scan/read-findings.ts';
import { PermanentStepError, type StepWork } from '../run-step.ts';

/** @param advisories the store as it is now; an update between two steps is seen by the second */
export function scanStep(deps: { db: Db; advisories: () => Promise<AdvisoryStore> }): StepWork {
  return async ({ repository, digest }) => {
    const store = await deps.advisories();
    const platforms = await asSystem(deps.db, (tx) => readPlatforms(tx, repository.repositoryId, digest));
    let total = 0;
    let fixable = 0;
    for (const platform of platforms) {
      const seen = await asSystem(deps.db, async (tx) => {
        const inventory = await readInventory(tx, platform.digest);
        if (!inventory)
          throw new PermanentStepError(
            `${platform.digest} has no inventory; the chain needs an inventory step before scan`,
          );
        await packagesChanged(tx, await matchStoredPackages(tx, inventory.inventoryId, inventory, store));
        return countFindings((await readFindings(tx, inventory.inventoryId))?.findings ?? []);
      });
      total += Object.values(seen.counts).reduce((sum, n) => sum + n, 0);
      fixable += seen.fixable;
    }
    return {
      state: 'succeeded',
      summary: total === 0 ? 'nothing known' : `${total} findings, ${fixable} with a fix`,
      result: { findings: total, fixable, snapshot: store.snapshot },
    };
  };
}
