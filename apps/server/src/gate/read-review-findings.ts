/** Findings as policies see them, of several images at a time; what only people read of them stays in the database. */
import { FindingStatus, type ImageReview, Severity } from '@pratique/contract';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';

export type ReviewFinding = Omit<ImageReview['findings'][number], 'exception'>;

type Row = {
  ordinal: number;
  id: string;
  aliases: string[];
  severity: string;
  status: string;
  fixed_version: string | null;
  exploited: boolean;
  name: string;
  version: string;
  type: string;
  purl: string;
  new_since: Date | null;
};

/**
 * Findings of each inventory, worst first. New is what became known after the image was first allowed; an image that
 * never was has no grace.
 */
export async function readReviewFindings(
  tx: Tx,
  asked: readonly { inventoryId: number; allowedAt: Date | null }[],
): Promise<ReviewFinding[][]> {
  const found = asked.map((): ReviewFinding[] => []);
  if (asked.length === 0) return found;
  const { rows } = await sql<Row>`
    select asked.ordinal, m.advisory_id as id, m.aliases, m.severity, m.status, m.fixed_version, m.exploited, p.name, p.version, p.type, p.purl,
           min(m.first_seen) filter (where m.first_seen > asked.allowed_at) as new_since
    from unnest(${asked.map((one) => one.inventoryId)}::bigint[], ${asked.map((one) => one.allowedAt)}::timestamptz[]) with ordinality as asked (inventory_id, allowed_at, ordinal)
    join inventory_package i using (inventory_id) join package p using (package_id) join package_match m using (package_id)
    where i.owner is null
    group by asked.ordinal, m.advisory_id, m.aliases, m.severity, m.status, m.fixed_version, m.exploited, p.name, p.version, p.type, p.purl
    order by asked.ordinal, array_position(array['critical', 'high', 'medium', 'unknown', 'low', 'negligible'], m.severity), m.advisory_id, p.name, p.version`.execute(
    tx,
  );
  for (const row of rows)
    found[row.ordinal - 1]?.push({
      id: row.id,
      aliases: row.aliases,
      severity: Severity.parse(row.severity),
      status: FindingStatus.parse(row.status),
      fixedVersion: row.fixed_version,
      exploited: row.exploited,
      package: { name: row.name, version: row.version, type: row.type, purl: row.purl },
      newSince: row.new_since?.toISOString() ?? null,
    });
  return found;
}
