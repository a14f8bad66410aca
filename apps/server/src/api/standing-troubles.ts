/** What stays wrong until somebody does something: dead letters, open emergencies, clusters that fell silent. */
import { BreakGlassSelector, type Overview } from '@pratique/contract';
import { sql } from 'kysely';
import { SILENT_AFTER_S } from '../cluster/take-report.ts';
import type { Tx } from '../db/connect.ts';

export async function readStandingTroubles(
  tx: Tx,
): Promise<Pick<Overview, 'deadLetters' | 'breakGlass' | 'silentClusters'>> {
  return {
    deadLetters: await readDeadLetters(tx),
    breakGlass: await readBreakGlass(tx),
    silentClusters: await readSilent(tx),
  };
}

async function readDeadLetters(tx: Tx): Promise<Overview['deadLetters']> {
  const { rows } = await sql<{ webhook: string; count: number }>`
    select w.name as webhook, count(*)::int as count from webhook w join webhook_delivery d using (webhook_id)
    where w.removed_at is null and d.state = 'dead' group by w.name order by w.name limit 50`.execute(tx);
  return rows;
}

async function readBreakGlass(tx: Tx): Promise<Overview['breakGlass']> {
  const { rows } = await sql<{ name: string; owner: string; reason: string; selector: unknown; expires_at: Date }>`
    select name, owner, reason, selector, expires_at from exception
    where kind = 'break-glass' and approved_at is not null and withdrawn_at is null and expires_at > now() order by expires_at limit 50`.execute(
    tx,
  );
  return rows.map((row) => ({
    name: row.name,
    by: row.owner,
    reason: row.reason,
    namespaces: BreakGlassSelector.parse(row.selector).namespaces,
    until: row.expires_at.toISOString(),
  }));
}

async function readSilent(tx: Tx): Promise<Overview['silentClusters']> {
  const { rows } = await sql<{ name: string; reported_at: Date }>`
    select c.name, g.reported_at from cluster c join cluster_agent g using (cluster_id)
    where c.removed_at is null and g.reported_at < now() - make_interval(secs => ${SILENT_AFTER_S}) order by g.reported_at limit 50`.execute(
    tx,
  );
  return rows.map((row) => ({ name: row.name, heardAt: row.reported_at.toISOString() }));
}
