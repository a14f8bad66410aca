/** Chains, their runs, and approvals. */
import {
  Approval,
  ChainChange,
  ChainDefinition,
  ChainDraft,
  ChainValidation,
  ChainVersion,
  NewRun,
  Run,
} from '@pratique/contract';
import { sql } from 'kysely';
import { z } from 'zod';
import { recordAudit } from '../auth/audit.ts';
import { matchesAny } from '../auth/pattern.ts';
import { decideApproval } from '../chain/decide-approval.ts';
import { startRun } from '../chain/start-run.ts';
import { examineChain, validateChain } from '../chain/validate-chain.ts';
import { asTenant, type Db, type Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { appendEvent } from '../feed/append-event.ts';
import { actorOf, grantOf, personOf, wholeGrantOf } from './access.ts';
import type { App } from './app.ts';
import { readRuns } from './read-runs.ts';
import { withImage } from './with-image.ts';

const AccountPath = z.object({ account: z.string() });
const ChainPath = AccountPath.extend({ chain: z.string().max(60) });
const RunPath = AccountPath.extend({ run: z.uuid() });

export function chainRoutes(app: App, deps: { db: Db }): void {
  const { db } = deps;

  app.get(
    '/api/v1/accounts/:account/chains',
    { config: { access: 'reader' }, schema: { params: AccountPath, response: { 200: z.array(ChainVersion) } } },
    async (request) => asTenant(db, [wholeGrantOf(request).accountId], readChains),
  );

  app.post(
    '/api/v1/accounts/:account/chains/validation',
    {
      config: { access: 'reader' },
      schema: { params: AccountPath, body: ChainDraft, response: { 200: ChainValidation } },
    },
    async (request) => {
      wholeGrantOf(request);
      return examineChain(request.body.definition);
    },
  );

  app.put(
    '/api/v1/accounts/:account/chains/:chain',
    {
      config: { access: 'maintainer' },
      schema: { params: ChainPath, body: ChainChange, response: { 200: ChainVersion } },
    },
    async (request) => {
      const { accountId } = wholeGrantOf(request);
      const definition = validateChain(request.body.definition);
      if (definition.name !== request.params.chain)
        throw new ServerError(
          'invalid',
          `the definition is of the chain ${definition.name}, the path names ${request.params.chain}`,
        );
      const stored = await asTenant(db, [accountId], async (tx) => {
        await refuseOutdated(tx, definition.name, request.body.ifVersion);
        await storeChain(tx, accountId, definition, actorOf(request).name);
        await recordAudit(tx, { accountId, actor: actorOf(request), action: 'chain.define', subject: definition.name });
        const defined = (await readChains(tx)).find((chain) => chain.name === definition.name);
        await appendEvent(tx, {
          accountId,
          subject: `chain/${definition.name}`,
          type: 'chain.defined',
          data: { chain: definition.name, version: defined?.version ?? null, by: actorOf(request).name },
        });
        return defined;
      });
      if (!stored) throw new ServerError('internal', 'the chain could not be read back');
      return stored;
    },
  );

  app.delete(
    '/api/v1/accounts/:account/chains/:chain',
    { config: { access: 'maintainer' }, schema: { params: ChainPath, response: { 204: z.null() } } },
    async (request, reply) => {
      const { accountId } = wholeGrantOf(request);
      await asTenant(db, [accountId], async (tx) => {
        const { rows } =
          await sql`update chain set retired_at = now() where name = ${request.params.chain} and retired_at is null returning 1`.execute(
            tx,
          );
        if (rows.length === 0) throw new ServerError('not-found', `there is no chain ${request.params.chain}`);
        await recordAudit(tx, {
          accountId,
          actor: actorOf(request),
          action: 'chain.retire',
          subject: request.params.chain,
        });
        await appendEvent(tx, {
          accountId,
          subject: `chain/${request.params.chain}`,
          type: 'chain.retired',
          data: { chain: request.params.chain, by: actorOf(request).name },
        });
      });
      return reply.status(204).send(null);
    },
  );

  app.post(
    '/api/v1/accounts/:account/runs',
    {
      config: { access: 'developer' },
      schema: {
        params: AccountPath,
        body: NewRun,
        response: { 202: z.object({ outcome: z.enum(['started', 'joined']), run: Run }) },
      },
    },
    async (request, reply) => {
      const actor = actorOf(request);
      const answer = await withImage(db, grantOf(request), request.body, async (tx, repository, image) => {
        const tag = image.digest === request.body.reference ? null : request.body.reference;
        const started = await startRun(tx, {
          repository,
          digest: image.digest,
          tag,
          trigger: 'manual',
          requestedBy: actor.name,
        });
        if (started.outcome === 'no-chain')
          throw new ServerError('conflict', `no chain of ${repository.account} covers ${repository.name}`);
        if (started.outcome === 'unneeded')
          throw new ServerError('internal', 'a run that was asked for was found unneeded');
        await recordAudit(tx, {
          accountId: repository.accountId,
          actor,
          action: 'run.start',
          subject: `${repository.name}@${image.digest}`,
        });
        return { outcome: started.outcome, run: await requireRun(tx, started.runId) };
      });
      return reply.status(202).send(answer);
    },
  );

  app.get(
    '/api/v1/accounts/:account/runs',
    {
      config: { access: 'reader' },
      schema: {
        params: AccountPath,
        querystring: z.object({ limit: z.coerce.number().int().min(1).max(200).default(50) }),
        response: { 200: z.array(Run) },
      },
    },
    async (request) =>
      asTenant(db, [wholeGrantOf(request).accountId], (tx) => readRuns(tx, { limit: request.query.limit })),
  );

  app.get(
    '/api/v1/accounts/:account/runs/:run',
    { config: { access: 'reader' }, schema: { params: RunPath, response: { 200: Run } } },
    async (request) => {
      const grant = grantOf(request);
      const run = await asTenant(db, [grant.accountId], (tx) => requireRun(tx, request.params.run));
      if (!matchesAny(grant.repositories, run.repository)) throw new ServerError('not-found', 'there is no such run');
      return run;
    },
  );

  app.post(
    '/api/v1/accounts/:account/runs/:run/steps/:step/approval',
    {
      // Whom the chain names may be a developer; the step knows.
      config: { access: 'developer' },
      schema: { params: RunPath.extend({ step: z.string().max(40) }), body: Approval, response: { 200: Run } },
    },
    async (request) => {
      const { accountId, role } = wholeGrantOf(request);
      const actor = personOf(request);
      return asTenant(db, [accountId], async (tx) => {
        await decideApproval(tx, {
          runId: request.params.run,
          step: request.params.step,
          ...request.body,
          actor,
          role,
        });
        return requireRun(tx, request.params.run);
      });
    },
  );
}

async function requireRun(tx: Tx, runId: string): Promise<Run> {
  const [run] = await readRuns(tx, { runId, limit: 1 });
  if (!run) throw new ServerError('not-found', 'there is no such run');
  return run;
}

async function readChains(tx: Tx): Promise<ChainVersion[]> {
  const { rows } = await sql<{
    name: string;
    version: number;
    definition: unknown;
    created_by: string;
    created_at: Date;
  }>`
    select name, version, definition, created_by, created_at from chain where retired_at is null order by name`.execute(
    tx,
  );
  return rows.map((row) => ({
    name: row.name,
    version: row.version,
    definition: ChainDefinition.parse(row.definition),
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
  }));
}

/**
 * Locks the chain, so that of two who change one version at a time the second is told.
 *
 * @throws ServerError `conflict`
 */
async function refuseOutdated(tx: Tx, name: string, ifVersion: number | undefined): Promise<void> {
  if (ifVersion === undefined) return;
  const { rows } = await sql<{ version: number; created_by: string }>`
    select version, created_by from chain where name = ${name} and retired_at is null for update`.execute(tx);
  const [now] = rows;
  if ((now?.version ?? 0) === ifVersion) return;
  throw new ServerError(
    'conflict',
    now
      ? `the chain ${name} is at version ${now.version} by now, defined by ${now.created_by}; look at it before you replace it`
      : `the chain ${name} was retired meanwhile`,
  );
}

/** Runs under way keep the version they began with. */
async function storeChain(tx: Tx, accountId: string, definition: ChainDefinition, author: string): Promise<void> {
  await sql`update chain set retired_at = now() where account_id = ${accountId} and name = ${definition.name} and retired_at is null`.execute(
    tx,
  );
  await sql`
    insert into chain (account_id, name, version, definition, created_by)
    select ${accountId}, ${definition.name}, coalesce(max(version), 0) + 1, ${JSON.stringify(definition)}::jsonb, ${author}
    from chain where account_id = ${accountId} and name = ${definition.name}`.execute(tx);
}
