/** Resolves names to digests in the database: the newest push counts, on whichever process it arrived. */
import { sql } from 'kysely';
import { asSystem, type Db } from '../db/connect.ts';
import type { ImageLookup } from './judge-image.ts';

type Row = { repository_id: string; digest: string | null; tag_digest: string | null };

export function createLookup(db: Db): ImageLookup {
  return {
    async resolve(account, repository, tag, digest) {
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
    },
  };
}
