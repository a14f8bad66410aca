/** What is stored about manifests that a decision needs, of several at a time. */
import type { Distribution, Missing, ReviewContents } from '@pratique/contract';
import { Uncovered } from '@pratique/contract';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Tx } from '../db/connect.ts';
import type { ManifestRow } from '../inventory/platforms.ts';

export type Facts = {
  digest: string;
  /** null when the repository does not hold it. */
  manifest: ManifestRow | null;
  /** Of the newest catalogers that looked; null when none did. */
  inventory: {
    inventoryId: number;
    distribution: Distribution | null;
    missing: Missing[];
    packages: number;
    /** null when the packages were not matched with advisories. */
    scan: { snapshot: string; uncovered: Uncovered[] } | null;
  } | null;
  /** The newest look into the contents; null where there was none. */
  examination: {
    examinationId: number;
    revision: string;
    failure: string | null;
    counts: ReviewContents['counts'];
  } | null;
  tags: string[];
  /** When the repository's image was first allowed; null: never. */
  allowedAt: Date | null;
  /** Whether it came by a delivery. */
  delivered: boolean;
};

type Row = {
  digest: string;
  media_type: string | null;
  bytes: Buffer | null;
  inventory_id: number | null;
  distribution: Distribution | null;
  missing: Missing[] | null;
  package_count: number | null;
  snapshot: string | null;
  uncovered: unknown;
  examination: Facts['examination'];
  tags: string[];
  allowed_at: Date | null;
  delivered: boolean;
};

/** In the order in which they are asked for. */
export async function readFacts(tx: Tx, asked: readonly { repositoryId: string; digest: string }[]): Promise<Facts[]> {
  const { rows } = await sql<Row>`
    select asked.digest, m.media_type, m.bytes, i.inventory_id, i.distribution, i.missing, i.package_count, coalesce(w.snapshot, s.snapshot) as snapshot, s.uncovered,
      case when e.examination_id is not null then jsonb_build_object('examinationId', e.examination_id, 'revision', e.revision, 'failure', e.failure,
        'counts', jsonb_build_object('secrets', e.secret_count, 'malware', e.malware_count, 'unexamined', e.unexamined_count, 'failedChecks', e.failed_count)) end as examination,
      array(select t.name from tag t where t.repository_id = asked.repository_id and t.digest = asked.digest order by t.name) as tags,
      (select min(h.decided_at) from verdict_history h where h.repository_id = asked.repository_id and h.digest = asked.digest and h.decision = 'allow') as allowed_at,
      exists (select from receipt c where c.repository_id = asked.repository_id and c.side = 'received' and c.digest = asked.digest) as delivered
    from unnest(${asked.map((one) => one.repositoryId)}::uuid[], ${asked.map((one) => one.digest)}::text[]) with ordinality as asked (repository_id, digest, ordinal)
    left join repository_manifest held on held.repository_id = asked.repository_id and held.digest = asked.digest
    left join manifest m on m.digest = held.digest
    left join lateral (select * from inventory where manifest_digest = asked.digest order by revision desc limit 1) i on true
    left join scan s on s.inventory_id = i.inventory_id
    left join advisory_sweep w on s.settled
    left join content_examination e on e.manifest_digest = asked.digest and e.newest
    order by asked.ordinal`.execute(tx);
  return rows.map((row) => ({
    digest: row.digest,
    manifest: row.media_type === null || row.bytes === null ? null : { mediaType: row.media_type, bytes: row.bytes },
    inventory:
      row.inventory_id === null
        ? null
        : {
            inventoryId: row.inventory_id,
            distribution: row.distribution,
            missing: row.missing ?? [],
            packages: row.package_count ?? 0,
            scan:
              row.snapshot === null
                ? null
                : { snapshot: row.snapshot, uncovered: z.array(Uncovered).parse(row.uncovered) },
          },
    examination: row.examination,
    tags: row.tags,
    allowedAt: row.allowed_at,
    delivered: row.delivered,
  }));
}
