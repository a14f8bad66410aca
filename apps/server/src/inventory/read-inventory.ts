/** Reads a stored inventory back into the form that catalogers made. */
import type { Distribution, Inventory, Missing, Package } from '@pratique/contract';
import { PackageType } from '@pratique/contract';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';

export type StoredInventory = Omit<Inventory, 'files'> & { inventoryId: number; fileCount: number };
type HeadRow = {
  inventory_id: number;
  revision: number;
  distribution: Distribution | null;
  missing: Missing[];
  file_count: number;
};
type PackageRow = {
  type: string;
  name: string;
  version: string;
  purl: string;
  source_name: string;
  source_version: string;
  architecture: string | null;
  owner: string | null;
  licenses: string[];
  layer: string | null;
  paths: string[];
};

/** The newest inventory of a manifest, without its file index; null when it has none. */
export async function readInventory(tx: Tx, manifestDigest: string): Promise<StoredInventory | null> {
  const { rows } = await sql<HeadRow>`
    select inventory_id, revision, distribution, missing, file_count from inventory
    where manifest_digest = ${manifestDigest} order by revision desc limit 1`.execute(tx);
  const head = rows[0];
  if (!head) return null;
  return {
    inventoryId: head.inventory_id,
    revision: head.revision,
    distribution: head.distribution,
    missing: head.missing,
    fileCount: head.file_count,
    packages: await readPackages(tx, head.inventory_id),
  };
}

async function readPackages(tx: Tx, inventoryId: number): Promise<Package[]> {
  const { rows } = await sql<PackageRow>`
    select p.type, p.name, p.version, p.purl, p.source_name, p.source_version, p.architecture, i.owner, i.licenses, i.layer, i.paths
    from inventory_package i join package p using (package_id) where i.inventory_id = ${inventoryId} order by i.ordinal`.execute(
    tx,
  );
  return rows.map((row) => ({
    name: row.name,
    version: row.version,
    type: PackageType.parse(row.type),
    purl: row.purl,
    sourceName: row.source_name,
    sourceVersion: row.source_version,
    architecture: row.architecture,
    owner: row.owner,
    licenses: row.licenses,
    layer: row.layer,
    paths: row.paths,
  }));
}
