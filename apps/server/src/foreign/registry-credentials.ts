/** User names and passwords by which an account's images of other registries are examined. */
import type { RegistryCredential } from '@pratique/contract';
import { sql } from 'kysely';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import type { Signer } from '../signer/client.ts';

export type Credentials = { user: string; password: string };
/** Null where the registry is asked as nobody. */
export type FindCredentials = (host: string) => Promise<Credentials | null>;

/** What a sealed password opens for: this account at this registry, nowhere else. */
export const credentialPurpose = (accountId: string, host: string): string => `registry/${accountId}/${host}`;

/** Docker Hub is known by the name that its images carry. */
export const credentialHost = (host: string): string => {
  const lower = host.toLowerCase().replace(/:0*443$/, '');
  return lower === 'registry-1.docker.io' || lower === 'index.docker.io' ? 'docker.io' : lower;
};

export function createFindCredentials(db: Db, signer: Pick<Signer, 'open'>, accountId: string): FindCredentials {
  return async (given) => {
    const host = credentialHost(given);
    const stored = await asSystem(db, (tx) => readSealed(tx, accountId, host));
    if (!stored) return null;
    return { user: stored.user_name, password: await signer.open(credentialPurpose(accountId, host), stored.sealed) };
  };
}

async function readSealed(
  tx: Tx,
  accountId: string,
  host: string,
): Promise<{ user_name: string; sealed: unknown } | null> {
  const { rows } = await sql<{ user_name: string; sealed: unknown }>`
    select user_name, sealed from registry_credential where account_id = ${accountId} and host = ${host}`.execute(tx);
  return rows[0] ?? null;
}

export async function putCredential(
  tx: Tx,
  accountId: string,
  credential: { host: string; user: string; sealed: unknown; author: string },
): Promise<void> {
  await sql`
    insert into registry_credential (account_id, host, user_name, sealed, created_by)
    values (${accountId}, ${credential.host}, ${credential.user}, ${JSON.stringify(credential.sealed)}::jsonb, ${credential.author})
    on conflict (account_id, host) do update set user_name = excluded.user_name, sealed = excluded.sealed, created_by = excluded.created_by, created_at = now()`.execute(
    tx,
  );
}

/** @returns whether there was one */
export async function deleteCredential(tx: Tx, accountId: string, host: string): Promise<boolean> {
  const { rows } =
    await sql`delete from registry_credential where account_id = ${accountId} and host = ${host} returning 1`.execute(
      tx,
    );
  return rows.length > 0;
}

/** Of the accounts that the transaction sees; passwords are never among it. */
export async function listCredentials(tx: Tx): Promise<RegistryCredential[]> {
  const { rows } = await sql<{ host: string; user_name: string; created_by: string; created_at: Date }>`
    select host, user_name, created_by, created_at from registry_credential order by host limit 1000`.execute(tx);
  return rows.map((row) => ({
    host: row.host,
    user: row.user_name,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
  }));
}

/** What could not be examined, and may be now, is when it is asked for next. */
export async function retryUnreachable(tx: Tx, accountId: string): Promise<void> {
  await sql`update foreign_image set next_at = now(), failures = 0 where account_id = ${accountId} and state = 'unreachable'`.execute(
    tx,
  );
}
