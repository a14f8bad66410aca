/** One page of an account's findings, in one of four orders. */
import type { Excepted, FindingRow, FindingRows, FindingSort } from '@pratique/contract';
import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import { decodeCursor, pageOf, RankedKey } from './cursor.ts';
import { conditionsOf, type FindingScope, findingRows, rankOf } from './finding-source.ts';
import { type PackageColumns, toListedPackage } from './held.ts';

/** What each order is by, ascending; then the hole's name and the package. */
const ORDERS: Record<FindingSort, readonly [RawBuilder<number>, RawBuilder<number>]> = {
  priority: [sql`-f.score`, sql`-f.images`],
  severity: [rankOf(sql`f.severity`), sql`-f.score`],
  images: [sql`-f.images`, sql`-f.score`],
  'first-seen': [sql`-(extract(epoch from f.first_seen) * 1000000)::bigint`, sql`-f.score`],
};

type Row = PackageColumns & {
  first: number;
  second: number;
  advisory_id: string;
  package_id: number;
  aliases: string[];
  title: string | null;
  severity: FindingRow['severity'];
  status: FindingRow['status'];
  fixed_version: string | null;
  exploited: boolean;
  score: number;
  first_seen: Date;
  excepted: Excepted;
  images: number;
  running: number;
};

export async function listFindings(
  tx: Tx,
  scope: FindingScope,
  page: { sort: FindingSort; after: string | undefined; limit: number },
): Promise<FindingRows> {
  const after = decodeCursor(page.after, RankedKey);
  const [first, second] = ORDERS[page.sort];
  const key = sql`(${first}, ${second}, f.advisory_id, f.package_id)`;
  const from = after
    ? sql`and ${key} > (${after[0]}::bigint, ${after[1]}::bigint, ${after[2]}::text, ${after[3]}::bigint)`
    : sql``;
  // What is shown is read for the rows of the page alone.
  const { rows } = await sql<Row>`
    with ${findingRows(scope)},
    page as (
      select f.package_id, f.advisory_id, f.images, f.running, f.excepted, ${first} as first, ${second} as second from finding f
      where ${conditionsOf(scope.filter)} ${from} order by 6, 7, f.advisory_id, f.package_id limit ${page.limit + 1})
    select page.*, m.aliases, m.title, m.severity, m.status, m.fixed_version, m.exploited, m.score, m.first_seen,
      p.type, p.name, p.version, p.purl, p.source_name, p.source_version, p.architecture, p.distribution
    from page join held_finding m on m.account_id = ${scope.accountId} and m.package_id = page.package_id and m.advisory_id = page.advisory_id
      join held_package p on p.account_id = ${scope.accountId} and p.package_id = page.package_id
    order by page.first, page.second, page.advisory_id, page.package_id`.execute(tx);
  const cut = pageOf(rows, page.limit, (row) => [row.first, row.second, row.advisory_id, row.package_id]);
  return { findings: cut.rows.map(toRow), next: cut.next };
}

function toRow(row: Row): FindingRow {
  return {
    id: row.advisory_id,
    aliases: row.aliases,
    title: row.title,
    severity: row.severity,
    status: row.status,
    fixedVersion: row.fixed_version,
    exploited: row.exploited,
    priority: row.score,
    firstSeen: row.first_seen.toISOString(),
    excepted: row.excepted,
    package: toListedPackage(row),
    images: row.images,
    runningImages: Math.min(row.running, row.images),
  };
}
