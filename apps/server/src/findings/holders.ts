/** Who has one of some packages: images, containers that run them, customers that received them. */
import type { HolderCounts, HoldingCustomers, HoldingImages, HoldingPlacements } from '@pratique/contract';
import { type RawBuilder, sql } from 'kysely';
import { type PlacedRow, toPlacement } from '../cluster/read-cluster.ts';
import type { Tx } from '../db/connect.ts';
import { decodeCursor, FourTexts, NumberAndText, pageOf } from './cursor.ts';

export type Asked = {
  accountId: string;
  /** A query that gives `package_id`. */
  packages: RawBuilder<unknown>;
  /** Only images that were there by then; null: all. */
  until: Date | null;
  /** A query that gives `package_id`: images that hold one of these are left out. */
  without?: RawBuilder<unknown>;
};

export type Page = { after?: string | undefined; limit: number };

const has = ({ accountId, packages, until, without }: Asked) => sql`
  select distinct c.repository_id, c.digest, c.inventory_id, c.held_since from held_content c
  where c.account_id = ${accountId} and c.package_id in (${packages}) and (${until}::timestamptz is null or c.held_since <= ${until}::timestamptz)
    ${without ? sql`and not exists (select from held_content o where o.account_id = ${accountId} and o.inventory_id = c.inventory_id and o.package_id in (${without}))` : sql``}`;

/** Containers by the digests that they may run: those they name, and the platforms where that is an index. */
const containersOf = (accountId: string) => sql`
  named as (
    select p.cluster_id, p.pod_uid, p.container, said.digest from placement p cross join lateral (values (p.digest), (p.running_digest)) as said (digest)
    where p.account_id = ${accountId} and said.digest is not null),
  ran as (
    select * from named
    union select n.cluster_id, n.pod_uid, n.container, e.child from named n join manifest_edge e on e.parent = n.digest and e.kind = 'manifest')`;

/** What was delivered, by the digests of its platforms as well. */
const deliveredBy = (accountId: string) => sql`
  sent as (
    select receipt_id, counterparty, repository_id, repository, tag, digest as root, digest, at from receipt where account_id = ${accountId} and side = 'sent'),
  delivered as (
    select * from sent
    union select s.receipt_id, s.counterparty, s.repository_id, s.repository, s.tag, s.root, e.child, s.at from sent s join manifest_edge e on e.parent = s.digest and e.kind = 'manifest')`;

export async function countHolders(tx: Tx, asked: Asked): Promise<HolderCounts> {
  const { rows } = await sql<HolderCounts>`
    with has as materialized (${has(asked)}), ${containersOf(asked.accountId)}, ${deliveredBy(asked.accountId)},
    running as (select distinct ran.cluster_id, ran.pod_uid, ran.container from ran where exists (select from has where has.digest = ran.digest))
    select (select count(*) from has)::int as images, (select count(distinct repository_id) from has)::int as repositories,
      (select count(*) from running)::int as containers, (select count(distinct cluster_id) from running)::int as clusters,
      (select count(distinct d.counterparty) from delivered d join has on has.repository_id = d.repository_id and has.digest = d.digest)::int as customers`.execute(
    tx,
  );
  return rows[0] ?? { images: 0, repositories: 0, containers: 0, clusters: 0, customers: 0 };
}

type ImageRow = {
  repository_id: string;
  inventory_id: number;
  repository: string;
  digest: string;
  indexes: string[];
  tags: string[];
  held_since: Date;
  decision: 'allow' | 'deny' | null;
  state: string | null;
  containers: number;
  packages: { name: string; version: string; type: string }[];
};

/** Images that were examined last come first. */
export async function listHoldingImages(tx: Tx, asked: Asked, page: Page): Promise<HoldingImages> {
  const [inventory, repository] = decodeCursor(page.after, NumberAndText) ?? [null, null];
  const { rows } = await sql<ImageRow>`
    with has as (${has(asked)}),
    page as (
      select * from has where ${inventory}::bigint is null or (inventory_id, repository_id::text) < (${inventory}::bigint, ${repository}::text)
      order by inventory_id desc, repository_id::text desc limit ${page.limit + 1})
    select page.repository_id, page.inventory_id, r.name as repository, page.digest, page.held_since, known.indexes,
      array(select t.name from tag t where t.repository_id = page.repository_id and t.digest = any (page.digest || known.indexes) order by t.updated_at desc, t.name limit 20) as tags,
      v.decision, case when v.state = 'valid' and v.valid_until <= now() then 'expired' else v.state end as state,
      (select count(*) from placement p where p.account_id = ${asked.accountId} and (p.digest = any (page.digest || known.indexes) or p.running_digest = any (page.digest || known.indexes)))::int as containers,
      (select coalesce(jsonb_agg(one), '[]') from (
        select distinct p.name, p.version, p.type from held_content c join held_package p on p.package_id = c.package_id and p.account_id = c.account_id
        where c.account_id = ${asked.accountId} and c.repository_id = page.repository_id and c.digest = page.digest and c.package_id in (${asked.packages})
        order by p.name, p.version limit 20) as one) as packages
    from page join repository r using (repository_id)
    cross join lateral (select array(
      select distinct e.parent from manifest_edge e join repository_manifest m on m.repository_id = page.repository_id and m.digest = e.parent
      where e.child = page.digest and e.kind = 'manifest' order by e.parent limit 20) as indexes) known
    left join lateral (
      select decision, state, valid_until from verdict v where v.account_id = ${asked.accountId} and v.repository_id = page.repository_id and v.digest = any (page.digest || known.indexes)
      order by v.digest = page.digest desc, v.decided_at desc limit 1) v on true
    order by page.inventory_id desc, page.repository_id::text desc`.execute(tx);
  const cut = pageOf(rows, page.limit, (row) => [row.inventory_id, row.repository_id]);
  return {
    next: cut.next,
    images: cut.rows.map((row) => ({
      repository: row.repository,
      digest: row.digest,
      indexes: row.indexes,
      tags: row.tags,
      pushedAt: row.held_since.toISOString(),
      decision: row.decision,
      verdictState: row.state,
      containers: row.containers,
      packages: row.packages,
    })),
  };
}

export async function listHoldingPlacements(tx: Tx, asked: Asked, page: Page, now: Date): Promise<HoldingPlacements> {
  const after = decodeCursor(page.after, FourTexts);
  const [cluster, namespace, pod, container] = after ?? ['', '', '', ''];
  const { rows } = await sql<PlacedRow>`
    with has as materialized (${has(asked)}), ${containersOf(asked.accountId)},
    running as (select distinct ran.cluster_id, ran.pod_uid, ran.container from ran where exists (select from has where has.digest = ran.digest))
    select c.name as cluster, p.namespace, p.workload_kind, p.workload_name, p.pod, p.container, p.image, p.digest, p.running_digest, p.started_at, g.reported_at
    from running join placement p using (cluster_id, pod_uid, container) join cluster c using (cluster_id) left join cluster_agent g using (cluster_id)
    where ${after === null} or (c.name, p.namespace, p.pod, p.container) > (${cluster}, ${namespace}, ${pod}, ${container})
    order by c.name, p.namespace, p.pod, p.container limit ${page.limit + 1}`.execute(tx);
  const cut = pageOf(rows, page.limit, (row) => [row.cluster, row.namespace, row.pod, row.container]);
  return { placements: cut.rows.map((row) => toPlacement(row, now)), next: cut.next };
}

type CustomerRow = {
  receipt_id: string;
  counterparty: string;
  repository: string;
  tag: string;
  root: string;
  at: Date;
  micros: number;
};

/** The newest delivery first. */
export async function listHoldingCustomers(tx: Tx, asked: Asked, page: Page): Promise<HoldingCustomers> {
  const [at, id] = decodeCursor(page.after, NumberAndText) ?? [null, null];
  const { rows } = await sql<CustomerRow>`
    with has as materialized (${has(asked)}), ${deliveredBy(asked.accountId)},
    reached as (
      select distinct d.receipt_id, d.counterparty, d.repository, d.tag, d.root, d.at, (extract(epoch from d.at) * 1000000)::bigint as micros
      from delivered d join has on has.repository_id = d.repository_id and has.digest = d.digest)
    select * from reached where ${at}::bigint is null or (micros, receipt_id::text) < (${at}::bigint, ${id}::text)
    order by micros desc, receipt_id::text desc limit ${page.limit + 1}`.execute(tx);
  const cut = pageOf(rows, page.limit, (row) => [row.micros, row.receipt_id]);
  return {
    next: cut.next,
    customers: cut.rows.map((row) => ({
      customer: row.counterparty,
      repository: row.repository,
      tag: row.tag,
      digest: row.root,
      at: row.at.toISOString(),
    })),
  };
}
