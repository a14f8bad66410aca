/** Grace: a finding that became known after the image was allowed warns for a time before it denies. */
import type { Violation } from '@pratique/contract';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';

/** Policies say until when in `details.graceUntil` (RFC 3339); until then the violation is a warning that names the day. */
export function applyGrace(violations: readonly Violation[], now: Date): Violation[] {
  return violations.map((violation) => {
    const until = graceOf(violation);
    return violation.action === 'deny' && until !== null && until > now
      ? {
          ...violation,
          action: 'warn',
          msg: `${violation.msg} It became known after the image was allowed and denies it from ${until.toISOString().slice(0, 16).replace('T', ' ')} UTC on.`,
          details: { ...violation.details, inGrace: true },
        }
      : violation;
  });
}

/** The first moment at which a time of grace ends; null when none runs. */
export function endOfGrace(violations: readonly Violation[]): Date | null {
  const ends = violations
    .filter((violation) => violation.details['inGrace'] === true && violation.action === 'warn')
    .flatMap((violation) => graceOf(violation)?.getTime() ?? []);
  return ends.length === 0 ? null : new Date(Math.min(...ends));
}

function graceOf(violation: Violation): Date | null {
  const text = violation.details['graceUntil'];
  const time = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? null : new Date(time);
}

/**
 * Findings of the inventory that became known after the repository's image was first allowed.
 * @returns from `ID PURL VERSION` to the time they became known; empty for an image that was never allowed: it has no grace
 */
export async function readNewFindings(
  tx: Tx,
  repositoryId: string,
  digest: string,
  inventoryId: number,
): Promise<Map<string, Date>> {
  const { rows } = await sql<{ id: string; purl: string; version: string; first_seen: Date }>`
    with allowed as (select min(decided_at) as at from verdict_history where repository_id = ${repositoryId} and digest = ${digest} and decision = 'allow')
    select m.advisory_id as id, p.purl, p.version, min(m.first_seen) as first_seen
    from allowed, inventory_package i join package p using (package_id) join package_match m using (package_id)
    where i.inventory_id = ${inventoryId} and i.owner is null and m.first_seen > allowed.at
    group by 1, 2, 3`.execute(tx);
  return new Map(rows.map((row) => [newFindingKey(row.id, row), row.first_seen]));
}

export const newFindingKey = (id: string, found: { purl: string; version: string }): string =>
  `${id} ${found.purl} ${found.version}`;
