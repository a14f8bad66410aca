/** Opens a session for a person. */
import { sql } from 'kysely';
import { asSystem, type Db } from '../db/connect.ts';
import { type Actor, recordAudit, SYSTEM_ACTOR } from './audit.ts';
import { hashSecret, makeSecret } from './secret.ts';

/** @returns when the session ends */
export async function insertSession(
  db: Db,
  personId: string,
  secret: string,
  kind: 'browser' | 'cli',
  hours: number,
  actor: Actor,
): Promise<Date> {
  return asSystem(db, async (tx) => {
    const { rows } = await sql<{ expires_at: Date }>`
      insert into session (token_hash, person_id, kind, expires_at)
      values (${hashSecret(secret)}, ${personId}, ${kind}, now() + make_interval(hours => ${hours})) returning expires_at`.execute(
      tx,
    );
    await recordAudit(tx, {
      accountId: null,
      actor,
      action: 'session.open',
      subject: actor.name,
      detail: { kind, hours },
    });
    return rows[0]?.expires_at ?? new Date();
  });
}

/** A session of one hour for the administrator, for the program that started this server: it owns the data folder anyway. */
export async function openLocalSession(db: Db): Promise<string | null> {
  const { rows } = await asSystem(db, (tx) =>
    sql<{ person_id: string }>`select person_id from person where name = 'admin' and disabled_at is null`.execute(tx),
  );
  if (!rows[0]) return null;
  const secret = makeSecret('session');
  await insertSession(db, rows[0].person_id, secret, 'cli', 1, { ...SYSTEM_ACTOR, name: 'admin' });
  return secret;
}
