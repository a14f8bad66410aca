/** An image's findings: its inventory joined with the matches of its packages. */
import { Evidence, type Finding, FindingStatus, Severity, type SeverityCounts, Uncovered } from '@pratique/contract';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Tx } from '../db/connect.ts';

type Row = {
  name: string;
  version: string;
  type: string;
  purl: string;
  advisory_id: string;
  aliases: string[];
  severity: string;
  status: string;
  fixed_version: string | null;
  exploited: boolean;
  title: string | null;
  evidence: unknown;
};

export type FoundInImage = { findings: Finding[]; uncovered: Uncovered[]; snapshot: string };

/** Findings of one inventory, worst first; null when it was not scanned yet. */
export async function readFindings(tx: Tx, inventoryId: number): Promise<FoundInImage | null> {
  const scan = await sql<{
    snapshot: string;
    uncovered: unknown;
  }>`
    select coalesce(w.snapshot, s.snapshot) as snapshot, s.uncovered from scan s left join advisory_sweep w on s.settled
    where s.inventory_id = ${inventoryId}`.execute(tx);
  const head = scan.rows[0];
  if (!head) return null;
  const { rows } = await sql<Row>`
    select distinct p.name, p.version, p.type, p.purl, m.advisory_id, m.aliases, m.severity, m.status, m.fixed_version, m.exploited, m.title, m.evidence,
           array_position(array['critical', 'high', 'medium', 'unknown', 'low', 'negligible'], m.severity) as rank
    from inventory_package i join package p using (package_id) join package_match m using (package_id)
    where i.inventory_id = ${inventoryId} and i.owner is null
    order by rank, m.advisory_id, p.name, p.version`.execute(tx);
  return {
    findings: rows.map(toFinding),
    uncovered: z.array(Uncovered).parse(head.uncovered),
    snapshot: head.snapshot,
  };
}

function toFinding(row: Row): Finding {
  return {
    id: row.advisory_id,
    aliases: row.aliases,
    package: { name: row.name, version: row.version, type: row.type, purl: row.purl },
    severity: Severity.parse(row.severity),
    status: FindingStatus.parse(row.status),
    fixedVersion: row.fixed_version,
    exploited: row.exploited,
    title: row.title,
    evidence: Evidence.parse(row.evidence),
  };
}

/** Findings that count: what does not affect the image is left out. */
export function countFindings(findings: readonly Finding[]): { counts: SeverityCounts; fixable: number } {
  const counts: SeverityCounts = { critical: 0, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 };
  let fixable = 0;
  for (const finding of findings) {
    if (finding.status === 'not-affected') continue;
    counts[finding.severity]++;
    if (finding.fixedVersion !== null) fixable++;
  }
  return { counts, fixable };
}
