/** Proves at each start that the master key is the one under which this database keeps its secrets. */
import type { MasterKey } from '@pratique/sign';
import { sql } from 'kysely';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { openSecret, type SealedSecret, sealSecret } from './sealed-secret.ts';

const PURPOSE = 'installation/canary';
const PLAIN = 'pratique';

/**
 * Opens the canary, or lays it down where there is none: at the first start, and at the first one of this version on a
 * database that has secrets already, whose key it then must be.
 *
 * @param masters the key of this process first, then the one before it
 * @param source the setting that gave the key, for the sentence
 * @throws ServerError `config-invalid`
 */
export async function proveMasterKey(
  db: Db,
  masters: readonly [MasterKey, ...MasterKey[]],
  source: string,
): Promise<void> {
  await asSystem(db, async (tx) => {
    const canary = await lockCanary(tx);
    const needed = canary ? [canary.masterId] : await readMasterIds(tx);
    const missing = needed.find((id) => !masters.some((master) => master.id === id));
    if (missing !== undefined)
      throw new ServerError(
        'config-invalid',
        `${source} is not the master key of this database: it is ${masters[0].id}, and what is stored was encrypted under ${missing}. Give every process the same key with PRATIQUE_MASTER_KEY or PRATIQUE_MASTER_KEY_FILE; to change it, start once with the former in PRATIQUE_MASTER_KEY_PREVIOUS`,
      );
    if (canary) prove(canary, masters);
    else await writeCanary(tx, sealSecret(masters[0], PURPOSE, PLAIN));
  });
}

function prove(canary: SealedSecret, masters: readonly MasterKey[]): void {
  try {
    if (openSecret(masters, PURPOSE, canary) === PLAIN) return;
  } catch (cause) {
    throw new ServerError(
      'config-invalid',
      `the canary in the table installation does not open under the master key: ${(cause as Error).message}. Restore that table from a backup`,
      { cause },
    );
  }
  throw new ServerError(
    'config-invalid',
    'the canary in the table installation says something else; restore the table',
  );
}

/** One process at a time: two that start first on an empty database must not both lay it down. */
async function lockCanary(tx: Tx): Promise<SealedSecret | null> {
  const { rows } = await sql<{ canary: SealedSecret | null }>`select canary from installation for update`.execute(tx);
  return rows[0]?.canary ?? null;
}

const writeCanary = (tx: Tx, canary: SealedSecret) =>
  sql`update installation set canary = ${JSON.stringify(canary)}::jsonb`.execute(tx);

/** The names of the master keys that stored secrets are encrypted under; one, unless something went wrong before. */
async function readMasterIds(tx: Tx): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select wrapped ->> 'masterId' as id from signing_key
    union select wrapped ->> 'masterId' from authority
    union select sealed ->> 'masterId' from webhook where removed_at is null
    union select sealed ->> 'masterId' from registry_credential`.execute(tx);
  return rows.map((row) => row.id);
}
