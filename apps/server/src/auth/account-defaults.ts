/** What every account has before anybody defines anything: a chain, policies, and a cluster for the default customer. */
import type { Preset } from '@pratique/policy';
import { sql } from 'kysely';
import { DEFAULT_CHAIN } from '../chain/default-chain.ts';
import type { Tx } from '../db/connect.ts';
import { appendEvent } from '../feed/append-event.ts';
import { followPresets, PRESET_AUTHOR } from '../gate/account-policy.ts';

/** Idempotent; also brings accounts that never changed their policies to the presets of this version. */
export async function ensureAccountDefaults(tx: Tx, presets: readonly Preset[]): Promise<void> {
  await sql`select pg_advisory_xact_lock(8480003)`.execute(tx);
  await sql`
    insert into chain (account_id, name, version, definition, created_by)
    select account_id, ${DEFAULT_CHAIN.name}, 1, ${JSON.stringify(DEFAULT_CHAIN)}::jsonb, ${PRESET_AUTHOR} from account a
    where not exists (select from chain c where c.account_id = a.account_id)`.execute(tx);
  // The short admission path on loopback stands for this cluster.
  const made = await sql<{ account_id: string }>`
    insert into cluster (account_id, name, is_default) select account_id, 'default', true from account
    where name = 'customer' and not exists (select from cluster where is_default and removed_at is null)
    returning account_id`.execute(tx);
  // Admission may have looked before there was one.
  for (const { account_id: accountId } of made.rows)
    await appendEvent(tx, {
      accountId,
      subject: 'cluster/default',
      type: 'cluster.changed',
      data: { cluster: 'default', action: 'cluster.add' },
    });
  const { rows } = await sql<{ account_id: string }>`select account_id from account order by account_id`.execute(tx);
  for (const { account_id } of rows) await followPresets(tx, account_id, presets);
}
