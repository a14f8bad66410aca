/** Revocations: an image is taken out of service at once, or judged anew. */
import { NewReinstatement, NewRevocation, Reinstated, Revocation, Revoked } from '@pratique/contract';
import { sql } from 'kysely';
import { z } from 'zod';
import { asSystem, asTenant, type Db, type Tx } from '../db/connect.ts';
import { liftRevocation } from '../revocation/lift.ts';
import { revokeImage } from '../revocation/revoke.ts';
import { actorOf, personOf, wholeGrantOf } from './access.ts';
import type { App } from './app.ts';
import { withImage } from './with-image.ts';

const AccountPath = z.object({ account: z.string() });

export function revocationRoutes(app: App, deps: { db: Db }): void {
  const { db } = deps;

  app.get(
    '/api/v1/accounts/:account/revocations',
    { config: { access: 'reader' }, schema: { params: AccountPath, response: { 200: z.array(Revocation) } } },
    async (request) => asTenant(db, [wholeGrantOf(request).accountId], readRevocations),
  );

  app.post(
    '/api/v1/accounts/:account/revocations',
    {
      config: { access: 'maintainer' },
      schema: { params: AccountPath, body: NewRevocation, response: { 201: Revoked } },
    },
    async (request, reply) => {
      const grant = wholeGrantOf(request);
      // A robot may take out of service; only people bring back.
      const actor = actorOf(request);
      const { reason, everywhere } = request.body;
      const revoked = await withImage(db, grant, request.body, async (tx, repository, image) => ({
        digest: image.digest,
        ...(await revokeImage(tx, {
          accountId: grant.accountId,
          account: grant.account,
          digest: image.digest,
          repository: everywhere ? null : repository,
          reason,
          actor,
        })),
      }));
      return reply.status(201).send(revoked);
    },
  );

  app.post(
    '/api/v1/accounts/:account/revocations/lift',
    {
      config: { access: 'maintainer' },
      schema: { params: AccountPath, body: NewReinstatement, response: { 200: Reinstated } },
    },
    async (request) => {
      const { accountId } = wholeGrantOf(request);
      const actor = personOf(request);
      const { digest, reason } = request.body;
      // Starting runs reads settings of the installation.
      const judgedAnew = await asSystem(db, (tx) => liftRevocation(tx, { accountId, digest, reason, actor }));
      return { digest, judgedAnew };
    },
  );
}

type Row = {
  digest: string;
  repository: string | null;
  reason: string;
  revoked_by: string;
  created_at: Date;
  lifted_at: Date | null;
  lifted_by: string | null;
};

/** What was named, newest first; the platforms that an index took with it are not listed one by one. */
async function readRevocations(tx: Tx): Promise<Revocation[]> {
  const { rows } = await sql<Row>`
    select v.digest, r.name as repository, v.reason, v.revoked_by, v.created_at, v.lifted_at, v.lifted_by
    from revocation v left join repository r using (repository_id) where v.digest = v.root_digest order by v.created_at desc limit 500`.execute(
    tx,
  );
  return rows.map((row) => ({
    digest: row.digest,
    repository: row.repository,
    reason: row.reason,
    by: row.revoked_by,
    at: row.created_at.toISOString(),
    liftedAt: row.lifted_at?.toISOString() ?? null,
    liftedBy: row.lifted_by,
  }));
}
