/** Images of another registry in a real cluster: examined, pinned, pulled by containerd from there; or refused in kubectl. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { eventually, must } from '../support/chain.ts';
import { freePort } from '../support/free-port.ts';
import { HARMLESS, type TestImage } from '../support/image.ts';
import { findTool, mustRun } from '../support/tools.ts';
import { pushUpstream, startDockerRegistry, type Upstream } from '../support/upstream.ts';
import { runnableImage } from './machine/images.ts';
import { connectWebhooks, type Stage, useCluster } from './use-cluster.ts';
import { deployment, pod } from './workloads.ts';

const NAMESPACE = 'shop';
const [cosign, registry] = [await findTool('cosign'), await findTool('docker-registry')];
const missing =
  cosign === null
    ? 'cosign is not there (npm run peers:build)'
    : registry === null
      ? 'docker-registry is not installed (apt-get install docker-registry)'
      : null;
const host = `127.0.0.1:${await freePort()}`;
let images: Record<'trusted' | 'rollout' | 'other' | 'unsigned', TestImage>;
let home = '';
let upstream: Upstream | null = null;

const stage = useCluster(
  async ({ server, cluster }: Stage) => {
    if (cosign === null || registry === null) return;
    images = {
      trusted: await runnableImage([HARMLESS], 'trusted'),
      rollout: await runnableImage([HARMLESS], 'rollout'),
      other: await runnableImage([HARMLESS], 'other'),
      unsigned: await runnableImage([HARMLESS], 'unsigned'),
    };
    home = await mkdtemp(join(tmpdir(), 'foreign-cluster-'));
    upstream = await startDockerRegistry(registry, Number(host.split(':')[1]));
    for (const prefix of ['ours', 'theirs']) await run('generate-key-pair', '--output-key-prefix', prefix);
    for (const [name, image] of Object.entries(images)) await pushUpstream(host, `acme/${name}`, 'v1', image);
    for (const [key, name] of [
      ['ours', 'trusted'],
      ['ours', 'rollout'],
      ['theirs', 'other'],
    ] as const)
      await sign(key, `${host}/acme/${name}@${images[name].digest}`);
    await cluster.trustRegistry(host, `http://${host}`);
    await cluster.addNamespace(NAMESPACE);
    await connectWebhooks({ server, cluster }, 'production');
  },
  { env: { PRATIQUE_ALLOW_INTERNAL_TARGETS: `http://${host}` } },
);
beforeEach((context) => {
  if (missing === null) return;
  Object.assign(context.task.meta, { skipReason: missing });
  context.skip(missing);
});
afterAll(async () => {
  await upstream?.stop();
  if (home !== '') await rm(home, { recursive: true, force: true });
});

const run = (...args: string[]) =>
  mustRun(cosign ?? '', args, { cwd: home, env: { HOME: home, COSIGN_PASSWORD: 'secret', DOCKER_CONFIG: home } });
const sign = (key: string, reference: string) =>
  run(
    ...['sign', '--key', `${key}.key`, '-y', '--use-signing-config=false', '--tlog-upload=false'],
    ...['--allow-http-registry', reference],
  );
const reference = (name: keyof typeof images) => `${host}/acme/${name}:v1`;
const create = (object: object) => stage().cluster.kubectl(['create', '-f', '-'], JSON.stringify(object));
const read = async (path: string, ...what: string[]) =>
  (await stage().cluster.mustKubectl(['-n', NAMESPACE, 'get', ...what, '-o', `jsonpath=${path}`])).trim();

/** What kubectl says of a pod once its image has been examined. */
const settled = (name: string, image: string) =>
  eventually(`the examination of ${image}`, async () => {
    const said = await create(pod(NAMESPACE, name, image));
    return said.stderr.includes('is being examined') ? null : said;
  });

test('without a trust policy nothing of another registry runs', async () => {
  const { code, stderr } = await create(pod(NAMESPACE, 'early', reference('trusted')));
  expect([code, stderr]).toEqual([1, expect.stringContaining('customer has no trust policy')]);
});

test('an image by the trusted key is examined, then runs, pinned by its digest and pulled from its registry', async () => {
  const policy = {
    version: 1,
    keys: { ours: await readFile(join(home, 'ours.pub'), 'utf8') },
    rules: [{ name: 'upstream', images: [`${host}/acme/**`], authorities: { anyOf: [{ key: 'ours' }] } }],
  };
  must(await stage().server.api('PUT', '/api/v1/accounts/customer/trust-policy', { policy }));
  const first = await eventually('the policy', async () => {
    const said = await create(pod(NAMESPACE, 'web', reference('trusted')));
    return said.stderr.includes('has no trust policy') ? null : said;
  });
  expect([first.code, first.stderr]).toEqual([
    1,
    expect.stringContaining(`${reference('trusted')} is being examined; try again in a moment`),
  ]);
  expect((await settled('web', reference('trusted'))).stderr).toBe('');
  const pinned = `${host}/acme/trusted@${images.trusted.digest}`;
  expect(await read('{.spec.containers[0].image}', 'pod', 'web')).toBe(pinned);
  await eventually('the pod', async () =>
    (await read('{.status.containerStatuses[0].ready}', 'pod', 'web')) === 'true' ? true : null,
  );
  expect(await read('{.status.containerStatuses[0].imageID}', 'pod', 'web')).toBe(pinned);
});

test('a Deployment of an image that was never seen is taken, and comes up by itself', async () => {
  const { code, stderr } = await create(deployment(NAMESPACE, 'api', reference('rollout'), 2));
  expect([code, stderr]).toEqual([
    0,
    expect.stringContaining(`Warning: ${reference('rollout')} is being examined; pods of it start afterwards`),
  ]);
  const started = Date.now();
  await eventually('two pods', async () =>
    (await read('{.status.readyReplicas}', 'deployment', 'api')) === '2' ? true : null,
  );
  process.stdout.write(`Deployment of an unseen image -> two pods ready: ${Date.now() - started} ms\n`);
  expect(new Set((await read('{.items[*].spec.containers[0].image}', 'pods', '-l', 'app=api')).split(' '))).toEqual(
    new Set([`${host}/acme/rollout@${images.rollout.digest}`]),
  );
});

test.each([
  ['other', 'that another key signed', 'no trusted key made the signature'],
  ['unsigned', 'that nobody signed', 'nothing is attached to sha256:'],
] as const)('the image %s, %s, is refused in kubectl with the reason', async (name, _, words) => {
  const { code, stderr } = await settled(name, reference(name));
  expect(code).toBe(1);
  expect(stderr).toContain('admission webhook "validate.pratique.dev" denied the request');
  expect(stderr).toMatch(/refused by the trust policy of customer: the rule upstream asks for a signature/);
  expect(stderr).toContain(words);
  expect(stderr).toContain(`pratique trust test customer ${reference(name)}`);
  // A Deployment of it is no way around: what was refused is refused there too.
  const around = await create(deployment(NAMESPACE, name, reference(name)));
  expect([around.code, around.stderr]).toEqual([1, expect.stringContaining('refused by the trust policy')]);
});

test('an image that is signed later runs without another policy', async () => {
  await sign('ours', `${host}/acme/unsigned@${images.unsigned.digest}`);
  await eventually('the signed image', async () =>
    (await create(pod(NAMESPACE, 'later', reference('unsigned')))).code === 0 ? true : null,
  );
  expect(await read('{.spec.containers[0].image}', 'pod', 'later')).toContain(images.unsigned.digest);
});
