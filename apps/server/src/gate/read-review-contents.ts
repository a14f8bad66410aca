/** Contents as policies see them, of several images at a time. */
import { BaselineResult, MalwareMatch, Secret, Unexamined } from '@pratique/contract';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Tx } from '../db/connect.ts';

export const FoundContents = z.object({
  secrets: z.array(Secret),
  malware: z.array(MalwareMatch),
  /** Those that failed, and those that could not be made. */
  checks: z.array(BaselineResult),
  unexamined: z.array(Unexamined),
});
export type FoundContents = z.infer<typeof FoundContents>;

/** Files that could not be looked into; the number of all is known. */
const MAX_UNEXAMINED = 100;

type Row = { examination_id: number; found: unknown };

/** By examination, each list in the order in which it was found: secrets the worst first. */
export async function readReviewContents(tx: Tx, examinations: readonly number[]): Promise<Map<number, FoundContents>> {
  if (examinations.length === 0) return new Map();
  const { rows } = await sql<Row>`
    select examination_id, jsonb_build_object(
      'secrets', (select coalesce(jsonb_agg(jsonb_build_object('id', s.kind, 'title', s.title, 'severity', s.severity, 'redacted', s.redacted,
        'fingerprint', s.fingerprint, 'state', s.state, 'places', s.places, 'placeCount', s.place_count) order by s.ordinal), '[]')
        from image_secret s where s.examination_id = asked.examination_id),
      'malware', (select coalesce(jsonb_agg(m.match order by m.ordinal), '[]') from image_malware m where m.examination_id = asked.examination_id),
      'checks', (select coalesce(jsonb_agg(c.result order by c.ordinal), '[]') from image_check c where c.examination_id = asked.examination_id),
      'unexamined', (select coalesce(jsonb_agg(jsonb_build_object('path', u.path, 'kind', u.kind, 'detail', u.detail) order by u.ordinal), '[]')
        from image_unexamined u where u.examination_id = asked.examination_id and u.ordinal < ${MAX_UNEXAMINED})) as found
    from unnest(${[...new Set(examinations)]}::bigint[]) as asked (examination_id)`.execute(tx);
  return new Map(rows.map((row) => [row.examination_id, FoundContents.parse(row.found)]));
}
