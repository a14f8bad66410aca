/** After something else is known of packages: marks the verdicts on images that hold them, in small transactions. */
import type { AdvisoryStore } from '@pratique/scan';
import { sql } from 'kysely';
import { z } from 'zod';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { readInventory } from '../inventory/read-inventory.ts';
import { enqueue } from '../jobs/run-queue.ts';
import { matchStoredPackages } from '../scan/match-packages.ts';
import { markManifests } from './mark-due.ts';

export const ChangedPackages = z.object({
  /** Ids of packages whose matches are others now. */
  changed: z.array(z.number().int()),
  /** Ids of those that a source covers now and did not before, or the other way round. */
  turned: z.array(z.number().int()),
});
export type ChangedPackages = z.infer<typeof ChangedPackages>;

/** Part of the transaction that changed what is known; the images follow in a job. */
export async function packagesChanged(tx: Tx, packages: ChangedPackages): Promise<void> {
  if (packages.changed.length + packages.turned.length > 0) await enqueue(tx, 'renewal.packages', packages);
}

const INVENTORIES = 5000;

/**
 * Safe to end anywhere and to begin again. Verdicts are marked; where a package is covered now or no longer is, the
 * scan says so first.
 */
export async function markPackages(db: Db, store: AdvisoryStore, packages: ChangedPackages): Promise<void> {
  const last = await asSystem(db, readLastInventory);
  for (let from = 0; from < last; from += INVENTORIES) {
    const range = { from, to: from + INVENTORIES };
    await asSystem(db, async (tx) => markManifests(tx, await readHolders(tx, packages.changed, range)));
    for (const manifest of await asSystem(db, (tx) => readHolders(tx, packages.turned, range)))
      await asSystem(db, async (tx) => {
        await rescan(tx, manifest, store);
        await markManifests(tx, [manifest]);
      });
  }
}

async function readLastInventory(tx: Tx): Promise<number> {
  const { rows } = await sql<{ last: number | null }>`select max(inventory_id) as last from inventory`.execute(tx);
  return rows[0]?.last ?? 0;
}

/** Manifests whose inventories hold one of the packages and were scanned. @param range above `from`, up to `to` */
async function readHolders(tx: Tx, packages: number[], range: { from: number; to: number }): Promise<string[]> {
  if (packages.length === 0) return [];
  const { rows } = await sql<{ manifest_digest: string }>`
    select distinct i.manifest_digest
    from (select distinct inventory_id from inventory_package
          where package_id = any (${packages}::bigint[]) and inventory_id > ${range.from} and inventory_id <= ${range.to} and owner is null) as holder
    join inventory i using (inventory_id) join scan using (inventory_id) order by i.manifest_digest`.execute(tx);
  return rows.map((row) => row.manifest_digest);
}

async function rescan(tx: Tx, manifest: string, store: AdvisoryStore): Promise<void> {
  const inventory = await readInventory(tx, manifest);
  if (inventory) await packagesChanged(tx, await matchStoredPackages(tx, inventory.inventoryId, inventory, store));
}
