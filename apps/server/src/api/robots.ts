/** Robots: tokens of an account with a role, repositories and an end. */
import { NewRobot, NewRobotAnswer, Robot, Role } from '@pratique/contract';
import { sql } from 'kysely';
import { z } from 'zod';
import { recordAudit } from '../auth/audit.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { hashSecret, makeSecret } from '../auth/secret.ts';
import { asTenant, type Db, type Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { appendPrincipalChange } from '../feed/append-event.ts';
import { actorOf, wholeGrantOf } from './access.ts';
import { forget } from './accounts.ts';
import type { App } from './app.ts';

const AccountPath = z.object({ account: z.string() });

export function robotRoutes(app: App, deps: { db: Db; authenticator: Authenticator }): void {
  const { db } = deps;

  app.get(
    '/api/v1/accounts/:account/robots',
    { config: { access: 'maintainer' }, schema: { params: AccountPath, response: { 200: z.array(Robot) } } },
    async (request) => asTenant(db, [wholeGrantOf(request).accountId], readRobots),
  );

  app.post(
    '/api/v1/accounts/:account/robots',
    {
      config: { access: 'maintainer' },
      schema: { params: AccountPath, body: NewRobot, response: { 201: NewRobotAnswer } },
    },
    async (request, reply) => {
      const { accountId, account } = wholeGrantOf(request);
      const { name, role, repositories, days } = request.body;
      const token = makeSecret('robot');
      const robot = await asTenant(db, [accountId], async (tx) => {
        const { rows } = await sql`
        insert into robot (account_id, name, role, repositories, token_hash, created_by, expires_at)
        values (${accountId}, ${name}, ${role}, ${repositories}::text[], ${hashSecret(token)}, ${actorOf(request).name}, now() + make_interval(days => ${days}))
        on conflict (account_id, name) where revoked_at is null do nothing returning 1`.execute(tx);
        if (rows.length === 0) throw new ServerError('conflict', `there is a robot ${name} already; revoke it first`);
        await recordAudit(tx, {
          accountId,
          actor: actorOf(request),
          action: 'robot.create',
          subject: name,
          detail: { role, repositories, days },
        });
        return (await readRobots(tx)).find((found) => found.name === name && found.revokedAt === null);
      });
      if (!robot) throw new ServerError('internal', 'the robot could not be read back');
      return reply.status(201).send({ robot, user: `${account}+${name}`, token });
    },
  );

  app.delete(
    '/api/v1/accounts/:account/robots/:robot',
    {
      config: { access: 'maintainer' },
      schema: { params: AccountPath.extend({ robot: z.string().max(60) }), response: { 204: z.null() } },
    },
    async (request, reply) => {
      const { accountId } = wholeGrantOf(request);
      const robotId = await asTenant(db, [accountId], async (tx) => {
        const { rows } = await sql<{
          robot_id: string;
        }>`update robot set revoked_at = now() where name = ${request.params.robot} and revoked_at is null returning robot_id`.execute(
          tx,
        );
        if (!rows[0]) throw new ServerError('not-found', `there is no robot ${request.params.robot} in force`);
        await appendPrincipalChange(tx, `robot:${rows[0].robot_id}`);
        await recordAudit(tx, {
          accountId,
          actor: actorOf(request),
          action: 'robot.revoke',
          subject: request.params.robot,
        });
        return rows[0].robot_id;
      });
      forget(deps.authenticator, `robot:${robotId}`);
      return reply.status(204).send(null);
    },
  );
}

async function readRobots(tx: Tx): Promise<Robot[]> {
  const { rows } = await sql<{
    name: string;
    role: string;
    repositories: string[];
    created_by: string;
    created_at: Date;
    expires_at: Date;
    revoked_at: Date | null;
  }>`
    select name, role, repositories, created_by, created_at, expires_at, revoked_at from robot order by revoked_at is not null, name`.execute(
    tx,
  );
  return rows.map((row) => ({
    name: row.name,
    role: Role.parse(row.role),
    repositories: row.repositories,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    revokedAt: row.revoked_at?.toISOString() ?? null,
  }));
}
