/** Resolves names to digests: pinned ones from memory as long as the change feed is current, tags from the database. */
import { sql } from 'kysely';
import { asSystem, type Db } from '../db/connect.ts';
import type { FeedEvent } from '../feed/follow-feed.ts';
import type { ImageLookup, ResolvedName } from './judge-image.ts';

type Row = { repository_id: string; digest: string | null; tag_digest: string | null };

const MAX_NAMES = 100_000;

export type FollowedLookup = ImageLookup & { apply(events: readonly FeedEvent[]): void };

/**
 * Keeps that a repository holds a digest until the feed tells of a deletion; what it did not find it asks for again.
 * Tags are asked for each time: the newest push counts, and a push need not wait until clusters have heard of it.
 */
export function createLookup(db: Db, isCurrent: () => boolean): FollowedLookup {
  const known = new Map<string, ResolvedName>();
  const keysOf = new Map<string, Set<string>>(); // repository -> its keys
  let generation = 0;

  function keep(key: string, found: ResolvedName): void {
    if (known.size >= MAX_NAMES) {
      known.clear();
      keysOf.clear();
    }
    known.set(key, found);
    const keys = keysOf.get(found.repositoryId) ?? new Set();
    keysOf.set(found.repositoryId, keys.add(key));
  }

  return {
    async resolve(account, repository, tag, digest) {
      if (tag !== null) return read(db, account, repository, tag, digest);
      const key = `${account}/${repository}@${digest ?? ''}`;
      const hit = known.get(key);
      if (hit && isCurrent()) return hit;
      const before = generation;
      const found = await read(db, account, repository, tag, digest);
      // What changed while it was read may be newer than what was read.
      if (found && before === generation && isCurrent()) keep(key, found);
      return found;
    },
    apply(events) {
      for (const { type, data } of events) {
        if (type !== 'manifest.deleted' && !type.startsWith('repository.')) continue;
        generation++;
        const repository = String(data['repositoryId']);
        for (const key of keysOf.get(repository) ?? []) known.delete(key);
        keysOf.delete(repository);
      }
    },
  };
}

async function read(
  db: Db,
  account: string,
  repository: string,
  tag: string | null,
  digest: string | null,
): Promise<ResolvedName | null> {
  const { rows } = await asSystem(db, (tx) =>
    sql<Row>`
    select r.repository_id, t.digest as tag_digest, coalesce(m.digest, case when ${digest}::text is null then t.digest end) as digest
    from repository r join account a using (account_id)
    left join tag t on t.repository_id = r.repository_id and t.name = ${tag}
    left join repository_manifest m on m.repository_id = r.repository_id and m.digest = ${digest}
    where a.name = ${account} and r.name = ${repository}`.execute(tx),
  );
  const row = rows[0];
  return row?.digest ? { repositoryId: row.repository_id, digest: row.digest, tagDigest: row.tag_digest } : null;
}
