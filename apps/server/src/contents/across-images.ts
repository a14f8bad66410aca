/** What is in the contents of all images that an account holds: where else a secret is, and which images hold malware. */
import {
  type ContentOverview,
  type HeldMalware,
  type HeldSecret,
  type HeldSecrets,
  MalwareMatch,
  type MalwareQuery,
  SecretHolder,
  type SecretHolders,
  type SecretQuery,
} from '@pratique/contract';
import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import type { Tx } from '../db/connect.ts';
import { decodeCursor, NumberAndText, pageOf } from '../findings/cursor.ts';

type Page = { after?: string | undefined; limit: number };

const RANK = sql`case severity when 'critical' then 5 when 'high' then 4 when 'medium' then 3 when 'unknown' then 2 when 'low' then 1 else 0 end`;

type SecretRow = HeldSecret & { rank: number };

/** The worst first; each secret once, however many images hold it. */
export async function listHeldSecrets(tx: Tx, accountId: string, query: SecretQuery): Promise<HeldSecrets> {
  const { kind = null, severity = null, state = null, repository = null } = query;
  const rows = await readHeld(
    tx,
    sql`account_id = ${accountId} and (${kind}::text is null or kind = ${kind}) and (${severity}::text is null or severity = ${severity})
      and (${repository}::text is null or repository_id = (select r.repository_id from repository r where r.account_id = ${accountId} and r.name = ${repository}))`,
    query,
    state,
  );
  const page = pageOf(rows, query.limit, (row) => [row.rank, row.fingerprint]);
  return { secrets: page.rows.map(withoutRank), next: page.next };
}

/** null where no image of the account holds it. */
export async function readHeldSecret(tx: Tx, accountId: string, fingerprint: string): Promise<HeldSecret | null> {
  const rows = await readHeld(tx, sql`account_id = ${accountId} and fingerprint = ${fingerprint}`, { limit: 1 }, null);
  const [row] = rows;
  if (!row) return null;
  return withoutRank(row);
}

function withoutRank(row: SecretRow): HeldSecret {
  const { rank: _, ...secret } = row;
  return secret;
}

async function readHeld(
  tx: Tx,
  where: RawBuilder<unknown>,
  page: Page,
  state: SecretQuery['state'] | null,
): Promise<SecretRow[]> {
  const [rank, fingerprint] = decodeCursor(page.after, NumberAndText) ?? [null, null];
  const { rows } = await sql<SecretRow>`
    with held as (
      select fingerprint, max(kind) as kind, max(title) as title, max(${RANK}) as rank, max(redacted) as redacted,
        case when bool_or(state = 'reachable') then 'reachable' else 'removed-later' end as state,
        count(distinct (repository_id, digest))::int as images, count(distinct repository_id)::int as repositories
      from held_secret where ${where} group by fingerprint)
    select fingerprint, kind, title, (array['negligible', 'low', 'unknown', 'medium', 'high', 'critical'])[rank + 1] as severity, rank, redacted, state, images, repositories
    from held where (${state}::text is null or state = ${state}) and (${rank}::int is null or (-rank, fingerprint) > (-(${rank}::int), ${fingerprint}))
    order by rank desc, fingerprint limit ${page.limit + 1}`.execute(tx);
  return rows;
}

/** What every list of images says of one; `page` gives `repository_id`, `repository` and `digest`. */
const ABOUT_IMAGE = sql`
  cross join lateral (select array(
    select distinct e.parent from manifest_edge e join repository_manifest m on m.repository_id = page.repository_id and m.digest = e.parent
    where e.child = page.digest and e.kind = 'manifest' order by e.parent limit 20) as indexes) known
  cross join lateral (select array(
    select t.name from tag t where t.repository_id = page.repository_id and t.digest = any (page.digest || known.indexes)
    order by t.updated_at desc, t.name limit 20) as tags) named
  left join lateral (
    select v.decision, case when v.state = 'valid' and v.valid_until <= now() then 'expired' else v.state end as state from verdict v
    where v.repository_id = page.repository_id and v.digest = any (page.digest || known.indexes)
    order by v.digest = page.digest desc, v.decided_at desc limit 1) verdict on true`;

const Place = z.tuple([z.string().max(300), z.string().max(100), z.number().int()]);

/** Images that hold the secret, by repository. */
export async function listSecretHolders(
  tx: Tx,
  accountId: string,
  fingerprint: string,
  { after, limit }: Page,
): Promise<SecretHolders> {
  const [repository, digest] = decodeCursor(after, Place) ?? [null, null];
  const { rows } = await sql`
    with page as (
      select distinct on (r.name, h.digest) h.repository_id, r.name as repository, h.digest, h.state, h.places, h.place_count
      from held_secret h join repository r using (repository_id)
      where h.account_id = ${accountId} and h.fingerprint = ${fingerprint} and (${repository}::text is null or (r.name, h.digest) > (${repository}, ${digest}))
      order by r.name, h.digest limit ${limit + 1})
    select page.repository, page.digest, named.tags, verdict.decision, verdict.state as "verdictState", page.state, page.places, page.place_count as "placeCount"
    from page ${ABOUT_IMAGE} order by page.repository, page.digest`.execute(tx);
  const page = pageOf(z.array(SecretHolder).parse(rows), limit, (row) => [row.repository, row.digest, 0]);
  return { images: page.rows, next: page.next };
}

type MalwareRow = {
  repository: string;
  digest: string;
  tags: string[];
  decision: 'allow' | 'deny' | null;
  verdictState: string | null;
  ordinal: number;
  match: unknown;
};

/** Matches of malware, by repository and image. */
export async function listHeldMalware(tx: Tx, accountId: string, query: MalwareQuery): Promise<HeldMalware> {
  const { rule = null, repository = null, limit } = query;
  const [name, digest, ordinal] = decodeCursor(query.after, Place) ?? [null, null, null];
  const { rows } = await sql<MalwareRow>`
    with page as (
      select h.repository_id, r.name as repository, h.digest, h.ordinal, h.match
      from held_malware h join repository r using (repository_id)
      where h.account_id = ${accountId} and (${rule}::text is null or h.rule = ${rule}) and (${repository}::text is null or r.name = ${repository})
        and (${name}::text is null or (r.name, h.digest, h.ordinal) > (${name}, ${digest}, ${ordinal}::int))
      order by r.name, h.digest, h.ordinal limit ${limit + 1})
    select page.repository, page.digest, named.tags, verdict.decision, verdict.state as "verdictState", page.ordinal, page.match
    from page ${ABOUT_IMAGE} order by page.repository, page.digest, page.ordinal`.execute(tx);
  const page = pageOf(rows, limit, (row) => [row.repository, row.digest, row.ordinal]);
  return {
    malware: page.rows.map((row) => {
      const { ordinal: _, match, ...image } = row;
      return { ...image, match: MalwareMatch.parse(match) };
    }),
    next: page.next,
  };
}

/** Asked as the system, of one account: so the planner knows how many images that is. */
export async function countContents(tx: Tx, accountId: string): Promise<ContentOverview> {
  await sql`select set_config('jit', 'off', true)`.execute(tx);
  const { rows } = await sql<ContentOverview>`
    select held.secrets as "withSecrets", held.reachable as "withReachableSecrets",
      (select count(*) from repository_manifest r join content_examination e on e.manifest_digest = r.digest and e.newest
        where r.account_id = ${accountId} and e.malware_count > 0)::int as "withMalware",
      (select count(*) from held_image i where i.account_id = ${accountId}
        and not exists (select from content_examination e where e.manifest_digest = i.digest and e.newest and e.failure is null))::int as "notExamined"
    from (
      select count(*)::int as secrets, count(*) filter (where e.reachable_count > 0)::int as reachable
      from repository_manifest r join content_examination e on e.manifest_digest = r.digest and e.newest
      where r.account_id = ${accountId} and e.secret_count > 0) held`.execute(tx);
  return rows[0] ?? { withSecrets: 0, withReachableSecrets: 0, withMalware: 0, notExamined: 0 };
}
