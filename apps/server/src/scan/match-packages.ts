/** Matches stored packages with the advisory store: once for each distinct package and snapshot, whatever image holds it. */
import { type Finding, type Inventory, type Package, PackageType, type Uncovered } from '@pratique/contract';
import { type AdvisoryStore, matchInventory } from '@pratique/scan';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';

type StaleRow = {
  package_id: number;
  type: string;
  name: string;
  version: string;
  purl: string;
  source_name: string;
  source_version: string;
  architecture: string | null;
};

/**
 * Brings the matches of an inventory's packages to the store's snapshot.
 * @returns ecosystems of the inventory that no source covers
 */
export async function matchStoredPackages(
  tx: Tx,
  inventoryId: number,
  inventory: Pick<Inventory, 'distribution' | 'packages' | 'revision'>,
  store: AdvisoryStore,
): Promise<Uncovered[]> {
  const stale = await readStalePackages(tx, inventoryId, store.snapshot);
  const { findings } = matchInventory(
    {
      revision: inventory.revision,
      distribution: inventory.distribution,
      packages: stale.map(toPackage),
      files: [],
      missing: [],
    },
    store,
  );
  const byPurl = Map.groupBy(findings, (finding) => `${finding.package.purl} ${finding.package.version}`);
  const found = stale.flatMap((row) =>
    (byPurl.get(`${row.purl} ${row.version}`) ?? []).map((finding) => ({ packageId: row.package_id, finding })),
  );
  await replaceMatches(
    tx,
    stale.map((row) => row.package_id),
    found,
    store.snapshot,
  );
  const whole: Inventory = { ...inventory, files: [], missing: [] };
  const { uncovered } = matchInventory(whole, store);
  await storeScan(tx, inventoryId, store.snapshot, uncovered);
  return uncovered;
}

function toPackage(row: StaleRow): Package {
  return {
    name: row.name,
    version: row.version,
    type: PackageType.parse(row.type),
    purl: row.purl,
    sourceName: row.source_name,
    sourceVersion: row.source_version,
    architecture: row.architecture,
    owner: null,
    licenses: [],
    layer: null,
    paths: [],
  };
}

async function readStalePackages(tx: Tx, inventoryId: number, snapshot: string): Promise<StaleRow[]> {
  // Packages that an operating-system package owns are covered by the distribution's own data.
  const { rows } = await sql<StaleRow>`
    select distinct p.package_id, p.type, p.name, p.version, p.purl, p.source_name, p.source_version, p.architecture
    from inventory_package i join package p using (package_id) left join package_matched m using (package_id)
    where i.inventory_id = ${inventoryId} and i.owner is null and m.snapshot is distinct from ${snapshot} order by p.package_id`.execute(
    tx,
  );
  return rows;
}

async function replaceMatches(
  tx: Tx,
  packageIds: number[],
  found: { packageId: number; finding: Finding }[],
  snapshot: string,
): Promise<void> {
  if (packageIds.length === 0) return;
  // Locked in the order of ids, so that two scans of similar images wait for each other and do not deadlock.
  await sql`
    insert into package_matched (package_id, snapshot) select id, ${snapshot} from unnest(${packageIds}::bigint[]) as id order by id
    on conflict (package_id) do update set snapshot = excluded.snapshot, matched_at = now()`.execute(tx);
  await sql`delete from package_match where package_id = any (${packageIds}::bigint[])`.execute(tx);
  await sql`
    insert into package_match (package_id, advisory_id, aliases, severity, status, fixed_version, exploited, title, evidence)
    select package_id, advisory_id, array(select jsonb_array_elements_text(aliases)), severity, status, fixed_version, exploited, title, evidence
    from unnest(${found.map((f) => f.packageId)}::bigint[], ${found.map((f) => f.finding.id)}::text[], ${found.map((f) => JSON.stringify(f.finding.aliases))}::jsonb[],
                ${found.map((f) => f.finding.severity)}::text[], ${found.map((f) => f.finding.status)}::text[], ${found.map((f) => f.finding.fixedVersion)}::text[],
                ${found.map((f) => f.finding.exploited)}::bool[], ${found.map((f) => f.finding.title)}::text[], ${found.map((f) => JSON.stringify(f.finding.evidence))}::jsonb[])
      as match (package_id, advisory_id, aliases, severity, status, fixed_version, exploited, title, evidence)
    on conflict do nothing`.execute(tx);
}

async function storeScan(tx: Tx, inventoryId: number, snapshot: string, uncovered: Uncovered[]): Promise<void> {
  await sql`
    insert into scan (inventory_id, snapshot, uncovered) values (${inventoryId}, ${snapshot}, ${JSON.stringify(uncovered)}::jsonb)
    on conflict (inventory_id) do update set snapshot = excluded.snapshot, uncovered = excluded.uncovered, scanned_at = now()`.execute(
    tx,
  );
}
