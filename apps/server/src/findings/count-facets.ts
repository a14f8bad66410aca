/** How many findings each further choice would leave. */
import type { FacetValue, FindingFacets, FindingFilter } from '@pratique/contract';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import { type Choice, conditionsOf, type FindingScope, findingRows, neededBy } from './finding-source.ts';

/** Rows that are alike in everything that can be chosen. */
export type Cell = Record<Choice, string> & { count: number };

const CHOICES: readonly Choice[] = ['severity', 'fixable', 'exploited', 'running', 'type', 'excepted'];
const ORDER: Partial<Record<Choice, readonly string[]>> = {
  severity: ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'],
  fixable: ['true', 'false'],
  exploited: ['true', 'false'],
  running: ['true', 'false'],
  excepted: ['none', 'some', 'all'],
};

/**
 * @param cells of the scope without the choices that facets are about
 * @param repositories also by repository, which takes longer than all the rest
 */
export async function countFacets(
  tx: Tx,
  scope: FindingScope,
  cells: readonly Cell[],
  repositories: boolean,
): Promise<FindingFacets> {
  const chosen = (choice: Choice) => chosenOf(scope.filter, choice);
  const passes = (cell: Cell, except: Choice | null) =>
    CHOICES.every((choice) => choice === except || (chosen(choice)?.includes(cell[choice]) ?? true));
  const facet = (choice: Choice): FacetValue[] => {
    const counts = new Map((ORDER[choice] ?? []).map((value) => [value, 0]));
    for (const cell of cells)
      if (passes(cell, choice)) counts.set(cell[choice], (counts.get(cell[choice]) ?? 0) + cell.count);
    const values = [...counts].map(([value, count]) => ({ value, count }));
    return ORDER[choice] ? values : values.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
  };
  return {
    total: cells.filter((cell) => passes(cell, null)).reduce((sum, cell) => sum + cell.count, 0),
    severity: facet('severity'),
    fixable: facet('fixable'),
    exploited: facet('exploited'),
    running: facet('running'),
    type: facet('type'),
    excepted: facet('excepted'),
    repository: repositories ? await readRepositories(tx, scope) : [],
    unknown: { unscannedImages: scope.facts.unscannedImages, uncoveredPackages: scope.facts.uncoveredPackages },
  };
}

function chosenOf(filter: FindingFilter, choice: Choice): readonly string[] | undefined {
  const value = filter[choice];
  return typeof value === 'boolean' ? [String(value)] : value;
}

/** One pass over the rows, a few hundred cells: whatever is chosen further is counted from them. */
export async function readCells(tx: Tx, scope: FindingScope): Promise<Cell[]> {
  const { rows } = await sql<Cell>`
    with ${findingRows(scope)}
    select severity, fixable::text, exploited::text, running::text, type, excepted, count from (
      select f.severity, f.fixed_version is not null as fixable, f.exploited, f.running > 0 as running, f.type, f.excepted, count(*)::int as count
      from finding f group by 1, 2, 3, 4, 5, 6) as cell`.execute(tx);
  return rows;
}

async function readRepositories(tx: Tx, scope: FindingScope): Promise<FacetValue[]> {
  const everywhere = { ...scope, repositoryId: null };
  const { rows } = await sql<FacetValue>`
    with ${findingRows(everywhere, neededBy(scope.filter))},
    per_package as materialized (select f.package_id, count(*) as findings from finding f where ${conditionsOf(scope.filter)} group by f.package_id),
    per_repository as (
      select rp.repository_id, sum(per_package.findings)::int as count from repository_package rp join per_package using (package_id)
      where rp.account_id = ${scope.accountId} group by rp.repository_id)
    select r.name as value, count from per_repository join repository r using (repository_id) order by count desc, value limit 50`.execute(
    tx,
  );
  return rows;
}
