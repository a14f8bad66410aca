/** The agent as people run it: an image composed here, in a pod with the rights of its manifests and no others. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { composeArguments, stageAgent } from '../../bootstrap/agent-image.mjs';
import type { ClusterStatus, NewClusterWithAgentAnswer, Placement } from '../../packages/contract/src/index.ts';
import { addRobot, eventually, must } from '../support/chain.ts';
import { runTool } from '../support/tools.ts';
import { type Stage, useCluster } from './use-cluster.ts';
import { pullSecret } from './workloads.ts';

const CLI = join(import.meta.dirname, '..', '..', 'apps', 'cli', 'src', 'main.ts');
const CLUSTER = '/api/v1/accounts/customer/clusters/production';
const IMAGE = 'customer/pratique-agent:1';
const NAMESPACE = 'pratique-system';
/** Set where the Debian archive cannot be reached. */
let unavailable: string | null = null;

const stage = useCluster(async ({ server, cluster }: Stage) => {
  const folder = await mkdtemp(join(tmpdir(), 'pratique-agent-image-'));
  try {
    await stageAgent(folder);
    const env = { PRATIQUE_URL: server.url, PRATIQUE_TOKEN: server.token(), XDG_CONFIG_HOME: folder };
    const composed = await runTool(process.execPath, [CLI, ...composeArguments(IMAGE, folder)], { env, seconds: 600 });
    if (composed.code !== 0) {
      unavailable = `the agent's image cannot be composed: ${composed.stderr.trim().slice(-300)}`;
      return;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const robot = await addRobot(server, 'customer', { name: 'puller', role: 'reader' });
  await cluster.trustRegistry(server.host, server.url);
  const enrolled = must(
    await server.api('POST', '/api/v1/accounts/customer/clusters', {
      name: 'production',
      agentImage: `${server.host}/${IMAGE}`,
    }),
  ) as NewClusterWithAgentAnswer;
  await cluster.mustKubectl(['apply', '-f', '-'], enrolled.manifests);
  const secret = pullSecret(NAMESPACE, server.host, { user: robot.user, password: robot.token });
  await cluster.apply({ ...secret, metadata: { namespace: NAMESPACE, name: 'pratique-agent-pull' } });
  // The test's node has no service network: the pod reaches API server and server on the machine's loopback.
  const { hostname, port } = new URL(cluster.apiServer);
  const env = [
    { name: 'KUBERNETES_SERVICE_HOST', value: hostname },
    { name: 'KUBERNETES_SERVICE_PORT', value: port },
  ];
  const spec = { hostNetwork: true, containers: [{ name: 'agent', env }] };
  const patch = ['patch', 'deployment', 'pratique-agent', '-p', JSON.stringify({ spec: { template: { spec } } })];
  await cluster.mustKubectl(['-n', NAMESPACE, ...patch]);
});

const agentStatus = async () => must(await stage().server.api('GET', CLUSTER)) as ClusterStatus;
const log = () => stage().cluster.kubectl(['-n', NAMESPACE, 'logs', 'deployment/pratique-agent', '--tail=20']);

test('the composed agent enrols from its pod, reports itself, and is who it was after a restart', async (context) => {
  if (unavailable) return context.skip(unavailable);
  const { server, cluster } = stage();
  const reporting = async (what: string, since: string | null) =>
    eventually(
      what,
      async () => {
        const { agent } = await agentStatus();
        return agent.state === 'reporting' && agent.reportedAt !== since ? agent : null;
      },
      100,
    ).catch(async (error: Error) => {
      const pods = await cluster.kubectl(['-n', NAMESPACE, 'describe', 'pods']);
      throw new Error(`${error.message}\n${(await log()).stdout}\n${pods.stdout.slice(-3000)}`);
    });
  const first = await reporting('the first report', null);
  const own = await eventually('its own pod', async () => {
    const placements = must(await server.api('GET', `${CLUSTER}/placements`)) as Placement[];
    return placements.find((one) => one.namespace === NAMESPACE && one.startedAt !== null);
  });
  expect(own).toMatchObject({ container: 'agent', workload: { kind: 'Deployment', name: 'pratique-agent' } });
  await cluster.mustKubectl(['-n', NAMESPACE, 'delete', 'pods', '--all', '--grace-period=1']);
  const second = await reporting('a report after the restart', (await agentStatus()).agent.reportedAt);
  expect(second.enrolledAt).toBe(first.enrolledAt);
  await eventually('another pod', async () => {
    const placements = must(await server.api('GET', `${CLUSTER}/placements`)) as Placement[];
    return placements.some((one) => one.namespace === NAMESPACE && one.pod !== own.pod) ? true : null;
  });
  expect((await log()).stdout).not.toContain('is enrolled');
}, 400_000);
