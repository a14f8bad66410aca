/** Which tag a repaired image gets: the original's where it may move, else the next that is free beside it. */
import type { RepairTagging } from '@pratique/contract';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import type { Repository } from '../registry/cache.ts';

const MAX_TAG = 128;
const SUFFIX = /-r\d{1,4}$/;

type TagRow = { name: string; digest: string; immutable: boolean };

/**
 * Two repairs of one tag at a time get one after the other; the lock is held until the transaction ends.
 *
 * @param tag under which the repair was asked for
 * @returns `superseded` where the tag names another image by now: what that one needs is its own matter
 */
export async function chooseTag(
  tx: Tx,
  repository: Repository,
  { tag, subject, repaired, tagging }: { tag: string; subject: string; repaired: string; tagging: RepairTagging },
): Promise<{ outcome: 'tag'; tag: string } | { outcome: 'superseded' }> {
  const { repositoryId } = repository;
  const base = tag.replace(SUFFIX, '').slice(0, MAX_TAG - '-r9999'.length);
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${repositoryId} ${base}`}, 8480007))`.execute(tx);
  const { rows } = await sql<TagRow>`
    select name, digest, immutable from tag
    where repository_id = ${repositoryId} and (name = ${tag} or starts_with(name, ${`${base}-r`})) for update`.execute(
    tx,
  );
  const own = rows.find((row) => row.name === tag);
  if (own && own.digest !== subject && own.digest !== repaired) return { outcome: 'superseded' };
  if (own?.digest === repaired) return { outcome: 'tag', tag };
  if (tagging === 'move' && own && !own.immutable && !repository.immutableTags) return { outcome: 'tag', tag };
  const taken = new Map(rows.map((row) => [row.name, row.digest]));
  for (let n = 1; ; n += 1) {
    const name = `${base}-r${n}`;
    const there = taken.get(name);
    if (there === undefined || there === repaired) return { outcome: 'tag', tag: name };
  }
}
