/** Signing keys at rest: one current key for each account and one for the instance, encrypted under the master key. */
import type { KeyObject } from 'node:crypto';
import {
  createSigner,
  decryptKey,
  encryptKey,
  generateKey,
  type KeyEnvelope,
  type MasterKey,
  rewrapKey,
  type Signer,
} from '@pratique/sign';
import { sql } from 'kysely';
import { asSystem, type Db, type Tx } from '../db/connect.ts';

import { resealSecret, type SealedSecret } from './sealed-secret.ts';

export type HeldKey = { keyId: string; publicPem: string; signer: Signer };

const purposeOf = (accountId: string | null) => (accountId === null ? 'instance' : `account/${accountId}`);

/** The current key, made when there is none. Two processes asking at once get the same one. */
export async function currentKey(db: Db, master: MasterKey, accountId: string | null): Promise<HeldKey> {
  return asSystem(db, async (tx) => {
    const found = await readCurrent(tx, accountId);
    if (found) return open(found, accountId, master);
    await insertKey(tx, accountId, generateKey(), master);
    const made = await readCurrent(tx, accountId);
    if (!made) throw new Error('a key that was just made is not there');
    return open(made, accountId, master);
  });
}

/** Retires the current key; its signatures stay verifiable with its public key, which is kept. */
export async function rotateKey(db: Db, master: MasterKey, accountId: string | null): Promise<HeldKey> {
  await asSystem(db, async (tx) => {
    await sql`update signing_key set retired_at = now() where account_id is not distinct from ${accountId} and retired_at is null`.execute(
      tx,
    );
    await insertKey(tx, accountId, generateKey(), master);
  });
  return currentKey(db, master, accountId);
}

type Row = { signing_key_id: string; public_pem: string; wrapped: KeyEnvelope };

function open(row: Row, accountId: string | null, master: MasterKey): HeldKey {
  const privateKey = decryptKey(row.wrapped, purposeOf(accountId), [master]);
  return { keyId: row.signing_key_id, publicPem: row.public_pem, signer: createSigner(privateKey) };
}

async function readCurrent(tx: Tx, accountId: string | null): Promise<Row | undefined> {
  const { rows } = await sql<Row>`
    select signing_key_id, public_pem, wrapped from signing_key where account_id is not distinct from ${accountId} and retired_at is null`.execute(
    tx,
  );
  return rows[0];
}

async function insertKey(tx: Tx, accountId: string | null, key: KeyObject, master: MasterKey): Promise<void> {
  const publicPem = createSigner(key).publicKey.pem;
  await sql`
    insert into signing_key (account_id, public_pem, wrapped) values (${accountId}, ${publicPem}, ${JSON.stringify(encryptKey(key, purposeOf(accountId), master))}::jsonb)
    on conflict do nothing`.execute(tx);
}

/**
 * Encrypts every stored key under the new master key, in one transaction; keys that already are stay as they are.
 * @returns how many were encrypted anew
 * @throws SignError `key-locked` when a key opens with neither master key; nothing has then changed
 */
export async function rewrapKeys(db: Db, previous: MasterKey, next: MasterKey): Promise<number> {
  return asSystem(db, async (tx) => {
    const masters = [previous, next];
    let changed = 0;
    for (const { id, wrapped } of await lockKeys(tx)) {
      const fresh = rewrapKey(wrapped, masters, next);
      if (fresh === wrapped) continue;
      await sql`update signing_key set wrapped = ${JSON.stringify(fresh)}::jsonb where signing_key_id::text = ${id}`.execute(
        tx,
      );
      await sql`update authority set wrapped = ${JSON.stringify(fresh)}::jsonb where name = ${id}`.execute(tx);
      changed++;
    }
    const hooks = await sql<{ webhook_id: string; sealed: SealedSecret }>`
      select webhook_id, sealed from webhook where removed_at is null for update`.execute(tx);
    for (const { webhook_id, sealed } of hooks.rows) {
      const fresh = resealSecret(sealed, masters, next);
      if (fresh === sealed) continue;
      await sql`update webhook set sealed = ${JSON.stringify(fresh)}::jsonb where webhook_id = ${webhook_id}`.execute(
        tx,
      );
      changed++;
    }
    const passwords = await sql<{ account_id: string; host: string; sealed: SealedSecret }>`
      select account_id, host, sealed from registry_credential for update`.execute(tx);
    for (const { account_id, host, sealed } of passwords.rows) {
      const fresh = resealSecret(sealed, masters, next);
      if (fresh === sealed) continue;
      await sql`update registry_credential set sealed = ${JSON.stringify(fresh)}::jsonb where account_id = ${account_id} and host = ${host}`.execute(
        tx,
      );
      changed++;
    }
    const { rows: canaries } = await sql<{ canary: SealedSecret }>`
      select canary from installation where canary is not null for update`.execute(tx);
    for (const { canary } of canaries) {
      const fresh = resealSecret(canary, masters, next);
      if (fresh !== canary) await sql`update installation set canary = ${JSON.stringify(fresh)}::jsonb`.execute(tx);
    }
    const { rows: salts } = await sql<{ salt: SealedSecret }>`
      select fingerprint_salt as salt from installation where fingerprint_salt is not null for update`.execute(tx);
    for (const { salt } of salts) {
      const fresh = resealSecret(salt, masters, next);
      if (fresh === salt) continue;
      await sql`update installation set fingerprint_salt = ${JSON.stringify(fresh)}::jsonb`.execute(tx);
      changed++;
    }
    return changed;
  });
}

async function lockKeys(tx: Tx): Promise<{ id: string; wrapped: KeyEnvelope }[]> {
  const keys = await sql<{
    id: string;
    wrapped: KeyEnvelope;
  }>`select signing_key_id::text as id, wrapped from signing_key for update`.execute(tx);
  const authorities = await sql<{
    id: string;
    wrapped: KeyEnvelope;
  }>`select name as id, wrapped from authority for update`.execute(tx);
  return [...keys.rows, ...authorities.rows];
}
