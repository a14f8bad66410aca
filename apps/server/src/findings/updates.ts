/** What updates of the advisories changed, as far as it concerns packages of the account's images. */
import type {
  AdvisoryChangeRow,
  AdvisoryChangeRows,
  AdvisoryUpdate,
  AdvisoryUpdateDetail,
  AdvisoryUpdates,
  ChangeKind,
} from '@pratique/contract';
import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import type { Tx } from '../db/connect.ts';
import { KEPT_DAYS } from '../scan/forget-updates.ts';
import type { Known } from '../scan/record-update.ts';
import { decodeCursor, OneNumber, pageOf } from './cursor.ts';
import { type PackageColumns, toListedPackage } from './held.ts';
import { type Asked, countHolders, type Page } from './holders.ts';

type UpdateRow = {
  update_id: number;
  from_snapshot: string | null;
  to_snapshot: string;
  at: Date;
  finished_at: Date | null;
  newest: boolean;
  affected: number;
  cleared: number;
  changed: number;
  holes: number;
  packages: number;
};

/** The newest first; those that changed nothing of the account's are left out. */
export async function listUpdates(tx: Tx, accountId: string, page: Page): Promise<AdvisoryUpdates> {
  const [before] = decodeCursor(page.after, OneNumber) ?? [null];
  const rows = await readUpdates(
    tx,
    accountId,
    sql`${before}::bigint is null or u.update_id < ${before}::bigint`,
    page.limit + 1,
  );
  const cut = pageOf(rows, page.limit, (row) => [row.update_id]);
  return { updates: cut.rows.map(toUpdate), next: cut.next, keptDays: KEPT_DAYS };
}

async function readUpdates(tx: Tx, accountId: string, which: RawBuilder<unknown>, limit: number): Promise<UpdateRow[]> {
  const { rows } = await sql<UpdateRow>`
    select u.update_id, u.from_snapshot, u.to_snapshot, u.at, u.finished_at, u.update_id = (select max(update_id) from advisory_update) as newest, counted.*
    from advisory_update u cross join lateral (
      select count(*) filter (where r.kind = 'affected')::int as affected, count(*) filter (where r.kind = 'cleared')::int as cleared, count(*) filter (where r.kind = 'changed')::int as changed,
        count(distinct r.advisory_id)::int as holes, count(distinct r.package_id)::int as packages
      from held_update r where r.account_id = ${accountId} and r.update_id = u.update_id) as counted
    where (${which}) and counted.holes > 0 order by u.update_id desc limit ${limit}`.execute(tx);
  return rows;
}

function toUpdate(row: UpdateRow): AdvisoryUpdate {
  const { affected, cleared, changed, holes, packages } = row;
  return {
    id: row.update_id,
    from: row.from_snapshot,
    to: row.to_snapshot,
    state: stateOf(row),
    at: row.at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
    affected,
    cleared,
    changed,
    holes,
    packages,
  };
}

function stateOf({ finished_at: finishedAt, newest }: UpdateRow): AdvisoryUpdate['state'] {
  if (finishedAt !== null) return 'finished';
  return newest ? 'running' : 'overtaken';
}

/** null where there is none, or none that the account may know of. */
export async function readUpdate(tx: Tx, accountId: string, id: number): Promise<AdvisoryUpdate | null> {
  const [row] = await readUpdates(tx, accountId, sql`u.update_id = ${id}::bigint`, 1);
  return row ? toUpdate(row) : null;
}

export async function describeUpdate(tx: Tx, accountId: string, update: AdvisoryUpdate): Promise<AdvisoryUpdateDetail> {
  return {
    ...update,
    newlyAffected: await countHolders(tx, touchedBy(accountId, update, 'affected')),
    newlyCleared: await countHolders(tx, touchedBy(accountId, update, 'cleared')),
  };
}

/** Whom an update touched in one way: images that were there when it ended. */
export function touchedBy(accountId: string, { id, finishedAt }: AdvisoryUpdate, kind: ChangeKind): Asked {
  return {
    accountId,
    packages: sql`select r.package_id from held_update r where r.account_id = ${accountId} and r.update_id = ${id}::bigint and r.kind = ${kind}`,
    until: finishedAt === null ? null : new Date(finishedAt),
  };
}

type ChangeRow = PackageColumns & {
  update_id: number;
  at: Date;
  kind: ChangeKind;
  advisory_id: string;
  package_id: number;
  aliases: string[];
  title: string | null;
  before: Known | null;
  after: Known | null;
  images: number;
};

const KINDS: readonly ChangeKind[] = ['affected', 'cleared', 'changed'];
const Key = z.tuple([z.number().int(), z.number().int(), z.string().max(400), z.number().int()]);

/**
 * The newest update first, in it what is newly affected, then what is cleared, then what is said otherwise.
 * @param which a condition over `held_update r`
 */
export async function listChanges(
  tx: Tx,
  accountId: string,
  which: RawBuilder<unknown>,
  page: Page,
): Promise<AdvisoryChangeRows> {
  const after = decodeCursor(page.after, Key);
  const [update, kind, advisory, id] = after ?? [0, 0, '', 0];
  const place = sql`array_position(array[${sql.join([...KINDS])}]::text[], r.kind)`;
  const { rows } = await sql<ChangeRow>`
    with page as (
      select r.update_id, r.at, r.kind, r.advisory_id, r.package_id, r.aliases, r.title, r.before, r.after, r.images, ${place} as place from held_update r
      where r.account_id = ${accountId} and (${which})
        and (${after === null} or (-r.update_id, ${place}, r.advisory_id, r.package_id) > (-${update}::bigint, ${kind}::int, ${advisory}, ${id}::bigint))
      order by r.update_id desc, place, r.advisory_id, r.package_id limit ${page.limit + 1})
    select page.*, p.type, p.name, p.version, p.purl, p.source_name, p.source_version, p.architecture, p.distribution
    from page join held_package p on p.account_id = ${accountId} and p.package_id = page.package_id
    order by page.update_id desc, page.place, page.advisory_id, page.package_id`.execute(tx);
  const cut = pageOf(rows, page.limit, (row) => [
    row.update_id,
    KINDS.indexOf(row.kind) + 1,
    row.advisory_id,
    row.package_id,
  ]);
  return { rows: cut.rows.map(toChange), next: cut.next };
}

function toChange(row: ChangeRow): AdvisoryChangeRow {
  return {
    change: row.update_id,
    at: row.at.toISOString(),
    kind: row.kind,
    id: row.advisory_id,
    aliases: row.aliases,
    title: row.title,
    package: toListedPackage(row),
    before: row.before,
    after: row.after,
    images: row.images,
  };
}
