/** Reads people and robots, with what they may do, from the database. */
import type { Role } from '@pratique/contract';
import { sql } from 'kysely';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import type { Principal } from './principal.ts';
import { hashSecret, passwordMatches, secretKind } from './secret.ts';

type PersonRow = { person_id: string; name: string; is_admin: boolean; password_hash: string };
type GrantRow = { account_id: string; account: string; role: Role };
type RobotRow = {
  robot_id: string;
  name: string;
  role: Role;
  repositories: string[];
  account_id: string;
  account: string;
  expires_at: Date;
};

// Matches no password; makes an unknown name cost as much as a known one.
const NOBODY = 'scrypt$32768$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=';

/** @returns null for an unknown name, a wrong password or a disabled person, without telling which */
export async function loadByPassword(db: Db, name: string, password: string): Promise<Principal | null> {
  const person = await asSystem(db, (tx) => readPersonByName(tx, name));
  // Outside the transaction: guessed passwords must not hold the connections that everybody needs.
  if (!(await passwordMatches(password, person?.password_hash ?? NOBODY)) || !person) return null;
  return asSystem(db, async (tx) => {
    const now = await readPersonByName(tx, name);
    return now?.password_hash === person.password_hash ? withGrants(tx, now) : null;
  });
}

/** @returns null for a secret that is unknown, expired or revoked */
export async function loadBySecret(db: Db, secret: string): Promise<Principal | null> {
  const kind = secretKind(secret);
  if (kind === 'robot') return asSystem(db, async (tx) => toRobot(await readRobot(tx, { hash: hashSecret(secret) })));
  if (kind !== 'session') return null;
  return asSystem(db, async (tx) => {
    const { rows } = await sql<PersonRow & { expires_at: Date }>`
      select p.person_id, p.name, p.is_admin, p.password_hash, s.expires_at from session s join person p using (person_id)
      where s.token_hash = ${hashSecret(secret)} and s.expires_at > now() and p.disabled_at is null`.execute(tx);
    return rows[0] ? { ...(await withGrants(tx, rows[0])), expiresAt: rows[0].expires_at.getTime() } : null;
  });
}

/** @param id `person:UUID` or `robot:UUID`, as a registry token names its bearer */
export async function loadById(db: Db, id: string): Promise<Principal | null> {
  const [kind, uuid] = id.split(':');
  if (!uuid || !/^[0-9a-f-]{36}$/.test(uuid)) return null;
  if (kind === 'robot') return asSystem(db, async (tx) => toRobot(await readRobot(tx, { id: uuid })));
  if (kind !== 'person') return null;
  return asSystem(db, async (tx) => {
    const { rows } = await sql<PersonRow>`
      select person_id, name, is_admin, password_hash from person where person_id = ${uuid} and disabled_at is null`.execute(
      tx,
    );
    return rows[0] ? withGrants(tx, rows[0]) : null;
  });
}

async function readPersonByName(tx: Tx, name: string): Promise<PersonRow | undefined> {
  const { rows } = await sql<PersonRow>`
    select person_id, name, is_admin, password_hash from person where name = ${name} and disabled_at is null`.execute(
    tx,
  );
  return rows[0];
}

async function withGrants(tx: Tx, person: PersonRow): Promise<Principal> {
  const { rows } = await sql<GrantRow>`
    select m.account_id, a.name as account, m.role from membership m join account a using (account_id)
    where m.person_id = ${person.person_id} order by a.name`.execute(tx);
  return {
    id: `person:${person.person_id}`,
    name: person.name,
    admin: person.is_admin,
    grants: rows.map((row) => ({
      accountId: row.account_id,
      account: row.account,
      role: row.role,
      repositories: ['**'],
    })),
    expiresAt: null,
  };
}

async function readRobot(tx: Tx, by: { hash: Buffer } | { id: string }): Promise<RobotRow | undefined> {
  const where = 'hash' in by ? sql`r.token_hash = ${by.hash}` : sql`r.robot_id = ${by.id}`;
  const { rows } = await sql<RobotRow>`
    select r.robot_id, r.name, r.role, r.repositories, r.account_id, a.name as account, r.expires_at
    from robot r join account a using (account_id)
    where ${where} and r.revoked_at is null and r.expires_at > now()`.execute(tx);
  return rows[0];
}

function toRobot(row: RobotRow | undefined): Principal | null {
  if (!row) return null;
  return {
    id: `robot:${row.robot_id}`,
    name: `${row.account}+${row.name}`,
    admin: false,
    grants: [{ accountId: row.account_id, account: row.account, role: row.role, repositories: row.repositories }],
    expiresAt: row.expires_at.getTime(),
  };
}
