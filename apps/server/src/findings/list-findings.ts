/** One page of an account's findings, in one of four orders. */
import type { Excepted, FindingRow, FindingRows, FindingSort } from '@pratique/contract';
import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import type { Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { decodeCursor, pageOf } from './cursor.ts';
import { conditionsOf, EXCEPTED, type FindingScope, findingRows, neededBy } from './finding-source.ts';
import { type PackageColumns, toListedPackage } from './held.ts';

/** What each order is by, all of them falling; then the hole's name, the newest first, and the package. */
const ORDERS: Record<FindingSort, RawBuilder<unknown>> = {
  priority: sql`f.score`,
  severity: sql`severity_weight(f.severity, f.score)`,
  images: sql`f.images`,
  'first-seen': sql`f.first_seen`,
};

type Row = PackageColumns & {
  key: string;
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
  const after = decodeCursor(page.after, Key);
  const key = ORDERS[page.sort];
  const type = page.sort === 'first-seen' ? sql`timestamptz` : sql`int`;
  const from = after
    ? sql`and (${key}, f.advisory_id, f.package_id) < (${checked(after[0], page.sort)}::${type}, ${after[1]}::text, ${after[2]}::bigint)`
    : sql``;
  // What is shown is read for the rows of the page alone.
  const { filter } = scope;
  const { rows } = await sql<Row>`
    with ${findingRows(scope, neededBy(filter))},
    page as materialized (
      select f.package_id, f.advisory_id, f.images, ${key} as key from finding f
      where ${conditionsOf(filter)} ${from} order by ${key} desc, f.advisory_id desc, f.package_id desc limit ${page.limit + 1})
    select page.package_id, page.advisory_id, page.images, coalesce(running.images, 0) as running, ${EXCEPTED} as excepted, page.key::text as key, m.aliases, m.title, m.severity,
      m.status, m.fixed_version, m.exploited, m.score, m.first_seen, p.type, p.name, p.version, p.purl, p.source_name, p.source_version, p.architecture, p.distribution
    from page join held_finding m on m.account_id = ${scope.accountId} and m.package_id = page.package_id and m.advisory_id = page.advisory_id
      join held_package p on p.account_id = ${scope.accountId} and p.package_id = page.package_id
      left join running on running.package_id = page.package_id
      left join covered on covered.package_id = page.package_id and covered.advisory_id = page.advisory_id
    order by page.key desc, page.advisory_id desc, page.package_id desc`.execute(tx);
  const cut = pageOf(rows, page.limit, (row) => [row.key, row.advisory_id, row.package_id]);
  return { findings: cut.rows.map(toRow), next: cut.next };
}

const Key = z.tuple([z.string().max(60), z.string().max(400), z.number().int()]);

/** A page of one order says nothing of where a page of another begins. */
function checked(key: string, sort: FindingSort): string {
  const fits = sort === 'first-seen' ? /^\d{4}-\d\d-\d\d [\d:.]+[+-]\d\d(:\d\d)?$/ : /^\d{1,9}$/;
  if (!fits.test(key)) throw new ServerError('invalid', `after: is not of a page sorted by ${sort}`);
  return key;
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
