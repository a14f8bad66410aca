/** After new advisories: every stored package is matched anew, and only images of which something else is known are judged again. */
import type { AdvisoryStore } from '@pratique/scan';
import { sql } from 'kysely';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { matchStalePackages } from '../scan/match-packages.ts';
import { packagesChanged } from './mark-packages.ts';

/** How many packages are known otherwise now, and how many of them are covered otherwise. */
export type Rematched = { changed: number; turned: number };

const PACKAGES = 1000;
const SCANS = 5000;

/**
 * Safe to end anywhere and to begin again: what was matched is known by its snapshot, and the transaction that changes
 * matches puts the marking of images into the queue. Opens no image.
 */
export async function rematch(db: Db, store: AdvisoryStore): Promise<Rematched> {
  const seen: Rematched = { changed: 0, turned: 0 };
  for (let after: number | null = 0; after !== null; ) {
    const from = after;
    const step = await asSystem(db, async (tx) => {
      const matched = await matchStalePackages(tx, from, PACKAGES, store);
      await packagesChanged(tx, matched);
      return matched;
    });
    after = step.last;
    seen.changed += step.changed.length;
    seen.turned += step.turned.length;
  }
  for (let after: number | null = 0; after !== null; ) {
    const from: number = after;
    after = await asSystem(db, (tx) => bringScans(tx, from, store.snapshot));
  }
  return seen;
}

/**
 * Scans whose packages say what they said are scans by the newer snapshot; packages that another process matched with
 * an older one meanwhile keep theirs back. @returns where to go on, null at the end
 */
async function bringScans(tx: Tx, after: number, snapshot: string): Promise<number | null> {
  const { rows } = await sql<{ inventory_id: number }>`
    with batch as (select inventory_id from scan where inventory_id > ${after} order by inventory_id limit ${SCANS}),
    stale as materialized (
      select distinct p.inventory_id from package_matched m join inventory_package p using (package_id)
      where m.snapshot <> ${snapshot} and p.owner is null
        and p.inventory_id > ${after} and p.inventory_id <= (select max(inventory_id) from batch)),
    brought as (
      update scan set snapshot = ${snapshot}, scanned_at = now() from batch
      where scan.inventory_id = batch.inventory_id and scan.snapshot <> ${snapshot}
        and not exists (select from stale where stale.inventory_id = scan.inventory_id))
    select max(inventory_id) as inventory_id from batch having count(*) = ${SCANS}`.execute(tx);
  return rows[0]?.inventory_id ?? null;
}
