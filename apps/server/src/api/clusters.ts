/** Clusters whose admission this server decides. */
import { Cluster, ClusterChange, NewCluster, NewClusterAnswer } from '@pratique/contract';
import { sql } from 'kysely';
import { z } from 'zod';
import { webhookManifests } from '../admission/webhook-manifests.ts';
import { recordAudit } from '../auth/audit.ts';
import { hashSecret, makeSecret } from '../auth/secret.ts';
import type { Config } from '../config.ts';
import { asTenant, type Db, type Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { appendEvent } from '../feed/append-event.ts';
import type { Signer } from '../signer/client.ts';
import { actorOf, wholeGrantOf } from './access.ts';
import type { App } from './app.ts';

const AccountPath = z.object({ account: z.string() });
const ClusterPath = AccountPath.extend({ cluster: z.string().max(60) });

export function clusterRoutes(app: App, deps: { db: Db; config: Config; signer: Signer }): void {
  const { db, config, signer } = deps;

  app.get(
    '/api/v1/accounts/:account/clusters',
    { config: { access: 'reader' }, schema: { params: AccountPath, response: { 200: z.array(Cluster) } } },
    async (request) => asTenant(db, [wholeGrantOf(request).accountId], readClusters),
  );

  app.post(
    '/api/v1/accounts/:account/clusters',
    {
      config: { access: 'maintainer' },
      schema: { params: AccountPath, body: NewCluster, response: { 201: NewClusterAnswer } },
    },
    async (request, reply) => {
      const { accountId } = wholeGrantOf(request);
      const { name, mode, exemptNamespaces } = request.body;
      // First of all: a cluster whose only token was lost with an error could be neither used nor made again.
      const url = new URL(config.publicUrl);
      const { caPem } = await signer.certificate([url.hostname]);
      const token = makeSecret('cluster').slice('prq_cluster_'.length);
      const cluster = await asTenant(db, [accountId], async (tx) => {
        const { rows } = await sql`
        insert into cluster (account_id, name, token_hash, mode, exempt_namespaces)
        values (${accountId}, ${name}, ${hashSecret(token)}, ${mode}, coalesce(${exemptNamespaces ?? null}::text[], '{kube-system,kube-node-lease,kube-public,pratique-system}'))
        on conflict (account_id, name) do nothing returning 1`.execute(tx);
        if (rows.length === 0) throw new ServerError('conflict', `there is a cluster ${name} already`);
        await announce(tx, accountId, request, 'cluster.add', name);
        return requireCluster(tx, name);
      });
      const base = `https://${url.hostname}:${config.admissionPort}/admission/clusters/${cluster.id}/${token}`;
      const answer = {
        cluster,
        validateUrl: `${base}/validate`,
        mutateUrl: `${base}/mutate`,
        caBundle: Buffer.from(caPem).toString('base64'),
      };
      return reply.status(201).send({
        ...answer,
        manifests: webhookManifests({ name, ...answer, exemptNamespaces: cluster.exemptNamespaces }),
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
        await requireCluster(tx, request.params.cluster);
        await sql`update cluster set removed_at = now(), name = name || '-removed-' || extract(epoch from now())::bigint where name = ${request.params.cluster} and removed_at is null`.execute(
          tx,
        );
        await announce(tx, accountId, request, 'cluster.remove', request.params.cluster);
      });
      return reply.status(204).send(null);
    },
  );
}

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
