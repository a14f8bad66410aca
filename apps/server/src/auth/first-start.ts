/** Makes the administrator and the first two accounts, once; changes the administrator's password when it is set anew. */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { appendPrincipalChange } from '../feed/append-event.ts';
import { recordAudit, SYSTEM_ACTOR } from './audit.ts';
import { hashPassword, passwordMatches } from './secret.ts';

/**
 * @param configured PRATIQUE_ADMIN_PASSWORD, or null to generate one
 * @returns the generated password, to be printed this once; null when none was generated
 */
export async function ensureFirstAccounts(db: Db, configured: string | null): Promise<string | null> {
  return asSystem(db, async (tx) => {
    // Two servers starting on an empty database: one waits for the other.
    await sql`select pg_advisory_xact_lock(8480002)`.execute(tx);
    const { rows } = await sql<{
      person_id: string;
      password_hash: string;
    }>`select person_id, password_hash from person where name = 'admin'`.execute(tx);
    const admin = rows[0];
    if (admin) {
      if (configured !== null && !(await passwordMatches(configured, admin.password_hash)))
        await changePassword(tx, admin.person_id, configured);
      return null;
    }
    const password = configured ?? randomBytes(15).toString('base64url');
    await insertAdmin(tx, await hashPassword(password));
    return configured === null ? password : null;
  });
}

async function changePassword(tx: Tx, personId: string, password: string): Promise<void> {
  await sql`update person set password_hash = ${await hashPassword(password)} where person_id = ${personId}`.execute(
    tx,
  );
  // Whoever had a session under the old password has none under the new one.
  await sql`delete from session where person_id = ${personId}`.execute(tx);
  await appendPrincipalChange(tx, `person:${personId}`);
  await recordAudit(tx, {
    accountId: null,
    actor: SYSTEM_ACTOR,
    action: 'person.change',
    subject: 'admin',
    detail: { password: 'set by PRATIQUE_ADMIN_PASSWORD' },
  });
}

async function insertAdmin(tx: Tx, passwordHash: string): Promise<void> {
  await sql`
    with admin as (insert into person (name, password_hash, is_admin) values ('admin', ${passwordHash}, true) returning person_id),
         made as (insert into account (name) values ('vendor'), ('customer') returning account_id)
    insert into membership (account_id, person_id, role) select made.account_id, admin.person_id, 'owner' from made, admin`.execute(
    tx,
  );
}
