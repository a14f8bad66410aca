/** Matches stored packages with the advisory store: once for each distinct package and snapshot, whatever image holds it. */
import {
  Distribution,
  type Finding,
  type Inventory,
  type Package,
  PackageType,
  type Uncovered,
} from '@pratique/contract';
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
  distribution: string | null;
};

/** Packages that were matched before, and of which something else is known now. */
export type Changes = {
  /** Their matches are others. */
  changed: number[];
  /** A source covers them and did not before, or the other way round. */
  turned: number[];
};

/**
 * Brings the matches of an inventory's packages to the store's snapshot.
 * @returns what that changed for whoever else holds the same packages
 */
export async function matchStoredPackages(
  tx: Tx,
  inventoryId: number,
  inventory: Pick<Inventory, 'distribution' | 'packages' | 'revision'>,
  store: AdvisoryStore,
): Promise<Changes> {
  const changes = await matchRows(tx, await readStaleOfInventory(tx, inventoryId, store.snapshot), store);
  const { uncovered } = matchInventory({ ...inventory, files: [], missing: [] }, store);
  await storeScan(tx, inventoryId, store.snapshot, uncovered);
  return changes;
}

/**
 * Brings the next packages of the whole installation to the store's snapshot, in the order of their ids.
 * @returns the last id that was looked at, null when none is left, and what changed
 */
export async function matchStalePackages(
  tx: Tx,
  after: number,
  limit: number,
  store: AdvisoryStore,
): Promise<Changes & { last: number | null }> {
  const rows = await readStale(tx, after, limit, store.snapshot);
  return { last: rows.at(-1)?.package_id ?? null, ...(await matchRows(tx, rows, store)) };
}

async function matchRows(tx: Tx, rows: StaleRow[], store: AdvisoryStore): Promise<Changes> {
  if (rows.length === 0) return { changed: [], turned: [] };
  const found: Match[] = [];
  const gaps: boolean[] = [];
  const distributions = new Map<string | null, Distribution | null>();
  for (const row of rows) {
    if (!distributions.has(row.distribution)) distributions.set(row.distribution, distributionOf(row));
    const distribution = distributions.get(row.distribution) ?? null;
    const { findings, uncovered } = matchInventory(
      { revision: 0, distribution, packages: [toPackage(row)], files: [], missing: [] },
      store,
    );
    gaps.push(uncovered.length > 0);
    for (const finding of findings) found.push({ packageId: row.package_id, finding });
  }
  const ids = rows.map((row) => row.package_id);
  const before = await markMatched(tx, ids, gaps, store.snapshot);
  const changed = await replaceMatches(tx, ids, found);
  return {
    // What nobody knew before is news to nobody.
    changed: changed.filter((id) => before.has(id)),
    turned: [...before].filter(([, turned]) => turned).map(([id]) => id),
  };
}

type Match = { packageId: number; finding: Finding };

function distributionOf(row: StaleRow): Distribution | null {
  return row.distribution === null ? null : Distribution.parse(JSON.parse(row.distribution));
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

async function readStaleOfInventory(tx: Tx, inventoryId: number, snapshot: string): Promise<StaleRow[]> {
  // Packages that an operating-system package owns are covered by the distribution's own data.
  const { rows } = await sql<StaleRow>`
    select distinct p.package_id, p.type, p.name, p.version, p.purl, p.source_name, p.source_version, p.architecture, p.distribution
    from inventory_package i join package p using (package_id) left join package_matched m using (package_id)
    where i.inventory_id = ${inventoryId} and i.owner is null and m.snapshot is distinct from ${snapshot} order by p.package_id`.execute(
    tx,
  );
  return rows;
}

async function readStale(tx: Tx, after: number, limit: number, snapshot: string): Promise<StaleRow[]> {
  const { rows } = await sql<StaleRow>`
    select p.package_id, p.type, p.name, p.version, p.purl, p.source_name, p.source_version, p.architecture, p.distribution
    from package_matched m join package p using (package_id)
    where m.package_id > ${after} and m.snapshot <> ${snapshot} order by m.package_id limit ${limit}`.execute(tx);
  return rows;
}

/** @returns of the packages that were matched before: whether a source covers them now and did not, or the other way round */
async function markMatched(tx: Tx, ids: number[], gaps: boolean[], snapshot: string): Promise<Map<number, boolean>> {
  const before = await sql<{ package_id: number; turned: boolean }>`
    select m.package_id, m.covered = now.gap as turned from unnest(${ids}::bigint[], ${gaps}::bool[]) as now (package_id, gap) join package_matched m using (package_id)`.execute(
    tx,
  );
  // Locked in the order of ids, so that two scans of similar images wait for each other and do not deadlock.
  await sql`
    insert into package_matched (package_id, snapshot, covered)
    select package_id, ${snapshot}, not gap from unnest(${ids}::bigint[], ${gaps}::bool[]) as now (package_id, gap) order by package_id
    on conflict (package_id) do update set snapshot = excluded.snapshot, covered = excluded.covered, matched_at = now()`.execute(
    tx,
  );
  return new Map(before.rows.map((row) => [row.package_id, row.turned]));
}

/**
 * What stays known keeps the time it was first seen.
 * @returns packages of which something else is known than before; another snapshot alone is no change
 */
async function replaceMatches(tx: Tx, ids: number[], found: Match[]): Promise<number[]> {
  const matches = sql`
    unnest(${found.map((f) => f.packageId)}::bigint[], ${found.map((f) => f.finding.id)}::text[], ${found.map((f) => JSON.stringify(f.finding.aliases))}::jsonb[],
           ${found.map((f) => f.finding.severity)}::text[], ${found.map((f) => f.finding.status)}::text[], ${found.map((f) => f.finding.fixedVersion)}::text[],
           ${found.map((f) => f.finding.exploited)}::bool[], ${found.map((f) => f.finding.title)}::text[], ${found.map((f) => JSON.stringify(f.finding.evidence))}::jsonb[])
      as match (package_id, advisory_id, aliases, severity, status, fixed_version, exploited, title, evidence)`;
  const changed = await sql<{ package_id: number }>`
    with match as (select package_id, advisory_id, severity, status, fixed_version, exploited from ${matches}),
         before as (select package_id, advisory_id, severity, status, fixed_version, exploited from package_match where package_id = any (${ids}::bigint[]))
    select distinct package_id from ((select * from match except select * from before) union all (select * from before except select * from match)) as differs`.execute(
    tx,
  );
  await sql`
    delete from package_match old where package_id = any (${ids}::bigint[])
      and not exists (select from unnest(${found.map((f) => f.packageId)}::bigint[], ${found.map((f) => f.finding.id)}::text[]) as match (package_id, advisory_id)
                      where match.package_id = old.package_id and match.advisory_id = old.advisory_id)`.execute(tx);
  await sql`
    insert into package_match (package_id, advisory_id, aliases, severity, status, fixed_version, exploited, title, evidence)
    select distinct on (package_id, advisory_id) package_id, advisory_id, array(select jsonb_array_elements_text(aliases)), severity, status, fixed_version, exploited, title, evidence
    from ${matches} order by package_id, advisory_id
    on conflict (package_id, advisory_id) do update set aliases = excluded.aliases, severity = excluded.severity, status = excluded.status,
      fixed_version = excluded.fixed_version, exploited = excluded.exploited, title = excluded.title, evidence = excluded.evidence`.execute(
    tx,
  );
  return changed.rows.map((row) => row.package_id);
}

async function storeScan(tx: Tx, inventoryId: number, snapshot: string, uncovered: Uncovered[]): Promise<void> {
  await sql`
    insert into scan (inventory_id, snapshot, uncovered) values (${inventoryId}, ${snapshot}, ${JSON.stringify(uncovered)}::jsonb)
    on conflict (inventory_id) do update set snapshot = excluded.snapshot, uncovered = excluded.uncovered, scanned_at = now()`.execute(
    tx,
  );
}
