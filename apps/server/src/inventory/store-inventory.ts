/** Writes an inventory: facts about the bytes of one manifest, once for each revision of the catalogers. */
import { createHash } from 'node:crypto';
import type { Distribution, Inventory, Package } from '@pratique/contract';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';

const CHUNK = 5000;

/** True when the manifest has an inventory of this revision. */
export async function inventoryExists(tx: Tx, manifestDigest: string, revision: number): Promise<boolean> {
  const { rows } =
    await sql`select from inventory where manifest_digest = ${manifestDigest} and revision = ${revision}`.execute(tx);
  return rows.length > 0;
}

/** Stores the whole inventory in the caller's transaction; a second one of the same revision changes nothing. */
export async function storeInventory(tx: Tx, manifestDigest: string, inventory: Inventory): Promise<void> {
  const { rows } = await sql<{ inventory_id: number }>`
    insert into inventory (manifest_digest, revision, distribution, missing, package_count, file_count)
    values (${manifestDigest}, ${inventory.revision}, ${JSON.stringify(inventory.distribution)}::jsonb, ${JSON.stringify(inventory.missing)}::jsonb,
            ${inventory.packages.length}, ${inventory.files.length})
    on conflict (manifest_digest, revision) do nothing returning inventory_id`.execute(tx);
  const id = rows[0]?.inventory_id;
  if (id === undefined) return;
  for (let at = 0; at < inventory.packages.length; at += CHUNK)
    await insertPackages(tx, id, at, inventory.packages.slice(at, at + CHUNK), inventory.distribution);
  for (let at = 0; at < inventory.files.length; at += CHUNK)
    await insertFiles(tx, id, inventory.files.slice(at, at + CHUNK));
}

/** What makes two packages the same package to the matcher. */
export function packageKey(found: Package, distribution: Distribution | null): Buffer {
  const release = distribution ? `${distribution.id}:${distribution.version}:${distribution.codename ?? ''}` : '';
  const parts = [
    found.type,
    found.name,
    found.version,
    found.sourceName,
    found.sourceVersion,
    found.architecture ?? '',
    found.purl,
    release,
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}

async function insertPackages(
  tx: Tx,
  inventoryId: number,
  first: number,
  packages: Package[],
  distribution: Distribution | null,
): Promise<void> {
  const keys = packages.map((found) => packageKey(found, distribution));
  const release = distribution ? JSON.stringify(distribution) : null;
  // Sorted by key, so that two inventories storing the same packages at once cannot wait for each other in a circle.
  await sql`
    insert into package (key, type, name, version, purl, source_name, source_version, architecture, distribution)
    select distinct on (key) key, type, name, version, purl, source_name, source_version, architecture, ${release}
    from unnest(${keys}::bytea[], ${packages.map((p) => p.type)}::text[], ${packages.map((p) => p.name)}::text[], ${packages.map((p) => p.version)}::text[], ${packages.map((p) => p.purl)}::text[],
                ${packages.map((p) => p.sourceName)}::text[], ${packages.map((p) => p.sourceVersion)}::text[], ${packages.map((p) => p.architecture)}::text[])
      as found (key, type, name, version, purl, source_name, source_version, architecture)
    order by key on conflict (key) do nothing`.execute(tx);
  await sql`
    insert into inventory_package (inventory_id, ordinal, package_id, owner, licenses, layer, paths)
    select ${inventoryId}, ${first} + found.n, p.package_id, found.owner, array(select jsonb_array_elements_text(found.licenses)), found.layer, array(select jsonb_array_elements_text(found.paths))
    from unnest(${keys}::bytea[], ${packages.map((_, i) => i)}::int[], ${packages.map((p) => p.owner)}::text[], ${packages.map((p) => JSON.stringify(p.licenses))}::jsonb[],
                ${packages.map((p) => p.layer)}::text[], ${packages.map((p) => JSON.stringify(p.paths))}::jsonb[]) as found (key, n, owner, licenses, layer, paths)
    join package p on p.key = found.key`.execute(tx);
}

async function insertFiles(tx: Tx, inventoryId: number, files: Inventory['files']): Promise<void> {
  await sql`
    insert into inventory_file (inventory_id, path, mode, size, uid, gid, sha256, diff_id)
    select ${inventoryId}, path, mode, size, uid, gid, sha256, diff_id
    from unnest(${files.map((f) => f.path)}::text[], ${files.map((f) => f.mode)}::int[], ${files.map((f) => f.size)}::bigint[], ${files.map((f) => f.uid)}::int[],
                ${files.map((f) => f.gid)}::int[], ${files.map((f) => f.sha256)}::text[], ${files.map((f) => f.diffId)}::text[])
      as file (path, mode, size, uid, gid, sha256, diff_id)
    on conflict do nothing`.execute(tx);
}
