/** What of a finding's priority is the same in every image: stored with the match, to sort by. */
import type { Finding } from '@pratique/contract';
import { type AdvisoryStore, type Likelihood, prioritise } from '@pratique/scan';
import { EPSS } from '@pratique/scan/advisories/importers/epss';
import { sql } from 'kysely';
import { asSystem, type Db, type Tx } from '../db/connect.ts';

/** Another number computes all scores anew: raise it when the factors weigh otherwise. */
const FORMULA = 1;

/** From 0 to 86: without what the image's configuration adds. */
export function scoreOf(finding: Finding, likelihood: (cve: string) => Likelihood | null): number {
  return prioritise([finding], { likelihood, exposure: null })[0]?.priority.score ?? 0;
}

/** All names of the hole, its title and the package's name, in lower case. */
export function searchTextOf({ id, aliases, title, package: { name } }: Finding): string {
  return [id, ...aliases, title ?? '', name].join(' ').toLowerCase();
}

const BATCH = 2000;

/**
 * Brings the stored scores to the store's likelihoods, which change daily for every hole. No verdict depends on them.
 * Safe to end anywhere: what was not reached is done by the next call.
 * @returns how many changed
 */
export async function refreshScores(db: Db, store: AdvisoryStore): Promise<number> {
  const made = `${FORMULA}:${store.shards(EPSS)}`;
  if ((await asSystem(db, readMade)) === made) return 0;
  const likelihood = remembered((cve) => store.likelihood(cve));
  let changed = 0;
  for (let after: Key | null = { package_id: 0, advisory_id: '' }; after !== null; ) {
    const from: Key = after;
    const batch = await asSystem(db, (tx) => refreshBatch(tx, from, likelihood));
    changed += batch.changed;
    after = batch.last;
  }
  await asSystem(db, (tx) => writeMade(tx, made));
  return changed;
}

type Key = { package_id: number; advisory_id: string };
type Row = Key & {
  aliases: string[];
  severity: Finding['severity'];
  status: Finding['status'];
  fixed_version: string | null;
  exploited: boolean;
  score: number;
};

async function refreshBatch(
  tx: Tx,
  after: Key,
  likelihood: (cve: string) => Likelihood | null,
): Promise<{ changed: number; last: Key | null }> {
  const { rows } = await sql<Row>`
    select package_id, advisory_id, aliases, severity, status, fixed_version, exploited, score from package_match
    where (package_id, advisory_id) > (${after.package_id}::bigint, ${after.advisory_id}) order by package_id, advisory_id limit ${BATCH}`.execute(
    tx,
  );
  const other = rows
    .map((row) => ({ row, score: scoreOf(findingOf(row), likelihood) }))
    .filter(({ row, score }) => row.score !== score);
  if (other.length > 0)
    await sql`
      update package_match m set score = now.score
      from unnest(${other.map(({ row }) => row.package_id)}::bigint[], ${other.map(({ row }) => row.advisory_id)}::text[], ${other.map(({ score }) => score)}::int[]) as now (package_id, advisory_id, score)
      where m.package_id = now.package_id and m.advisory_id = now.advisory_id`.execute(tx);
  return { changed: other.length, last: rows.length < BATCH ? null : (rows.at(-1) ?? null) };
}

/** As far as scores are made of it. */
function findingOf(row: Row): Finding {
  return {
    id: row.advisory_id,
    aliases: row.aliases,
    package: { name: '', version: '', type: '', purl: '' },
    severity: row.severity,
    status: row.status,
    fixedVersion: row.fixed_version,
    exploited: row.exploited,
    title: null,
    evidence: { source: '', advisory: '', comparison: '', severitySource: null, snapshot: '' },
  };
}

/** The same holes are in many packages. */
function remembered(look: (cve: string) => Likelihood | null): (cve: string) => Likelihood | null {
  const known = new Map<string, Likelihood | null>();
  return (cve) => {
    let found = known.get(cve);
    if (found === undefined) {
      found = look(cve);
      known.set(cve, found);
    }
    return found;
  };
}

async function readMade(tx: Tx): Promise<unknown> {
  const { rows } = await sql<{ value: unknown }>`select value from setting where key = 'findings.scores'`.execute(tx);
  return rows[0]?.value;
}

async function writeMade(tx: Tx, made: string): Promise<void> {
  await sql`
    insert into setting (key, value) values ('findings.scores', to_jsonb(${made}::text))
    on conflict (key) do update set value = excluded.value, updated_at = now()`.execute(tx);
}
