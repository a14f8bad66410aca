/** The agent in a real cluster: what runs is known, held from deletion, and found again after anything was away. */

import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type {
  ClusterStatus,
  ImageStatus,
  NewClusterWithAgentAnswer,
  NewEnrolmentAnswer,
  Placement,
} from '../../packages/contract/src/index.ts';
import { eventually, must, settled, status } from '../support/chain.ts';
import { HARMLESS, pushImage, registry } from '../support/image.ts';
import { runTool } from '../support/tools.ts';
import { startAgent, type TestAgent } from './machine/agent.ts';
import { runnableImage } from './machine/images.ts';
import { FAKETIME } from './machine/versions.ts';
import { enrolAgent, letPull, type Stage, useCluster } from './use-cluster.ts';
import { deployment, pod } from './workloads.ts';

const CLI = join(import.meta.dirname, '..', '..', 'apps', 'cli', 'src', 'main.ts');
const NAMESPACE = 'shop';
const CLUSTER = '/api/v1/accounts/customer/clusters/production';

let agent: TestAgent;
let image: ImageStatus;
let enrolled: NewClusterWithAgentAnswer;

const stage = useCluster(async ({ server, cluster }: Stage) => {
  await pushImage(server, 'customer/web', 'v1', await runnableImage([HARMLESS], 'web v1'));
  image = await settled(server, 'customer', 'web', 'v1');
  await letPull({ server, cluster }, NAMESPACE);
  const joined = await enrolAgent({ server, cluster });
  enrolled = joined.enrolled;
  agent = joined.agent;
  await reporting();
});
afterAll(() => agent?.stop());
afterEach((context) => {
  if (context.task.result?.state === 'fail' && agent)
    process.stderr.write(`--- agent\n${agent.log().slice(-4000)}\n---\n`);
});

const reference = (name = 'customer/web:v1') => `${stage().server.host}/${name}`;
const clusterStatus = async () => must(await stage().server.api('GET', CLUSTER)) as ClusterStatus;
const placements = async () => must(await stage().server.api('GET', `${CLUSTER}/placements`)) as Placement[];
const shop = async () => (await placements()).filter((one) => one.namespace === NAMESPACE);
const create = (object: object) => stage().cluster.mustKubectl(['create', '-f', '-'], JSON.stringify(object));
const remove = (kind: string, name: string) =>
  stage().cluster.mustKubectl(['-n', NAMESPACE, 'delete', kind, name, '--wait=true']);
const gone = () => eventually('an empty namespace', async () => ((await shop()).length === 0 ? true : null));
const running = (name: string) =>
  eventually(`pod ${name} among the placements`, async () =>
    (await shop()).find((one) => one.pod.startsWith(name) && one.startedAt !== null),
  );
const reporting = () =>
  eventually('a report', async () => ((await clusterStatus()).agent.state === 'reporting' ? true : null));
const deleteImage = () => registry(stage().server, 'DELETE', `customer/web/manifests/${image.digest}`);

describe('what runs', () => {
  test('is on the image’s page when its container has started, and gone from it when the pod has', async () => {
    const { server, cluster } = stage();
    await create(pod(NAMESPACE, 'web', reference()));
    const started = eventually('the container', async () => {
      const said = await cluster.mustKubectl([
        ...['-n', NAMESPACE, 'get', 'pod', 'web', '-o'],
        'jsonpath={.status.containerStatuses[0].state.running.startedAt}',
      ]);
      return said === '' ? null : Date.now();
    });
    const listed = eventually('the pod on the page', async () => {
      const { runningIn } = await status(server, 'customer', 'web', 'v1');
      return runningIn[0]?.startedAt ? { at: Date.now(), runningIn } : null;
    });
    const [startedAt, { at, runningIn }] = await Promise.all([started, listed]);
    process.stdout.write(`pod started -> listed on its image: ${at - startedAt} ms\n`);
    expect(runningIn).toEqual([
      expect.objectContaining({
        ...{ cluster: 'production', namespace: NAMESPACE, pod: 'web', container: 'app', workload: null },
        ...{ digest: image.digest, runningDigest: null, isSilent: false },
      }),
    ]);
    await remove('pod', 'web');
    await eventually('an empty page', async () =>
      (await status(server, 'customer', 'web', 'v1')).runningIn.length === 0 ? true : null,
    );
  });

  test('is named by its Deployment, which the agent may not read', async () => {
    await create(deployment(NAMESPACE, 'api', reference(), 2));
    expect((await running('api-')).workload).toEqual({ kind: 'Deployment', name: 'api' });
    await eventually('both pods', async () => ((await shop()).length === 2 ? true : null));
    await remove('deployment', 'api');
    await gone();
  });

  test('cannot be deleted from the registry, in a sentence that says where it runs', async () => {
    await create(pod(NAMESPACE, 'held', reference()));
    await running('held');
    const refused = await deleteImage();
    expect([refused.status, await refused.text()]).toEqual([
      expect.any(Number),
      expect.stringContaining(`it runs in the cluster production in ${NAMESPACE}/held`),
    ]);
    expect(refused.status).toBeGreaterThanOrEqual(400);
    await remove('pod', 'held');
    await gone();
  });
});

describe('the command line', () => {
  const pratique = (...args: string[]) => {
    const { server, cluster } = stage();
    const env = { PRATIQUE_URL: server.url, PRATIQUE_TOKEN: server.token(), XDG_CONFIG_HOME: cluster.state };
    return runTool(process.execPath, [CLI, ...args], { env });
  };

  test('enrols a cluster by its name alone, with manifests that the API server takes', async () => {
    const { server, cluster } = stage();
    const { code, stdout, stderr } = await pratique('cluster', 'enroll', 'another');
    expect([code, stderr]).toEqual([0, expect.stringContaining('customer/another: the token in these manifests')]);
    // What it applies is there already under these names; a trial run shows that each object is valid.
    const tried = await cluster.kubectl(['apply', '--dry-run=server', '-f', '-'], stdout);
    expect([tried.code, tried.stdout.trim().split('\n').length]).toEqual([0, 13]);
    expect(stdout).toContain(`image: ${server.host}/customer/pratique-agent:0.1.0`);
    expect((await pratique('cluster', 'list')).stdout).toContain('customer/another');
    const status = await pratique('cluster', 'status', 'another');
    expect(status.stdout).toContain('NOT-ENROLLED');
    expect((await pratique('cluster', 'remove', 'another')).stdout).toContain('kubectl delete');
  });

  test('says what runs, and with which authority', async () => {
    await create(pod(NAMESPACE, 'told', reference()));
    await running('told');
    const status = await pratique('cluster', 'status', 'production');
    expect(status.stdout).toMatch(/^production {2}REPORTING\n/);
    expect(status.stdout).toMatch(/agent 0\.1\.0, enrolled .* UTC, last report .* UTC/);
    const shown = await pratique('status', 'customer/web:v1');
    expect(shown.stdout).toMatch(/Runs in\n.*\n {2}production +shop +told +app/);
    const authority = await pratique('cluster', 'ca');
    expect(Buffer.from(enrolled.caBundle, 'base64').toString().trim()).toBe(authority.stdout.trim());
    await remove('pod', 'told');
    await gone();
  });

  test('is refused settings under which the cluster could not start again', async () => {
    const { server } = stage();
    const changed = await server.api('PATCH', CLUSTER, { exemptNamespaces: ['pratique-system'] });
    expect([changed.status, changed.text]).toEqual([
      400,
      expect.stringContaining('the namespace kube-system must be exempt: while this server is away'),
    ]);
  });
});

describe('after', () => {
  test('the server was away the agent tells it what happened meanwhile', async () => {
    const { server } = stage();
    await create(pod(NAMESPACE, 'ends', reference()));
    await running('ends');
    await server.halt();
    await remove('pod', 'ends');
    await server.start();
    await eventually('what ended', async () => ((await shop()).length === 0 ? true : null));
    await create(pod(NAMESPACE, 'begins', reference()));
    await running('begins');
    await remove('pod', 'begins');
    await gone();
  });

  test('the API server was away the watch goes on', async () => {
    await create(pod(NAMESPACE, 'stays', reference()));
    await running('stays');
    await stage().cluster.restartControlPlane();
    await eventually('the webhooks', async () =>
      (await stage().cluster.kubectl(['create', '-f', '-'], JSON.stringify(pod(NAMESPACE, 'next', reference()))))
        .code === 0
        ? true
        : null,
    );
    await running('next');
    expect((await shop()).map((one) => one.pod).sort()).toEqual(['next', 'stays']);
    await remove('pod', 'next');
    await remove('pod', 'stays');
    await gone();
  });

  test('a restart the agent is who it was, without a token', async () => {
    const before = await clusterStatus();
    await create(pod(NAMESPACE, 'through', reference()));
    await running('through');
    await agent.stop();
    await remove('pod', 'through');
    agent = await startAgent(stage().cluster);
    await gone();
    expect((await clusterStatus()).agent.enrolledAt).toBe(before.agent.enrolledAt);
    expect(agent.log()).not.toContain('is enrolled');
  });

  test.each([
    ['-1h', 'behind'],
    ['+1h', 'ahead of'],
  ])('its clock is an hour off (%s) it reports all the same, and says so', async (by, words) => {
    const before = (await clusterStatus()).agent.reportedAt;
    await agent.stop();
    agent = await startAgent(stage().cluster, {
      LD_PRELOAD: FAKETIME,
      FAKETIME: by,
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    });
    await eventually('a report of the agent with the wrong clock', async () => {
      const { reportedAt, clockOffset } = (await clusterStatus()).agent;
      return reportedAt !== before && Math.abs(clockOffset ?? 0) > 3000 ? true : null;
    });
    expect(agent.log()).toContain(`this cluster’s clock is 60 minutes ${words} the server’s`);
    await agent.stop();
    agent = await startAgent(stage().cluster);
    await eventually('the right clock', async () =>
      Math.abs((await clusterStatus()).agent.clockOffset ?? 9999) < 60 ? true : null,
    );
  });
});

describe('identity', () => {
  test('is enrolled anew by another token, and the certificate from before speaks for nobody', async () => {
    const { server, cluster } = stage();
    const again = must(
      await server.api('POST', `${CLUSTER}/enrolment`, { agentImage: 'registry.invalid/agent:1' }),
    ) as NewEnrolmentAnswer;
    expect(again.manifests).not.toContain('WebhookConfiguration');
    const before = (await clusterStatus()).agent.enrolledAt;
    await agent.stop();
    await cluster.mustKubectl(['apply', '-f', '-'], again.manifests);
    await cluster.mustKubectl(['-n', 'pratique-system', 'scale', 'deployment', 'pratique-agent', '--replicas=0']);
    await cluster.mustKubectl([
      ...['-n', 'pratique-system', 'patch', 'secret', 'pratique-agent-identity', '--type=json'],
      ...['-p', '[{"op":"remove","path":"/data"}]'],
    ]);
    agent = await startAgent(cluster);
    await eventually('another enrolment', async () =>
      (await clusterStatus()).agent.enrolledAt !== before ? true : null,
    );
    await reporting();
  });

  test('of a removed cluster is worth nothing at once, and what it held is free', async () => {
    const { server } = stage();
    await create(pod(NAMESPACE, 'last', reference()));
    await running('last');
    expect((await server.api('DELETE', CLUSTER)).status).toBe(204);
    await eventually('the refusal', async () => (agent.log().includes('speaks for no cluster any more') ? true : null));
    expect((await status(server, 'customer', 'web', 'v1')).runningIn).toEqual([]);
    expect((await deleteImage()).status).toBe(202);
  });
});
