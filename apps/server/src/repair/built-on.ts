/** Images of an account that are built on another: their first layers are that one's. */
import type { BuiltOnImage, Fleet } from '@pratique/contract';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import { readPlatforms } from '../inventory/platforms.ts';

type Row = {
  repository: string;
  digest: string;
  tags: string[];
  decision: 'allow' | 'deny' | null;
  verdict_state: string | null;
};

/**
 * @param covered names of the repositories that the caller may see; null for all
 * @returns tagged images on this one, those first that stand on it as it was before its repair
 */
export async function readFleet(
  tx: Tx,
  base: { repositoryId: string; digest: string },
  covered: string[] | null,
  limit: number,
): Promise<Fleet> {
  const platforms = (await readPlatforms(tx, base.repositoryId, base.digest)).map((one) => one.digest);
  const repaired = await readRepaired(tx, base);
  const renewed = repaired
    ? (await readPlatforms(tx, base.repositoryId, repaired.digest)).map((one) => one.digest)
    : [];
  const all = await readBuiltOn(tx, platforms, covered, limit);
  const current = new Set(
    (await readBuiltOn(tx, renewed, covered, limit)).map((row) => `${row.repository} ${row.digest}`),
  );
  const images: BuiltOnImage[] = all.map((row) => ({
    repository: row.repository,
    digest: row.digest,
    tags: row.tags,
    decision: row.decision,
    verdictState: row.verdict_state,
    isBehind: repaired !== null && !current.has(`${row.repository} ${row.digest}`),
  }));
  return {
    digest: base.digest,
    repaired,
    images: images.sort((a, b) => Number(b.isBehind) - Number(a.isBehind)),
    more: all.length === limit,
  };
}

/** The newest repair of the image that is still here. */
async function readRepaired(
  tx: Tx,
  { repositoryId, digest }: { repositoryId: string; digest: string },
): Promise<Fleet['repaired']> {
  const { rows } = await sql<{ digest: string; tag: string | null }>`
    select p.repaired_digest as digest, p.repaired_tag as tag from repair p
    join repository_manifest m on m.repository_id = p.repository_id and m.digest = p.repaired_digest
    where p.repository_id = ${repositoryId} and p.subject_digest = ${digest} and p.mode = 'repair' order by p.created_at desc limit 1`.execute(
    tx,
  );
  return rows[0] ?? null;
}

/** A repair of these very layers is no image on them: it has one layer more, and is known as a repair. */
async function readBuiltOn(
  tx: Tx,
  platforms: readonly string[],
  covered: string[] | null,
  limit: number,
): Promise<Row[]> {
  if (platforms.length === 0) return [];
  const { rows } = await sql<Row>`
    with base as (
      select parent, child, ordinal, max(ordinal) over (partition by parent) as last from manifest_edge
      where kind = 'layer' and parent = any (${platforms}::text[])),
    candidate as (
      select distinct base.parent as base, base.last, e.parent from base join manifest_edge e on e.child = base.child and e.ordinal = base.ordinal and e.kind = 'layer'
      where base.ordinal = base.last and e.parent <> base.parent),
    built as (
      select distinct c.parent as digest from candidate c
      where exists (select from manifest_edge e where e.parent = c.parent and e.kind = 'layer' and e.ordinal > c.last)
        and (exists (select from manifest_edge e where e.parent = c.parent and e.kind = 'layer' and e.ordinal > c.last + 1)
          or not exists (select from repaired_manifest rep where rep.digest = c.parent))
        and not exists (select from base b where b.parent = c.base and not exists (
          select from manifest_edge e where e.parent = c.parent and e.kind = 'layer' and e.ordinal = b.ordinal and e.child = b.child))),
    root as (
      select digest from built union select e.parent from built join manifest_edge e on e.child = built.digest and e.kind = 'manifest')
    select r.name as repository, t.digest, array_agg(t.name order by t.name) as tags, v.decision,
      case when v.state = 'valid' and v.valid_until <= now() then 'expired' else v.state end as verdict_state
    from root join tag t on t.digest = root.digest join repository r using (repository_id)
    left join verdict v on v.repository_id = t.repository_id and v.digest = t.digest
    where ${covered}::text[] is null or r.name = any (${covered}::text[])
    group by r.name, t.digest, v.decision, v.state, v.valid_until order by r.name, t.digest limit ${limit}`.execute(tx);
  return rows;
}
