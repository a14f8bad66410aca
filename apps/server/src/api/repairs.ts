/** Repairs: what one would do, one that is asked for, and what became of all of them. */
import { Fleet, NewRepair, Repair, RepairSummary } from '@pratique/contract';
import { z } from 'zod';
import { recordAudit } from '../auth/audit.ts';
import { matchesAny } from '../auth/pattern.ts';
import { asTenant, type Db } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { findRepository } from '../registry/find-repository.ts';
import { readFleet } from '../repair/built-on.ts';
import { readRepair, readRepairs } from '../repair/read-repairs.ts';
import { requestRepair } from '../repair/request-repair.ts';
import { isRevoked } from '../revocation/read-revocation.ts';
import { actorOf, grantOf, wholeGrantOf } from './access.ts';
import type { App } from './app.ts';
import { coveredRepositories } from './covered-repositories.ts';
import type { ScanDeps } from './read-scan.ts';
import { ImageQuery, withImage } from './with-image.ts';

const AccountPath = z.object({ account: z.string() });
const RepairPath = AccountPath.extend({ repair: z.uuid() });
const Limit = z.coerce.number().int().min(1).max(200).default(50);

export function repairRoutes(app: App, deps: ScanDeps & { db: Db }): void {
  const { db } = deps;

  app.post(
    '/api/v1/accounts/:account/repairs',
    {
      config: { access: 'developer' },
      schema: { params: AccountPath, body: NewRepair, response: { 202: RepairSummary } },
    },
    async (request, reply) => {
      const actor = actorOf(request);
      const { mode, scope, tagging, smokeStart, reference } = request.body;
      const asked = await withImage(db, grantOf(request), request.body, async (tx, repository, image) => {
        if (mode === 'repair' && (await isRevoked(tx, repository, [image.digest])))
          throw new ServerError('conflict', 'the image was revoked: what was taken out of service is not repaired');
        const tag = image.digest === reference ? null : reference;
        const { repairId, isNew } = await requestRepair(tx, {
          repository,
          digest: image.digest,
          tag,
          mode,
          scope,
          tagging,
          smokeStart,
          requestedBy: actor.name,
        });
        if (isNew)
          await recordAudit(tx, {
            accountId: repository.accountId,
            actor,
            action: mode === 'preview' ? 'repair.preview' : 'repair.start',
            subject: `${repository.name}@${image.digest}`,
            detail: { scope, tagging, tag },
          });
        const [summary] = await readRepairs(tx, { repairId, limit: 1 });
        if (!summary) throw new ServerError('internal', 'the repair could not be read back');
        return summary;
      });
      return reply.status(202).send(asked);
    },
  );

  app.get(
    '/api/v1/accounts/:account/repairs',
    {
      config: { access: 'reader' },
      schema: {
        params: AccountPath,
        querystring: z.object({ limit: Limit }),
        response: { 200: z.array(RepairSummary) },
      },
    },
    async (request) =>
      asTenant(db, [wholeGrantOf(request).accountId], (tx) => readRepairs(tx, { limit: request.query.limit })),
  );

  app.get(
    '/api/v1/accounts/:account/image/repairs',
    {
      config: { access: 'reader' },
      schema: {
        params: AccountPath,
        querystring: ImageQuery.extend({ limit: Limit }),
        response: { 200: z.array(RepairSummary) },
      },
    },
    async (request) =>
      withImage(db, grantOf(request), request.query, (tx, repository, image) =>
        readRepairs(tx, {
          repositoryId: repository.repositoryId,
          digest: image.digest,
          limit: request.query.limit,
        }),
      ),
  );

  app.get(
    '/api/v1/accounts/:account/image/fleet',
    {
      config: { access: 'reader' },
      schema: {
        params: AccountPath,
        querystring: ImageQuery.extend({ limit: Limit }),
        response: { 200: Fleet },
      },
    },
    async (request) => {
      const grant = grantOf(request);
      return withImage(db, grant, request.query, async (tx, repository, image) =>
        readFleet(
          tx,
          { repositoryId: repository.repositoryId, digest: image.digest },
          await coveredRepositories(tx, grant),
          request.query.limit,
        ),
      );
    },
  );

  app.get(
    '/api/v1/accounts/:account/repairs/:repair',
    { config: { access: 'reader' }, schema: { params: RepairPath, response: { 200: Repair } } },
    async (request) => {
      const grant = grantOf(request);
      return asTenant(db, [grant.accountId], async (tx) => {
        const [summary] = await readRepairs(tx, { repairId: request.params.repair, limit: 1 });
        const repository =
          summary && matchesAny(grant.repositories, summary.repository)
            ? await findRepository(tx, grant.account, summary.repository)
            : null;
        if (!summary || !repository) throw new ServerError('not-found', 'there is no such repair');
        return readRepair(tx, { publicUrl: deps.config.publicUrl, vex: deps.vex }, repository, summary);
      });
    },
  );
}
