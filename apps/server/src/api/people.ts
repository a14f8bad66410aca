/** People of the instance; for its administrators, and everybody's own password. */
import { NewPerson, Password, Person, PersonChange } from '@pratique/contract';
import { sql } from 'kysely';
import { z } from 'zod';
import { type Actor, recordAudit } from '../auth/audit.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { hashPassword } from '../auth/secret.ts';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { appendPrincipalChange } from '../feed/append-event.ts';
import { actorOf, callerOf } from './access.ts';
import { forget } from './accounts.ts';
import type { App } from './app.ts';

export function peopleRoutes(app: App, deps: { db: Db; authenticator: Authenticator }): void {
  const { db } = deps;

  app.get('/api/v1/people', { config: { access: 'admin' }, schema: { response: { 200: z.array(Person) } } }, async () =>
    asSystem(db, readPeople),
  );

  app.post(
    '/api/v1/people',
    { config: { access: 'admin' }, schema: { body: NewPerson, response: { 201: Person } } },
    async (request, reply) => {
      const { name, password, admin } = request.body;
      const hash = await hashPassword(password);
      const person = await asSystem(db, async (tx) => {
        const { rows } =
          await sql`insert into person (name, password_hash, is_admin) values (${name}, ${hash}, ${admin}) on conflict (name) do nothing returning 1`.execute(
            tx,
          );
        if (rows.length === 0) throw new ServerError('conflict', `there is a person ${name} already`);
        await recordAudit(tx, {
          accountId: null,
          actor: actorOf(request),
          action: 'person.create',
          subject: name,
          detail: { admin },
        });
        return (await readPeople(tx)).find((found) => found.name === name);
      });
      if (!person) throw new ServerError('internal', 'the person could not be read back');
      return reply.status(201).send(person);
    },
  );

  app.patch(
    '/api/v1/people/:person',
    {
      config: { access: 'admin' },
      schema: { params: z.object({ person: z.string().max(100) }), body: PersonChange, response: { 204: z.null() } },
    },
    async (request, reply) => {
      const { password, disabled } = request.body;
      if (disabled === true && request.params.person === callerOf(request).name)
        throw new ServerError('conflict', 'you cannot disable yourself');
      const hash = password === undefined ? null : await hashPassword(password);
      const personId = await asSystem(db, (tx) =>
        changePerson(tx, actorOf(request), request.params.person, hash, disabled ?? null),
      );
      forget(deps.authenticator, `person:${personId}`);
      return reply.status(204).send(null);
    },
  );

  app.put(
    '/api/v1/me/password',
    {
      config: { access: 'person' },
      schema: { body: z.object({ current: z.string().max(300), password: Password }), response: { 204: z.null() } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const proven = await deps.authenticator.basic(caller.name, request.body.current, request.ip);
      if (proven?.id !== caller.id) throw new ServerError('forbidden', 'the current password is wrong');
      const hash = await hashPassword(request.body.password);
      await asSystem(db, (tx) => changePerson(tx, actorOf(request), caller.name, hash, null));
      forget(deps.authenticator, caller.id);
      return reply.status(204).send(null);
    },
  );
}

async function readPeople(tx: Tx): Promise<Person[]> {
  const { rows } = await sql<{
    name: string;
    is_admin: boolean;
    disabled_at: Date | null;
    created_at: Date;
  }>`select name, is_admin, disabled_at, created_at from person order by name`.execute(tx);
  return rows.map((row) => ({
    name: row.name,
    admin: row.is_admin,
    disabled: row.disabled_at !== null,
    createdAt: row.created_at.toISOString(),
  }));
}

/** A changed password or a disabled person ends every session. */
async function changePerson(
  tx: Tx,
  actor: Actor,
  name: string,
  passwordHash: string | null,
  disabled: boolean | null,
): Promise<string> {
  const { rows } = await sql<{ person_id: string }>`
    update person set password_hash = coalesce(${passwordHash}, password_hash),
      disabled_at = case ${disabled}::boolean when true then coalesce(disabled_at, now()) when false then null else disabled_at end
    where name = ${name} returning person_id`.execute(tx);
  const personId = rows[0]?.person_id;
  if (!personId) throw new ServerError('not-found', `there is no person ${name}`);
  if (passwordHash !== null || disabled === true)
    await sql`delete from session where person_id = ${personId}`.execute(tx);
  await appendPrincipalChange(tx, `person:${personId}`);
  await recordAudit(tx, {
    accountId: null,
    actor,
    action: 'person.change',
    subject: name,
    detail: { password: passwordHash === null ? 'kept' : 'changed', ...(disabled === null ? {} : { disabled }) },
  });
  return personId;
}
