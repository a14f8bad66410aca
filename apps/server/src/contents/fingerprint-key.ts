/** The key of secrets' fingerprints: one salt for the installation, made once, at rest under the master key. */
import { createHmac, randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import type { Signer } from '../signer/client.ts';
import type { SealedSecret } from '../signer/sealed-secret.ts';

export const SALT_PURPOSE = 'installation/fingerprint-salt';

/**
 * What a scanner child may have: derived from the salt, which the child, where hostile bytes are read, never sees.
 * @throws ServerError `signer-failed`
 */
export async function readFingerprintKey(db: Db, signer: Pick<Signer, 'seal' | 'open'>): Promise<Buffer> {
  const stored = (await asSystem(db, readSalt)) ?? (await makeSalt(db, signer));
  const salt = Buffer.from(await signer.open(SALT_PURPOSE, stored), 'base64');
  return createHmac('sha256', salt).update('pratique/secret-fingerprint/v1').digest();
}

/** Two processes that start first get the same one: whoever comes second reads what the first wrote. */
async function makeSalt(db: Db, signer: Pick<Signer, 'seal'>): Promise<SealedSecret> {
  const sealed = await signer.seal(SALT_PURPOSE, randomBytes(32).toString('base64'));
  return asSystem(db, async (tx) => {
    await sql`update installation set fingerprint_salt = ${JSON.stringify(sealed)}::jsonb where fingerprint_salt is null`.execute(
      tx,
    );
    const made = await readSalt(tx);
    if (!made) throw new Error('the table installation has no row');
    return made;
  });
}

async function readSalt(tx: Tx): Promise<SealedSecret | null> {
  const { rows } = await sql<{ salt: SealedSecret | null }>`select fingerprint_salt as salt from installation`.execute(
    tx,
  );
  return rows[0]?.salt ?? null;
}
