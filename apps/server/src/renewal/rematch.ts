/** After new advisories: every stored package is matched anew, and only images of which something else is known are judged again. */
import type { AdvisoryStore } from '@pratique/scan';
import { sql } from 'kysely';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { readInventory } from '../inventory/read-inventory.ts';
import { matchStalePackages, matchStoredPackages } from '../scan/match-packages.ts';
import { markManifests } from './mark-due.ts';

export type Rematched = { packages: number; images: number; verdicts: number };

const PACKAGES = 1000;
const SCANS = 5000;

/**
 * Safe to end anywhere and to begin again: what was matched is known by its snapshot, and verdicts are marked in the
 * transaction that changed the matches. Opens no image.
 */
export async function rematch(db: Db, store: AdvisoryStore): Promise<Rematched> {
  const seen: Rematched = { packages: 0, images: 0, verdicts: 0 };
  for (let after: number | null = 0; after !== null; ) {
    const from = after;
    const step = await asSystem(db, async (tx) => {
      const { last, changed } = await matchStalePackages(tx, from, PACKAGES, store);
      const manifests = await readManifestsWith(tx, changed);
      // Their scans speak of ecosystems without a source, which may be others now.
      for (const manifest of manifests) await rescan(tx, manifest, store);
      return { last, changed: changed.length, images: manifests.length, marked: await markManifests(tx, manifests) };
    });
    after = step.last;
    seen.packages += step.changed;
    seen.images += step.images;
    seen.verdicts += step.marked;
  }
  for (let after: number | null = 0; after !== null; ) {
    const from: number = after;
    after = await asSystem(db, (tx) => bringScans(tx, from, store.snapshot));
  }
  return seen;
}

async function readManifestsWith(tx: Tx, packages: number[]): Promise<string[]> {
  if (packages.length === 0) return [];
  const { rows } = await sql<{ manifest_digest: string }>`
    select distinct i.manifest_digest from inventory_package p join inventory i using (inventory_id) join scan using (inventory_id)
    where p.package_id = any (${packages}::bigint[]) and p.owner is null order by i.manifest_digest`.execute(tx);
  return rows.map((row) => row.manifest_digest);
}

async function rescan(tx: Tx, manifest: string, store: AdvisoryStore): Promise<void> {
  const inventory = await readInventory(tx, manifest);
  if (inventory) await matchStoredPackages(tx, inventory.inventoryId, inventory, store);
}

/** Scans whose packages say what they said are scans by the newer snapshot. @returns where to go on, null at the end */
async function bringScans(tx: Tx, after: number, snapshot: string): Promise<number | null> {
  const { rows } = await sql<{ inventory_id: number }>`
    with batch as (select inventory_id from scan where inventory_id > ${after} order by inventory_id limit ${SCANS}),
    brought as (
      update scan set snapshot = ${snapshot}, scanned_at = now() from batch where scan.inventory_id = batch.inventory_id and scan.snapshot <> ${snapshot}
        and not exists (select from inventory_package p left join package_matched m using (package_id)
                        where p.inventory_id = scan.inventory_id and p.owner is null and m.snapshot is distinct from ${snapshot}))
    select max(inventory_id) as inventory_id from batch having count(*) = ${SCANS}`.execute(tx);
  return rows[0]?.inventory_id ?? null;
}
