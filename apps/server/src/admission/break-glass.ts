/** Break-glass: in an emergency a label lets in what would be denied, for a few hours, and everybody hears of it. */
import { BreakGlassSelector } from '@pratique/contract';
import type { AdmissionRequest } from '@pratique/policy';
import { sql } from 'kysely';
import { matchesAny } from '../auth/pattern.ts';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import type { ClusterEntry } from './clusters.ts';

/** The label names the exception; without one that somebody opened beforehand it opens nothing. */
export const BREAK_GLASS_LABEL = 'pratique.dev/break-glass';

export type BreakGlass = { name: string; by: string; reason: string; until: string };

export type BreakGlasses = {
  /**
   * null: the object does not ask for it. Asked only for what is about to be denied, so the database is read each
   * time: an emergency that was ended is over at once.
   */
  find(
    cluster: ClusterEntry,
    request: AdmissionRequest,
  ): Promise<{ outcome: 'open'; glass: BreakGlass } | { outcome: 'closed'; message: string } | null>;
};

export function createBreakGlasses(db: Db): BreakGlasses {
  return {
    async find(cluster, request) {
      const name = labelOf(request.object);
      if (name === null) return null;
      const found = await asSystem(db, (tx) => readOpen(tx, cluster.accountId, name));
      const namespace = request.namespace ?? '';
      if (
        found &&
        matchesAny(found.selector.clusters, cluster.name) &&
        matchesAny(found.selector.namespaces, namespace)
      )
        return { outcome: 'open', glass: found.glass };
      return {
        outcome: 'closed',
        message: `the label ${BREAK_GLASS_LABEL}=${name} opens nothing here: there is no break-glass ${name} in force for the cluster ${cluster.name} and the namespace ${namespace}. A maintainer opens one with: pratique break-glass open ${cluster.account} --name ${name} --namespace ${namespace} --reason TEXT`,
      };
    },
  };
}

/** On the object itself, or on the pods that it would make. */
function labelOf(object: AdmissionRequest['object']): string | null {
  const spec = (object as Record<string, unknown> | null | undefined)?.['spec'];
  const job = field(spec, 'jobTemplate');
  for (const holder of [object, field(spec, 'template'), field(field(job, 'spec'), 'template')]) {
    const value = field(field(field(holder, 'metadata'), 'labels'), BREAK_GLASS_LABEL);
    if (typeof value === 'string' && value.length > 0 && value.length <= 63) return value;
  }
  return null;
}

const field = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;

type Row = { name: string; selector: unknown; owner: string; reason: string; expires_at: Date };

async function readOpen(
  tx: Tx,
  accountId: string,
  name: string,
): Promise<{ selector: BreakGlassSelector; glass: BreakGlass } | null> {
  const { rows } = await sql<Row>`
    select name, selector, owner, reason, expires_at from exception
    where account_id = ${accountId} and name = ${name} and kind = 'break-glass' and approved_at is not null and withdrawn_at is null and expires_at > now()`.execute(
    tx,
  );
  const row = rows[0];
  if (!row) return null;
  const selector = BreakGlassSelector.parse(row.selector);
  return {
    selector,
    glass: { name: row.name, by: row.owner, reason: row.reason, until: row.expires_at.toISOString() },
  };
}
