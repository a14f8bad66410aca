/** Matches stored packages with the advisory store: once for each distinct package, whatever image holds it. */
import {
  Distribution,
  type Finding,
  type Inventory,
  type Package,
  PackageType,
  type Uncovered,
} from '@pratique/contract';
import { type AdvisoryStore, askedFor, matchInventory, subjectOf } from '@pratique/scan';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import { type Known, type MatchChange, recordChanges } from './record-update.ts';
import { scoreOf, searchTextOf } from './score.ts';
import { holdSweep, isSettled, type Sweep } from './sweep.ts';

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
  const sweep = await holdSweep(tx);
  const settled = isSettled(sweep, store.snapshot);
  const changes = await matchRows(tx, await readStaleOfInventory(tx, inventoryId, store.snapshot), store, sweep);
  const { uncovered } = matchInventory({ ...inventory, files: [], missing: [] }, store);
  await storeScan(tx, inventoryId, store.snapshot, uncovered, settled);
  return changes;
}

/**
 * Brings the next packages of the whole installation to the store's snapshot, in the order of their ids.
 * @param all also those that were matched with this snapshot: other code matched them
 * @returns the last id that was looked at, null when none is left, how many were, and what changed
 */
export async function matchStalePackages(
  tx: Tx,
  after: number,
  limit: number,
  store: AdvisoryStore,
  all: boolean,
): Promise<Changes & { last: number | null; looked: number }> {
  const sweep = await holdSweep(tx);
  const rows = await readStale(tx, after, limit, store.snapshot, all);
  return { last: rows.at(-1)?.package_id ?? null, looked: rows.length, ...(await matchRows(tx, rows, store, sweep)) };
}

/** Brings these packages to the store's snapshot, whatever they were matched with. */
export async function matchPackages(tx: Tx, ids: readonly number[], store: AdvisoryStore): Promise<Changes> {
  const sweep = await holdSweep(tx);
  const { rows } = await sql<StaleRow>`
    select p.package_id, p.type, p.name, p.version, p.purl, p.source_name, p.source_version, p.architecture, p.distribution
    from package p where p.package_id = any (${[...ids]}::bigint[]) order by p.package_id`.execute(tx);
  return matchRows(tx, rows, store, sweep);
}

/** How a package is found again when something else is said of `name`, or anything at all of its ecosystem. */
export const aboutKey = (ecosystem: string, name: string): string => `${ecosystem}\t${name}`;

function aboutOf(each: Package, distribution: Distribution | null): string[] {
  const subject = subjectOf(each, distribution);
  if (subject.kind !== 'subject') return [];
  const asked = askedFor(subject);
  return [
    ...new Set([
      ...asked.map(({ ecosystem, name }) => aboutKey(ecosystem, name)),
      ...asked.map(({ ecosystem }) => aboutKey(ecosystem, '*')),
    ]),
  ];
}

async function matchRows(tx: Tx, rows: StaleRow[], store: AdvisoryStore, sweep: Sweep): Promise<Changes> {
  if (rows.length === 0) return { changed: [], turned: [] };
  const found: Match[] = [];
  const seen: Seen[] = [];
  const distributions = new Map<string | null, Distribution | null>();
  for (const row of rows) {
    if (!distributions.has(row.distribution)) distributions.set(row.distribution, distributionOf(row));
    const distribution = distributions.get(row.distribution) ?? null;
    const each = toPackage(row);
    const { findings, uncovered } = matchInventory(
      { revision: 0, distribution, packages: [each], files: [], missing: [] },
      store,
    );
    seen.push({ packageId: row.package_id, gap: uncovered.length > 0, about: aboutOf(each, distribution) });
    for (const finding of findings)
      found.push({
        packageId: row.package_id,
        finding,
        score: scoreOf(finding, (cve) => store.likelihood(cve)),
      });
  }
  const ids = rows.map((row) => row.package_id);
  const before = await markMatched(tx, seen, store.snapshot, isSettled(sweep, store.snapshot));
  // What nobody knew before is news to nobody.
  const changes = await readChanges(tx, [...before.keys()], found);
  await recordChanges(tx, sweep, store.snapshot, changes);
  await replaceMatches(tx, ids, found);
  return {
    changed: [...new Set(changes.map((change) => change.packageId))],
    turned: [...before].filter(([, turned]) => turned).map(([id]) => id),
  };
}

type Match = { packageId: number; finding: Finding; score: number };
type Seen = { packageId: number; gap: boolean; about: string[] };

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
      cross join advisory_sweep w
    where i.inventory_id = ${inventoryId} and i.owner is null
      and (case when m.settled then w.snapshot else m.snapshot end) is distinct from ${snapshot} order by p.package_id`.execute(
    tx,
  );
  return rows;
}

async function readStale(tx: Tx, after: number, limit: number, snapshot: string, all: boolean): Promise<StaleRow[]> {
  const stale = all ? sql`true` : sql`not m.settled and m.snapshot <> ${snapshot}`;
  const { rows } = await sql<StaleRow>`
    select p.package_id, p.type, p.name, p.version, p.purl, p.source_name, p.source_version, p.architecture, p.distribution
    from package_matched m join package p using (package_id)
    where m.package_id > ${after} and ${stale} order by m.package_id limit ${limit}`.execute(tx);
  return rows;
}

/** @returns of the packages that were matched before: whether a source covers them now and did not, or the other way round */
async function markMatched(
  tx: Tx,
  seen: readonly Seen[],
  snapshot: string,
  settled: boolean,
): Promise<Map<number, boolean>> {
  const ids = seen.map((one) => one.packageId);
  const gaps = seen.map((one) => one.gap);
  const before = await sql<{ package_id: number; turned: boolean }>`
    select m.package_id, m.covered = now.gap as turned from unnest(${ids}::bigint[], ${gaps}::bool[]) as now (package_id, gap) join package_matched m using (package_id)`.execute(
    tx,
  );
  // Locked in the order of ids, so that two scans of similar images wait for each other and do not deadlock.
  await sql`
    insert into package_matched (package_id, snapshot, covered, settled, about)
    select package_id, ${snapshot}, not gap, ${settled}, array(select jsonb_array_elements_text(about))
    from unnest(${ids}::bigint[], ${gaps}::bool[], ${seen.map((one) => JSON.stringify(one.about))}::jsonb[]) as now (package_id, gap, about) order by package_id
    on conflict (package_id) do update set snapshot = excluded.snapshot, covered = excluded.covered, settled = excluded.settled, about = excluded.about, matched_at = now()`.execute(
    tx,
  );
  return new Map(before.rows.map((row) => [row.package_id, row.turned]));
}

type ChangeRow = {
  package_id: number;
  advisory_id: string;
  aliases: string[];
  title: string | null;
  before: Known | null;
  after: Known | null;
};

/** Of these packages, what is said otherwise than before; another snapshot alone is no change. */
async function readChanges(tx: Tx, known: readonly number[], found: readonly Match[]): Promise<MatchChange[]> {
  if (known.length === 0) return [];
  const among = new Set(known);
  const rows = found.filter((match) => among.has(match.packageId));
  const said = sql`jsonb_build_object('severity', severity, 'status', status, 'fixedVersion', fixed_version, 'exploited', exploited)`;
  const changed = await sql<ChangeRow>`
    with now as (
      select distinct on (package_id, advisory_id) package_id, advisory_id, array(select jsonb_array_elements_text(aliases)) as aliases, title, ${said} as said
      from ${columnsOf(rows)} order by package_id, advisory_id),
    old as (select package_id, advisory_id, aliases, title, ${said} as said from package_match where package_id = any (${[...known]}::bigint[]))
    select package_id, advisory_id, coalesce(now.aliases, old.aliases) as aliases, coalesce(now.title, old.title) as title, old.said as before, now.said as after
    from old full join now using (package_id, advisory_id) where old.said is distinct from now.said order by package_id, advisory_id`.execute(
    tx,
  );
  return changed.rows.map(({ package_id: packageId, advisory_id: advisoryId, ...row }) => ({
    packageId,
    advisoryId,
    ...row,
  }));
}

const columnsOf = (found: readonly Match[]) => sql`
    unnest(${found.map((f) => f.packageId)}::bigint[], ${found.map((f) => f.finding.id)}::text[], ${found.map((f) => JSON.stringify(f.finding.aliases))}::jsonb[],
           ${found.map((f) => f.finding.severity)}::text[], ${found.map((f) => f.finding.status)}::text[], ${found.map((f) => f.finding.fixedVersion)}::text[],
           ${found.map((f) => f.finding.exploited)}::bool[], ${found.map((f) => f.finding.title)}::text[], ${found.map((f) => JSON.stringify(f.finding.evidence))}::jsonb[],
           ${found.map((f) => f.score)}::int[], ${found.map((f) => searchTextOf(f.finding))}::text[], ${found.map((f) => f.finding.package.type)}::text[])
      as match (package_id, advisory_id, aliases, severity, status, fixed_version, exploited, title, evidence, score, search, package_type)`;

/** What stays known keeps the time it was first seen. */
async function replaceMatches(tx: Tx, ids: number[], found: Match[]): Promise<void> {
  await sql`
    delete from package_match old where package_id = any (${ids}::bigint[])
      and not exists (select from unnest(${found.map((f) => f.packageId)}::bigint[], ${found.map((f) => f.finding.id)}::text[]) as match (package_id, advisory_id)
                      where match.package_id = old.package_id and match.advisory_id = old.advisory_id)`.execute(tx);
  await sql`
    insert into package_match (package_id, advisory_id, aliases, severity, status, fixed_version, exploited, title, evidence, score, search, package_type)
    select distinct on (package_id, advisory_id) package_id, advisory_id, array(select jsonb_array_elements_text(aliases)), severity, status, fixed_version, exploited, title, evidence, score, search, package_type
    from ${columnsOf(found)} order by package_id, advisory_id
    on conflict (package_id, advisory_id) do update set aliases = excluded.aliases, severity = excluded.severity, status = excluded.status,
      fixed_version = excluded.fixed_version, exploited = excluded.exploited, title = excluded.title, evidence = excluded.evidence,
      score = excluded.score, search = excluded.search, package_type = excluded.package_type`.execute(tx);
}

async function storeScan(
  tx: Tx,
  inventoryId: number,
  snapshot: string,
  uncovered: Uncovered[],
  settled: boolean,
): Promise<void> {
  await sql`
    insert into scan (inventory_id, snapshot, uncovered, settled) values (${inventoryId}, ${snapshot}, ${JSON.stringify(uncovered)}::jsonb, ${settled})
    on conflict (inventory_id) do update set snapshot = excluded.snapshot, uncovered = excluded.uncovered, settled = excluded.settled, scanned_at = now()`.execute(
    tx,
  );
}
