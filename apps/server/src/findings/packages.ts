/** Packages that the images of an account hold: found by name, and one of them in all its versions. */
import type { PackagePage, PackageRow, PackageRows, SeverityCounts } from '@pratique/contract';
import { schemeOfType } from '@pratique/scan/advisories/ecosystems';
import { compareVersions, isVersion } from '@pratique/scan/versions/compare';
import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import type { Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { decodeCursor, pageOf } from './cursor.ts';
import { type PackageColumns, toListedPackage } from './held.ts';
import { countHolders } from './holders.ts';
import { newestOf } from './list-upgrades.ts';

export type PackageFilter = {
  /** Exact, or where `search` is given a part of it. */
  name?: string | undefined;
  search?: string | undefined;
  type?: string | undefined;
  /** Beginning of a version: `2.` for all of 2. */
  version?: string | undefined;
  /** Versions before this one, in the order of the package's own kind; needs a name. */
  below?: string | undefined;
  /** Name and version are those of the source package that a distribution built it from. */
  source?: boolean | undefined;
  /** The version is the whole one. */
  exact?: boolean | undefined;
  /** Exactly this package. */
  purl?: string | undefined;
  /** Whether a source of advisories answers for it. */
  covered?: boolean | undefined;
};

/** Versions of one name that are put in order to see which are below; more are refused. */
const MANY_VERSIONS = 20_000;

/**
 * A query that gives the `package_id` of each.
 * @throws ServerError `invalid` where versions have no order, or are too many
 */
export async function packagesOf(tx: Tx, accountId: string, filter: PackageFilter): Promise<RawBuilder<unknown>> {
  const { name, search, type, version, below, source, exact, purl, covered } = filter;
  const named = source
    ? { name: sql`p.source_name`, version: sql`p.source_version` }
    : { name: sql`p.name`, version: sql`p.version` };
  const all = sql.join(
    [
      sql`p.account_id = ${accountId}`,
      ...(name === undefined ? [] : [sql`${named.name} = ${name}`]),
      ...(search === undefined ? [] : [sql`strpos(lower(p.name), ${search.toLowerCase()}) > 0`]),
      ...(type === undefined ? [] : [sql`p.type = ${type}`]),
      ...(version === undefined
        ? []
        : [exact ? sql`${named.version} = ${version}` : sql`starts_with(${named.version}, ${version})`]),
      ...(purl === undefined ? [] : [sql`p.purl = ${purl}`]),
      ...(covered === undefined
        ? []
        : [
            sql`exists (select from held_matched m where m.account_id = ${accountId} and m.package_id = p.package_id and m.covered = ${covered})`,
          ]),
    ],
    sql` and `,
  );
  const query = sql`select p.package_id from held_package p where ${all}`;
  if (below === undefined) return query;
  if (name === undefined) throw new ServerError('invalid', 'below: needs the exact name of the package');
  const { rows } = await sql<{ package_id: number; type: string; version: string }>`
    select p.package_id, p.type, p.version from held_package p where ${all} limit ${MANY_VERSIONS + 1}`.execute(tx);
  if (rows.length > MANY_VERSIONS)
    throw new ServerError(
      'invalid',
      `below: there are more than ${MANY_VERSIONS} packages of that name; name the type`,
    );
  const ids = rows.filter((row) => isBelow(row.type, row.version, below)).map((row) => row.package_id);
  return sql`select unnest(${ids}::bigint[]) as package_id`;
}

/** What cannot be compared counts as below: it may be. */
function isBelow(type: string, version: string, limit: string): boolean {
  const scheme = schemeOfType(type);
  if (scheme === null || !isVersion(scheme, version)) return true;
  if (!isVersion(scheme, limit))
    throw new ServerError('invalid', `below: ${JSON.stringify(limit)} is no version of the type ${type}`);
  return compareVersions(scheme, version, limit) < 0;
}

type Row = PackageColumns & Counted & { package_id: number; images: number; covered: boolean };
type Counted = SeverityCounts & { fixable: number; exploited: number };

const COUNTS = sql`
  count(*) filter (where severity = 'critical')::int as critical, count(*) filter (where severity = 'high')::int as high, count(*) filter (where severity = 'medium')::int as medium,
  count(*) filter (where severity = 'low')::int as low, count(*) filter (where severity = 'negligible')::int as negligible, count(*) filter (where severity = 'unknown')::int as unknown,
  count(fixed_version)::int as fixable, count(*) filter (where exploited)::int as exploited`;

const countsOf = ({ critical, high, medium, low, negligible, unknown }: Counted): SeverityCounts => ({
  critical,
  high,
  medium,
  low,
  negligible,
  unknown,
});

const Key = z.tuple([z.string().max(1000), z.string().max(1000), z.number().int()]);

/** By name, version as text, and where both are equal the older row. */
export async function listPackages(
  tx: Tx,
  accountId: string,
  packages: RawBuilder<unknown>,
  page: { after: string | undefined; limit: number },
): Promise<PackageRows> {
  const after = decodeCursor(page.after, Key);
  const [name, version, id] = after ?? ['', '', 0];
  const { rows } = await sql<Row>`
    with page as (
      select * from held_package p where p.account_id = ${accountId} and p.package_id in (${packages})
        and (${after === null} or (p.name, p.version, p.package_id) > (${name}, ${version}, ${id}::bigint))
      order by p.name, p.version, p.package_id limit ${page.limit + 1})
    select page.package_id, page.type, page.name, page.version, page.purl, page.source_name, page.source_version, page.architecture, page.distribution, page.images, counted.*,
      coalesce((select m.covered from held_matched m where m.account_id = ${accountId} and m.package_id = page.package_id), false) as covered
    from page cross join lateral (select ${COUNTS} from held_finding f where f.account_id = ${accountId} and f.package_id = page.package_id) as counted
    order by page.name, page.version, page.package_id`.execute(tx);
  const cut = pageOf(rows, page.limit, (row) => [row.name, row.version, row.package_id]);
  return { packages: cut.rows.map(toRow), next: cut.next };
}

function toRow(row: Row): PackageRow {
  return {
    ...toListedPackage(row),
    images: row.images,
    findings: countsOf(row),
    fixable: row.fixable,
    exploited: row.exploited,
    covered: row.covered,
  };
}

/** @returns null where no image of the account holds it */
export async function readPackagePage(
  tx: Tx,
  accountId: string,
  packages: RawBuilder<unknown>,
): Promise<Omit<PackagePage, 'offered'> | null> {
  const { rows } = await sql<
    Counted & { versions: number; type: string; name: string; fixes: string[]; uncovered: number }
  >`
    with asked as materialized (select * from held_package p where p.account_id = ${accountId} and p.package_id in (${packages}))
    select counted.*, (select count(*) from asked)::int as versions, (select min(type) from asked) as type, (select min(name) from asked) as name,
      (select count(*) from asked join held_matched m on m.account_id = ${accountId} and m.package_id = asked.package_id where not m.covered)::int as uncovered
    from (select ${COUNTS}, coalesce(array_agg(distinct fixed_version) filter (where fixed_version is not null), '{}') as fixes
          from held_finding f where f.account_id = ${accountId} and f.package_id in (select package_id from asked)) as counted`.execute(
    tx,
  );
  const row = rows[0];
  if (!row || row.versions === 0) return null;
  return {
    type: row.type,
    name: row.name,
    versions: row.versions,
    holders: await countHolders(tx, { accountId, packages, until: null }),
    findings: countsOf(row),
    fixable: row.fixable,
    exploited: row.exploited,
    fixedVersion: newestOf(row.type, row.fixes),
    licenses: await readLicenses(tx, accountId, packages),
    uncovered: row.uncovered,
  };
}

/** Of how many images licences are read: the same package says the same in most. */
const LICENSED = 2000;

async function readLicenses(tx: Tx, accountId: string, packages: RawBuilder<unknown>): Promise<string[]> {
  const { rows } = await sql<{ license: string }>`
    select distinct unnest(licenses) as license
    from (select c.licenses from held_content c where c.account_id = ${accountId} and c.package_id in (${packages}) limit ${LICENSED}) as read order by 1 limit 50`.execute(
    tx,
  );
  return rows.map((row) => row.license);
}
