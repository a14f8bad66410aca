/** The rows that lists, facets and upgrades of an account's findings are made from, narrowed as asked. */
import type { Excepted, FindingFilter } from '@pratique/contract';
import { type RawBuilder, sql } from 'kysely';
import { matchesAny } from '../auth/pattern.ts';
import type { Tx } from '../db/connect.ts';
import { readActiveExceptions } from '../gate/exceptions.ts';
import type { AccountFacts } from './account-facts.ts';

export type FindingScope = {
  accountId: string;
  facts: AccountFacts;
  filter: FindingFilter;
  /** null: of all repositories. */
  repositoryId: string | null;
  exceptions: { id: string; package: string | null; whole: boolean }[];
};

/** @returns null where the account has no repository of the name that is asked for */
export async function readScope(
  tx: Tx,
  accountId: string,
  facts: AccountFacts,
  filter: FindingFilter,
): Promise<FindingScope | null> {
  let repositoryId: string | null = null;
  if (filter.repository !== undefined) {
    const { rows } = await sql<{ repository_id: string }>`
      select repository_id from repository where account_id = ${accountId} and name = ${filter.repository}`.execute(tx);
    repositoryId = rows[0]?.repository_id ?? null;
    if (repositoryId === null) return null;
  }
  return { accountId, facts, filter, repositoryId, exceptions: await readExceptions(tx, accountId, filter.repository) };
}

async function readExceptions(
  tx: Tx,
  accountId: string,
  repository: string | undefined,
): Promise<FindingScope['exceptions']> {
  const active = await readActiveExceptions(tx, accountId);
  return active.flatMap((exception) => {
    if (exception.kind !== 'finding') return [];
    const { id, package: name, repositories } = exception.selector;
    if (repository !== undefined)
      return matchesAny(repositories, repository) ? [{ id, package: name ?? null, whole: true }] : [];
    return [{ id, package: name ?? null, whole: repositories.includes('**') }];
  });
}

const NONE: Excepted = 'none';
/** How far the hole is excepted, where `covered` is joined. */
export const EXCEPTED: RawBuilder<Excepted> = sql<Excepted>`case when covered.whole then 'all' when covered.whole is not null then 'some' else 'none' end`;

/**
 * The `with` list that defines `finding`: every row of the scope, with `images`, `running` and `excepted`; unfiltered but
 * for repository and search.
 * @param with `named`: also what the package is called, and what it was built from; `running`, `excepted`: left out where
 * they are not asked for, since a page that needs no join to be chosen is read in its order
 */
export function findingRows(
  { accountId, facts, filter, repositoryId, exceptions }: FindingScope,
  { named = false, running = true, excepted = true }: { named?: boolean; running?: boolean; excepted?: boolean } = {},
): RawBuilder<unknown> {
  const { packages, images } = facts.running;
  const search = filter.search?.trim().toLowerCase() ?? '';
  const counted = repositoryId === null ? sql`f.images` : sql`rp.images`;
  const ofRepository =
    repositoryId === null
      ? sql``
      : sql`join repository_package rp on rp.repository_id = ${repositoryId} and rp.package_id = f.package_id`;
  const matching = search === '' ? sql`` : sql`and strpos(f.search, ${search}) > 0`;
  const chosen = chosenPackages(accountId, filter);
  const source = named ? sql`held_finding_of_package` : sql`held_finding`;
  const names = named ? sql`f.name, f.version, f.source_name, f.source_version, f.distribution,` : sql``;
  const runs = running
    ? {
        column: sql`, coalesce(running.images, 0) as running`,
        join: sql`left join running on running.package_id = f.package_id`,
      }
    : { column: sql``, join: sql`` };
  let except = { column: sql``, join: sql`` };
  if (excepted)
    except =
      exceptions.length === 0
        ? { column: sql`, ${NONE}::text as excepted`, join: sql`` }
        : {
            column: sql`, ${EXCEPTED} as excepted`,
            join: sql`left join covered on covered.package_id = f.package_id and covered.advisory_id = f.advisory_id`,
          };
  return sql`
    running as materialized (select * from unnest(${packages}::bigint[], ${images}::int[]) as running (package_id, images)),
    covered as materialized (${coveredBy(accountId, exceptions)}),
    finding as (
      select f.package_id, f.advisory_id, f.severity, f.score, f.exploited, f.fixed_version, f.first_seen, f.package_type as type, ${names} ${counted} as images ${runs.column} ${except.column}
      from ${source} f ${ofRepository} ${runs.join} ${except.join}
      where f.account_id = ${accountId} ${matching} ${chosen})`;
}

/** Whether the filter is about what facets do not count: then no other choice's count can be made from theirs. */
export const isNarrowed = ({ repository, search, package: name, version, purl }: FindingFilter): boolean =>
  [repository, search?.trim() || undefined, name, version, purl].some((one) => one !== undefined);

/** Findings of the packages that are named, of the packages of a source package, or of one package alone. */
function chosenPackages(accountId: string, filter: FindingFilter): RawBuilder<unknown> {
  const { package: name, version, source, purl } = filter;
  const all = [
    ...(name === undefined ? [] : [source ? sql`p.source_name = ${name}` : sql`p.name = ${name}`]),
    ...(version === undefined ? [] : [source ? sql`p.source_version = ${version}` : sql`p.version = ${version}`]),
    ...(purl === undefined ? [] : [sql`p.purl = ${purl}`]),
  ];
  if (all.length === 0) return sql``;
  return sql`and f.package_id in (select p.package_id from held_package p where p.account_id = ${accountId} and ${sql.join(all, sql` and `)})`;
}

/** Exceptions name few holes: they are looked up by name, not compared with every row. */
function coveredBy(accountId: string, exceptions: FindingScope['exceptions']): RawBuilder<unknown> {
  const named = sql`unnest(${exceptions.map((one) => one.id)}::text[], ${exceptions.map((one) => one.package)}::text[], ${exceptions.map((one) => one.whole)}::bool[]) as e (id, package, whole)`;
  return sql`
      select package_id, advisory_id, bool_or(whole) as whole from (
        select h.package_id, h.advisory_id, e.package, h.name, e.whole from ${named} join held_finding_of_package h on h.account_id = ${accountId} and h.advisory_id = e.id
        union all
        select h.package_id, h.advisory_id, e.package, h.name, e.whole from ${named} join held_finding_of_package h on h.account_id = ${accountId} and h.aliases @> array[e.id]) as named
      where package is null or package = name group by package_id, advisory_id`;
}

/** Which joins rows are chosen by. */
export const neededBy = ({ running, excepted }: FindingFilter) => ({
  running: running !== undefined,
  excepted: excepted !== undefined,
});

/** What one facet is about, over the columns of `finding`. */
export type Choice = 'severity' | 'fixable' | 'exploited' | 'running' | 'type' | 'excepted';

/** The conditions of the filter over `finding f`. */
export function conditionsOf(filter: FindingFilter): RawBuilder<unknown> {
  const all: RawBuilder<unknown>[] = [sql`true`];
  if (filter.severity) all.push(sql`f.severity = any (${filter.severity}::text[])`);
  if (filter.fixable !== undefined) all.push(sql`(f.fixed_version is not null) = ${filter.fixable}`);
  if (filter.exploited !== undefined) all.push(sql`f.exploited = ${filter.exploited}`);
  if (filter.running !== undefined) all.push(sql`(f.running > 0) = ${filter.running}`);
  if (filter.type) all.push(sql`f.type = any (${filter.type}::text[])`);
  if (filter.excepted) all.push(sql`f.excepted = any (${filter.excepted}::text[])`);
  return sql.join(all, sql` and `);
}
