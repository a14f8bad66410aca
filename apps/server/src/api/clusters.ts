/** Clusters whose admission this server decides. */
import {
  Cluster,
  ClusterChange,
  ClusterStatus,
  NewClusterWithAgent,
  NewClusterWithAgentAnswer,
  NewEnrolment,
  NewEnrolmentAnswer,
  Placement,
} from '@pratique/contract';
import { sql } from 'kysely';
import { z } from 'zod';
import { webhookManifests } from '../admission/webhook-manifests.ts';
import { recordAudit } from '../auth/audit.ts';
import { hashSecret, makeSecret } from '../auth/secret.ts';
import { agentManifests } from '../cluster/agent-manifests.ts';
import { checkExemptNamespaces, DEFAULT_EXEMPT, warningsOf } from '../cluster/check-lockout.ts';
import { issueToken } from '../cluster/enrolment.ts';
import { liftHolds } from '../cluster/holds.ts';
import { deleteAllPlacements } from '../cluster/placements.ts';
import { readAgentState, readPlacements, readReviewSummary } from '../cluster/read-cluster.ts';
import type { Config } from '../config.ts';
import { asTenant, type Db, type Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { appendEvent } from '../feed/append-event.ts';
import type { Signer } from '../signer/client.ts';
import { actorOf, wholeGrantOf } from './access.ts';
import type { App } from './app.ts';
import { describeAuthority } from './authority.ts';

const AccountPath = z.object({ account: z.string() });
const ClusterPath = AccountPath.extend({ cluster: z.string().max(60) });
const PlacementQuery = z.object({
  digest: z.string().max(100).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
  offset: z.coerce.number().int().min(0).default(0),
});

export function clusterRoutes(app: App, deps: { db: Db; config: Config; signer: Signer }): void {
  const { db, config, signer } = deps;
  const { hostname } = new URL(config.publicUrl);
  const listener = `https://${hostname}:${config.admissionPort}`;
  const agentInput = (cluster: string, caPem: string, { token, expiresAt }: { token: string; expiresAt: Date }) => ({
    cluster,
    serverUrl: listener,
    caPem,
    token,
    tokenExpiresAt: expiresAt.toISOString(),
  });

  app.get(
    '/api/v1/accounts/:account/clusters',
    { config: { access: 'reader' }, schema: { params: AccountPath, response: { 200: z.array(Cluster) } } },
    async (request) => asTenant(db, [wholeGrantOf(request).accountId], readClusters),
  );

  app.get(
    '/api/v1/accounts/:account/clusters/:cluster',
    { config: { access: 'reader' }, schema: { params: ClusterPath, response: { 200: ClusterStatus } } },
    async (request) => {
      const authority = await describeAuthority(db, signer);
      return asTenant(db, [wholeGrantOf(request).accountId], async (tx) => {
        const cluster = await requireCluster(tx, request.params.cluster);
        const { trusts, ...known } = await readAgentState(tx, cluster.id, new Date());
        return {
          ...cluster,
          ...known,
          authority: {
            endsAt: authority.endsAt,
            fingerprint: authority.fingerprint,
            isTrusted: trusts?.includes(authority.newest) ?? null,
          },
          reviews: await readReviewSummary(tx, cluster.id),
        };
      });
    },
  );

  app.get(
    '/api/v1/accounts/:account/clusters/:cluster/placements',
    {
      config: { access: 'reader' },
      schema: { params: ClusterPath, querystring: PlacementQuery, response: { 200: z.array(Placement) } },
    },
    async (request) =>
      asTenant(db, [wholeGrantOf(request).accountId], async (tx) => {
        const cluster = await requireCluster(tx, request.params.cluster);
        const { digest, limit, offset } = request.query;
        return readPlacements(
          tx,
          { clusterId: cluster.id, digests: digest ? [digest] : null, limit, offset },
          new Date(),
        );
      }),
  );

  app.post(
    '/api/v1/accounts/:account/clusters',
    {
      config: { access: 'maintainer' },
      schema: { params: AccountPath, body: NewClusterWithAgent, response: { 201: NewClusterWithAgentAnswer } },
    },
    async (request, reply) => {
      const { accountId } = wholeGrantOf(request);
      const { name, mode, agentImage, alsoExempt } = request.body;
      const exemptNamespaces = [...new Set([...(request.body.exemptNamespaces ?? DEFAULT_EXEMPT), ...alsoExempt])];
      checkExemptNamespaces(exemptNamespaces);
      // First of all: a cluster whose only token was lost with an error could be neither used nor made again.
      const caPem = await signer.authority();
      const token = makeSecret('cluster').slice('prq_cluster_'.length);
      const { cluster, enrolment } = await asTenant(db, [accountId], async (tx) => {
        const { rows } = await sql`
        insert into cluster (account_id, name, token_hash, mode, exempt_namespaces)
        values (${accountId}, ${name}, ${hashSecret(token)}, ${mode}, ${exemptNamespaces}::text[])
        on conflict (account_id, name) do nothing returning 1`.execute(tx);
        if (rows.length === 0)
          throw new ServerError(
            'conflict',
            `there is a cluster ${name} already; another token for its agent: pratique cluster enroll ${name} --again`,
          );
        const made = await requireCluster(tx, name);
        const issued = agentImage ? await issueToken(tx, { accountId, clusterId: made.id }, new Date()) : null;
        await announce(tx, accountId, request, 'cluster.add', name);
        return { cluster: made, enrolment: issued };
      });
      const base = `${listener}/admission/clusters/${cluster.id}/${token}`;
      const answer = {
        cluster,
        validateUrl: `${base}/validate`,
        mutateUrl: `${base}/mutate`,
        caBundle: Buffer.from(caPem).toString('base64'),
      };
      const webhooks = webhookManifests({ name, ...answer, exemptNamespaces: cluster.exemptNamespaces });
      return reply.status(201).send({
        ...answer,
        ...describeEnrolment(enrolment),
        warnings: warningsOf(config.publicUrl),
        // The agent first: once the webhooks stand, what is not exempt waits for a verdict.
        manifests:
          agentImage && enrolment
            ? `${agentManifests({ ...agentInput(name, caPem, enrolment), image: agentImage })}---\n${webhooks}`
            : webhooks,
      });
    },
  );

  app.post(
    '/api/v1/accounts/:account/clusters/:cluster/enrolment',
    {
      config: { access: 'maintainer' },
      schema: { params: ClusterPath, body: NewEnrolment, response: { 201: NewEnrolmentAnswer } },
    },
    async (request, reply) => {
      const { accountId } = wholeGrantOf(request);
      const name = request.params.cluster;
      const caPem = await signer.authority();
      const enrolment = await asTenant(db, [accountId], async (tx) => {
        const cluster = await requireCluster(tx, name);
        const issued = await issueToken(tx, { accountId, clusterId: cluster.id }, new Date());
        await announce(tx, accountId, request, 'cluster.enrol', name);
        return issued;
      });
      return reply.status(201).send({
        enrolment: { token: enrolment.token, expiresAt: enrolment.expiresAt.toISOString() },
        warnings: warningsOf(config.publicUrl),
        manifests: agentManifests({ ...agentInput(name, caPem, enrolment), image: request.body.agentImage }),
      });
    },
  );

  app.patch(
    '/api/v1/accounts/:account/clusters/:cluster',
    {
      config: { access: 'maintainer' },
      schema: { params: ClusterPath, body: ClusterChange, response: { 200: Cluster } },
    },
    async (request) => {
      const { accountId } = wholeGrantOf(request);
      const { mode, exemptNamespaces } = request.body;
      if (exemptNamespaces) checkExemptNamespaces(exemptNamespaces);
      return asTenant(db, [accountId], async (tx) => {
        await requireCluster(tx, request.params.cluster);
        await sql`
        update cluster set mode = coalesce(${mode ?? null}, mode), exempt_namespaces = coalesce(${exemptNamespaces ?? null}::text[], exempt_namespaces)
        where name = ${request.params.cluster} and removed_at is null`.execute(tx);
        await announce(tx, accountId, request, 'cluster.change', request.params.cluster);
        return requireCluster(tx, request.params.cluster);
      });
    },
  );

  app.delete(
    '/api/v1/accounts/:account/clusters/:cluster',
    { config: { access: 'maintainer' }, schema: { params: ClusterPath, response: { 204: z.null() } } },
    async (request, reply) => {
      const { accountId } = wholeGrantOf(request);
      await asTenant(db, [accountId], async (tx) => {
        const cluster = await requireCluster(tx, request.params.cluster);
        await deleteAllPlacements(tx, cluster.id);
        await liftHolds(tx, { accountId, name: cluster.name });
        await sql`update cluster set removed_at = now(), name = name || '-removed-' || extract(epoch from now())::bigint where name = ${request.params.cluster} and removed_at is null`.execute(
          tx,
        );
        await announce(tx, accountId, request, 'cluster.remove', request.params.cluster);
      });
      return reply.status(204).send(null);
    },
  );
}

const describeEnrolment = (issued: { token: string; expiresAt: Date } | null) => ({
  enrolment: issued ? { token: issued.token, expiresAt: issued.expiresAt.toISOString() } : null,
});

/** Admission learns of it through the feed. */
async function announce(
  tx: Tx,
  accountId: string,
  request: Parameters<typeof actorOf>[0],
  action: string,
  name: string,
): Promise<void> {
  await recordAudit(tx, { accountId, actor: actorOf(request), action, subject: name });
  await appendEvent(tx, {
    accountId,
    subject: `cluster/${name}`,
    type: 'cluster.changed',
    data: { cluster: name, action },
  });
}

async function requireCluster(tx: Tx, name: string): Promise<Cluster> {
  const found = (await readClusters(tx)).find((cluster) => cluster.name === name);
  if (!found) throw new ServerError('not-found', `there is no cluster ${name}`);
  return found;
}

async function readClusters(tx: Tx): Promise<Cluster[]> {
  const { rows } = await sql<{
    cluster_id: string;
    name: string;
    is_default: boolean;
    mode: Cluster['mode'];
    exempt_namespaces: string[];
    created_at: Date;
  }>`
    select cluster_id, name, is_default, mode, exempt_namespaces, created_at from cluster where removed_at is null order by name`.execute(
    tx,
  );
  return rows.map((row) => ({
    id: row.cluster_id,
    name: row.name,
    isDefault: row.is_default,
    mode: row.mode,
    exemptNamespaces: row.exempt_namespaces,
    createdAt: row.created_at.toISOString(),
  }));
}
