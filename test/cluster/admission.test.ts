/** What people see of admission in a real cluster: kubectl's words, pinned pods, and a server that is away. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { ImageStatus, NewRobotAnswer } from '../../packages/contract/src/index.ts';
import { addRobot, eventually, makeContract, must, settled } from '../support/chain.ts';
import { HARMLESS, pushImage } from '../support/image.ts';
import { clusterUnavailable } from './machine/cluster.ts';
import { runnableImage } from './machine/images.ts';
import { connectWebhooks, type Stage, useCluster } from './use-cluster.ts';
import { deployment, pod, pullSecret } from './workloads.ts';

const OLD_LIBSSL = { name: 'libssl3', version: '3.0.9-1', source: 'openssl' };
const NAMESPACE = 'shop';

let delivered: ImageStatus;
let blocked: ImageStatus;
let robot: NewRobotAnswer;

const stage = useCluster(async ({ server, cluster }: Stage) => {
  await makeContract(server);
  await pushImage(server, 'vendor/web', 'v1', await runnableImage([HARMLESS], 'web v1'));
  await settled(server, 'vendor', 'web', 'v1');
  must(
    await server.api('POST', '/api/v1/accounts/vendor/deliveries', {
      repository: 'web',
      reference: 'v1',
      to: 'customer/web:v1',
    }),
  );
  delivered = await settled(server, 'customer', 'web', 'v1');
  await pushImage(server, 'customer/old', 'v1', await runnableImage([OLD_LIBSSL], 'old v1'));
  blocked = await settled(server, 'customer', 'old', 'v1');
  robot = await addRobot(server, 'customer', { name: 'puller', role: 'reader' });
  await cluster.trustRegistry(server.host, server.url);
  await cluster.addNamespace(NAMESPACE);
  await cluster.apply(pullSecret(NAMESPACE, server.host, credentials()));
  await connectWebhooks({ server, cluster }, 'production');
});

const credentials = () => ({ user: robot.user, password: robot.token });
const image = (reference: string) => `${stage().server.host}/${reference}`;
const kubectl = (...args: string[]) => stage().cluster.kubectl(['-n', NAMESPACE, ...args]);
const create = (object: object) => stage().cluster.kubectl(['create', '-f', '-'], JSON.stringify(object));
const read = async (path: string, ...what: string[]) =>
  (await stage().cluster.mustKubectl(['-n', NAMESPACE, 'get', ...what, '-o', `jsonpath=${path}`])).trim();

const phase = (name: string) => read('{.status.phase}', 'pod', name);
const isRunning = (name: string) =>
  eventually(
    `pod ${name}`,
    async () => ((await read('{.status.containerStatuses[0].ready}', 'pod', name)) === 'true' ? true : null),
    90,
  );

describe('an image', () => {
  test('that the gate refused is refused by kubectl with the reason and what explains it', async () => {
    const { code, stderr } = await create(pod(NAMESPACE, 'old', image('customer/old:v1')));
    expect(code).toBe(1);
    expect(stderr).toContain('admission webhook "validate.pratique.dev" denied the request');
    expect(stderr).toMatch(/was refused by the gate: CVE-\d{4}-\d+ \(\w+\) affects libssl3 3\.0\.9-1/);
    expect(stderr).toContain(`pratique status customer/old@${blocked.digest}`);
  });

  test('that was delivered runs, pinned by its digest, pulled by containerd from the registry', async () => {
    expect((await create(pod(NAMESPACE, 'web', image('customer/web:v1')))).stderr).toBe('');
    expect(await read('{.spec.containers[0].image}', 'pod', 'web')).toBe(image(`customer/web@${delivered.digest}`));
    await isRunning('web');
    expect(await read('{.status.containerStatuses[0].imageID}', 'pod', 'web')).toContain(delivered.digest);
  });

  test.each([
    ['of another registry', () => 'docker.io/library/nginx:1', 'is in another registry'],
    ['that nobody pushed', () => image('customer/none:v1'), 'there is no image customer/none:v1'],
    ['of another account', () => image('vendor/web:v1'), 'there is no image vendor/web:v1'],
  ])('%s is refused', async (_, name, words) => {
    const { code, stderr } = await create(pod(NAMESPACE, 'unknown', name()));
    expect([code, stderr]).toEqual([1, expect.stringContaining(words)]);
  });

  test('of a Deployment may be named by a tag: its pods are pinned, the Deployment stays as it was written', async () => {
    expect((await create(deployment(NAMESPACE, 'api', image('customer/web:v1'), 2))).code).toBe(0);
    await eventually('two pods', async () =>
      (await read('{.status.readyReplicas}', 'deployment', 'api')) === '2' ? true : null,
    );
    expect(await read('{.spec.template.spec.containers[0].image}', 'deployment', 'api')).toBe(image('customer/web:v1'));
    expect((await read('{.items[*].spec.containers[0].image}', 'pods', '-l', 'app=api')).split(' ')).toEqual([
      image(`customer/web@${delivered.digest}`),
      image(`customer/web@${delivered.digest}`),
    ]);
  });

  test('whose tag moves between review and pull is the one that was reviewed', async () => {
    const { server } = stage();
    const first = await runnableImage([HARMLESS], 'moving, reviewed');
    await pushImage(server, 'customer/moving', 'v1', first);
    await settled(server, 'customer', 'moving', 'v1');
    // A pod that no node takes yet: it is reviewed now and pulled later.
    const waiting = pod(NAMESPACE, 'moving', image('customer/moving:v1'));
    Object.assign(waiting.spec, { schedulingGates: [{ name: 'example.org/not-yet' }] });
    expect((await create(waiting)).stderr).toBe('');
    await pushImage(server, 'customer/moving', 'v1', await runnableImage([OLD_LIBSSL], 'moving, swapped'));
    await kubectl('patch', 'pod', 'moving', '--type=json', '-p', '[{"op":"remove","path":"/spec/schedulingGates"}]');
    await isRunning('moving');
    expect(await read('{.spec.containers[0].image}', 'pod', 'moving')).toContain(first.digest);
    expect(await read('{.status.containerStatuses[0].imageID}', 'pod', 'moving')).toContain(first.digest);
  });

  test('that is set on a running pod or Deployment is judged like a new one', async () => {
    const { code, stderr } = await kubectl('set', 'image', 'deployment/api', `app=${image('customer/old:v1')}`);
    expect([code, stderr]).toEqual([1, expect.stringContaining('was refused by the gate')]);
    const debug = await kubectl('debug', 'web', '--image', 'docker.io/library/busybox:1', '--', 'sh');
    expect([debug.code, debug.stderr]).toEqual([1, expect.stringContaining('is in another registry')]);
  });
});

describe('requests that nobody writes by hand', () => {
  test('a pod with a hundred containers is judged as a whole', async () => {
    const good = Array.from({ length: 100 }, () => image('customer/web:v1'));
    const dry = async (images: string[]) =>
      stage().cluster.kubectl(
        ['create', '--dry-run=server', '-f', '-'],
        JSON.stringify(pod(NAMESPACE, 'many', ...images)),
      );
    expect((await dry(good)).stderr).toBe('');
    const { code, stderr } = await dry(good.with(57, image('customer/old:v1')));
    expect([code, stderr]).toEqual([1, expect.stringContaining('was refused by the gate')]);
  });

  test('an object near the API server’s own limit is judged', async () => {
    const large = pod(NAMESPACE, 'large', image('customer/old:v1'));
    Object.assign(large.metadata, { annotations: { note: 'x'.repeat(200_000) } });
    Object.assign(large.spec.containers[0]!, { args: ['y'.repeat(1_200_000)] });
    const { code, stderr } = await create(large);
    expect([code, stderr.slice(0, 2000)]).toEqual([1, expect.stringContaining('was refused by the gate')]);
  });
});

describe('namespaces', () => {
  test('of the cluster itself are left alone', async () => {
    expect((await create(pod('kube-system', 'anything', 'docker.io/library/nginx:1'))).code).toBe(0);
    await stage().cluster.mustKubectl(['-n', 'kube-system', 'delete', 'pod', 'anything', '--wait=false']);
  });

  test('cannot be made exempt by who may make them: the API server writes the label that counts', async () => {
    const labels = { 'kubernetes.io/metadata.name': 'kube-system', 'pratique.dev/exempt': 'true' };
    await create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'sneaky', labels } });
    const { code, stderr } = await create(pod('sneaky', 'old', image('customer/old:v1')));
    expect([code, stderr]).toEqual([1, expect.stringContaining('was refused by the gate')]);
  });
});

describe('clients', () => {
  test('ctr pulls with a robot’s token, and not without', async () => {
    const { cluster } = stage();
    const reference = image('customer/web:v1');
    expect((await cluster.ctr(['images', 'pull', '--plain-http', reference])).code).not.toBe(0);
    const { user, password } = credentials();
    const pulled = await cluster.ctr(['images', 'pull', '--plain-http', '--user', `${user}:${password}`, reference]);
    expect([pulled.code, pulled.stderr]).toEqual([0, '']);
    expect((await cluster.ctr(['images', 'ls', `name==${reference}`])).stdout).toContain(delivered.digest);
  });
});

describe('while the server is away', () => {
  let restarted: string;
  beforeAll(async () => {
    if (clusterUnavailable() !== null) return;
    restarted = await read('{.status.containerStatuses[0].restartCount}', 'pod', 'web');
    await stage().server.halt();
  });

  test('nothing new is admitted, and kubectl says why', async () => {
    const { code, stderr } = await create(pod(NAMESPACE, 'late', image('customer/web:v1')));
    expect([code, stderr]).toEqual([1, expect.stringMatching(/failed calling webhook "\w+\.pratique\.dev"/)]);
  });

  test('running pods go on, and the cluster’s own parts can start', async () => {
    expect(await phase('web')).toBe('Running');
    expect((await create(pod('kube-system', 'own-part', 'docker.io/library/nginx:1'))).code).toBe(0);
  });

  test('the control plane itself can be started again', async () => {
    await stage().cluster.restartControlPlane();
    expect(await phase('web')).toBe('Running');
  });

  test('once it is back a Deployment gets the pods that it lacked, by itself', async () => {
    await kubectl('scale', 'deployment', 'api', '--replicas=3');
    await stage().server.start();
    await eventually(
      'the third pod',
      async () => ((await read('{.status.readyReplicas}', 'deployment', 'api')) === '3' ? true : null),
      110,
    );
    expect(await read('{.status.containerStatuses[0].restartCount}', 'pod', 'web')).toBe(restarted);
  });
});
