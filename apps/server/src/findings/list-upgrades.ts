/** The upgrades that clear most over all images of an account. */
import type { UpgradeGroup, UpgradeGroups } from '@pratique/contract';
import { schemeOfType } from '@pratique/scan/advisories/ecosystems';
import { compareVersions, isVersion } from '@pratique/scan/versions/compare';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Tx } from '../db/connect.ts';
import { decodeCursor, pageOf } from './cursor.ts';
import { conditionsOf, type FindingScope, findingRows, neededBy } from './finding-source.ts';
import { distributionName } from './held.ts';

type Row = {
  type: string;
  name: string;
  version: string;
  distribution: string;
  fixes: string[];
  packages: string[];
  findings: number;
  clears: number;
  holes: number;
  ids: string[];
  images: number;
  priority: number;
  exploited: number;
  total: number;
  unfixable: number;
};

/** What the rows are ordered by: what is cleared, then what is upgraded. */
const Key = z.tuple([z.number().int(), ...Array.from({ length: 4 }, () => z.string().max(2000))] as unknown as [
  z.ZodNumber,
  z.ZodString,
  z.ZodString,
  z.ZodString,
  z.ZodString,
]);

/** As one image's findings are grouped, see `groupByUpgrade`: by source package for distributions, else by package. */
export async function listUpgrades(
  tx: Tx,
  scope: FindingScope,
  page: { after: string | undefined; limit: number },
): Promise<UpgradeGroups> {
  const after = decodeCursor(page.after, Key);
  const [clears, type, name, version, distribution] = after ?? [0, '', '', '', ''];
  const { rows } = await sql<Row>`
    with ${findingRows(scope, { named: true, ...neededBy(scope.filter) })},
    chosen as materialized (
      select f.*, case when f.type in ('deb', 'apk', 'rpm') then f.source_name else f.name end as moved,
        case when f.type in ('deb', 'apk', 'rpm') then f.source_version else f.version end as moved_version
      from finding f where ${conditionsOf(scope.filter)}),
    grouped as (
      select type, moved as name, moved_version as version, coalesce(distribution, '') as distribution, count(*)::int as findings, sum(images)::bigint as clears, max(images) as images,
        max(score) as priority
      from chosen where fixed_version is not null group by 1, 2, 3, 4),
    page as (
      select * from grouped where ${after === null} or (-clears, type, name, version, distribution) > (-${clears}::bigint, ${type}, ${name}, ${version}, ${distribution})
      order by clears desc, type, name, version, distribution limit ${page.limit + 1}),
    members as materialized (
      select page.type, page.name, page.version, page.distribution, c.name as package, c.fixed_version, c.advisory_id, c.score, c.exploited
      from page join chosen c on c.type = page.type and c.moved = page.name and c.moved_version = page.version and coalesce(c.distribution, '') = page.distribution
      where c.fixed_version is not null),
    upgraded as (
      select type, name, version, distribution, array_agg(distinct fixed_version) as fixes, (array_agg(distinct package))[1:50] as packages from members group by 1, 2, 3, 4),
    urgent as (
      select type, name, version, distribution, (array_agg(advisory_id order by score desc, advisory_id))[1:50] as ids, count(*)::int as holes, count(*) filter (where exploited)::int as exploited
      from (select type, name, version, distribution, advisory_id, max(score) as score, bool_or(exploited) as exploited from members group by 1, 2, 3, 4, 5) as hole group by 1, 2, 3, 4)
    select page.*, fixes, packages, ids, holes, exploited, (select count(*) from grouped)::int as total, (select count(*) from chosen where fixed_version is null)::int as unfixable
    from page join upgraded using (type, name, version, distribution) join urgent using (type, name, version, distribution)
    order by clears desc, type, name, version, distribution`.execute(tx);
  const cut = pageOf(rows, page.limit, (row) => [row.clears, row.type, row.name, row.version, row.distribution]);
  const head = rows[0] ?? (await countOnly(tx, scope));
  return { upgrades: cut.rows.map(toGroup), total: head.total, unfixable: head.unfixable, next: cut.next };
}

/** Where no page has rows, or this one has none. */
async function countOnly(tx: Tx, scope: FindingScope): Promise<{ total: number; unfixable: number }> {
  const { rows } = await sql<{ unfixable: number }>`
    with ${findingRows(scope, neededBy(scope.filter))}
    select count(*)::int as unfixable from finding f where ${conditionsOf(scope.filter)} and f.fixed_version is null`.execute(
    tx,
  );
  return { total: 0, unfixable: rows[0]?.unfixable ?? 0 };
}

function toGroup(row: Row): UpgradeGroup {
  return {
    type: row.type,
    name: row.name,
    version: row.version,
    distribution: row.distribution === '' ? null : distributionName(row.distribution),
    to: newestOf(row.type, row.fixes),
    packages: row.packages,
    findings: row.findings,
    holes: row.holes,
    ids: row.ids,
    images: row.images,
    priority: row.priority,
    exploited: row.exploited,
  };
}

/** null where several are named and their order is not known. */
export function newestOf(type: string, versions: readonly string[]): string | null {
  if (versions.length < 2) return versions[0] ?? null;
  const scheme = schemeOfType(type);
  if (scheme === null || !versions.every((version) => isVersion(scheme, version))) return null;
  return versions.reduce((top, version) => (compareVersions(scheme, version, top) > 0 ? version : top));
}
