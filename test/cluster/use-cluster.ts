/** A server and a real cluster for a test file, connected; or every test of the file is skipped, and says why. */
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { NewClusterAnswer, NewClusterWithAgentAnswer } from '../../packages/contract/src/index.ts';
import { addRobot, eventually, must } from '../support/chain.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { startAgent, type TestAgent } from './machine/agent.ts';
import { clusterUnavailable, startCluster, type TestCluster } from './machine/cluster.ts';
import { pullSecret } from './workloads.ts';

/** The command line's program. */
export const CLI = join(import.meta.dirname, '..', '..', 'apps', 'cli', 'src', 'main.ts');

export type Stage = { server: TestServer; cluster: TestCluster };

/** Registers the hooks. @param prepare runs once both are there. @returns them, once the tests run */
export function useCluster(
  prepare: (stage: Stage) => Promise<void>,
  options: { env?: NodeJS.ProcessEnv } = {},
): () => Stage {
  const reason = clusterUnavailable();
  let server: TestServer | null = null;
  let cluster: TestCluster | null = null;
  const stage = (): Stage => {
    if (!server || !cluster) throw new Error('the cluster has not been started');
    return { server, cluster };
  };
  if (reason === null) {
    beforeAll(async () => {
      [server, cluster] = await Promise.all([startServer(options), startCluster()]);
      await prepare(stage());
    });
    afterAll(async () => {
      await cluster?.stop();
      await server?.stop();
    });
  }
  afterEach((context) => {
    if (context.task.result?.state === 'fail' && server)
      process.stderr.write(`--- the server's last lines\n${server.log().slice(-6000)}\n---\n`);
  });
  beforeEach((context) => {
    if (reason === null) return;
    // What `npm test` shows beside the count.
    Object.assign(context.task.meta, { skipReason: reason });
    context.skip(reason);
  });
  return stage;
}

/** Adds the cluster to the account `customer`, and applies its webhooks. Returns once they decide. */
export async function connectWebhooks({ server, cluster }: Stage, name: string): Promise<NewClusterAnswer> {
  const added = must(await server.api('POST', '/api/v1/accounts/customer/clusters', { name })) as NewClusterAnswer;
  await cluster.mustKubectl(['apply', '-f', '-'], added.manifests);
  // The API server reads webhook configurations from a cache; until it has them it lets everything through.
  await eventually('the webhooks', async () => {
    const { stderr } = await cluster.kubectl(['run', 'probe', '--image=probe.invalid/none:1', '--dry-run=server']);
    return stderr.includes('pratique.dev') && stderr.includes('probe.invalid') ? true : null;
  });
  return added;
}

/** Enrols the cluster `production` of the account `customer`; a process beside it stands for the agent's pod. */
export async function enrolAgent({
  server,
  cluster,
}: Stage): Promise<{ enrolled: NewClusterWithAgentAnswer; agent: TestAgent }> {
  const enrolled = must(
    await server.api('POST', '/api/v1/accounts/customer/clusters', {
      name: 'production',
      agentImage: 'registry.invalid/agent:1',
    }),
  ) as NewClusterWithAgentAnswer;
  await cluster.mustKubectl(['apply', '-f', '-'], enrolled.manifests);
  // The pod's image is nowhere.
  await cluster.mustKubectl(['-n', 'pratique-system', 'scale', 'deployment', 'pratique-agent', '--replicas=0']);
  return { enrolled, agent: await startAgent(cluster) };
}

/** Lets pods of a namespace pull the images of the account `customer`. */
export async function letPull({ server, cluster }: Stage, namespace: string): Promise<void> {
  const robot = await addRobot(server, 'customer', { name: 'puller', role: 'reader' });
  await cluster.trustRegistry(server.host, server.url);
  await cluster.addNamespace(namespace);
  await cluster.apply(pullSecret(namespace, server.host, { user: robot.user, password: robot.token }));
}
