/** The webhook as an API server asks it: over HTTPS with the cluster's CA, about everything that would make a pod. */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Admission, ImageStatus, NewClusterAnswer } from '../../packages/contract/src/index.ts';
import {
  type Asked,
  type Container,
  container,
  postReview as post,
  review,
  SAFE as safe,
} from '../support/admission.ts';
import { eventually, makeContract, must, settled } from '../support/chain.ts';
import { bookworm, HARMLESS, makeImage, pushImage } from '../support/image.ts';
import { useServer } from '../support/use-server.ts';

const ALIAS = 'registry.shop.example';
const server = useServer({ env: { PRATIQUE_ALIASES: ALIAS } });

let cluster: NewClusterAnswer;
/** The certificate authority that every cluster is given. */
let trusted = '';
let delivered: ImageStatus;
let blocked: ImageStatus;

beforeAll(async () => {
  await makeContract(server());
  await pushImage(server(), 'vendor/web', 'v1', makeImage(bookworm([HARMLESS]), { note: 'good' }));
  await settled(server(), 'vendor', 'web', 'v1');
  must(
    await server().api('POST', '/api/v1/accounts/vendor/deliveries', {
      repository: 'web',
      reference: 'v1',
      to: 'customer/web:v1',
    }),
  );
  delivered = await settled(server(), 'customer', 'web', 'v1');
  const old = makeImage(bookworm([{ name: 'libssl3', version: '3.0.9-1', source: 'openssl' }]), { note: 'bad' });
  await pushImage(server(), 'customer/old', 'v1', old);
  blocked = await settled(server(), 'customer', 'old', 'v1');
  await pushImage(server(), 'customer/unjudged', null, makeImage(bookworm([HARMLESS]), { note: 'unjudged' }));
  cluster = await addCluster('shop');
});

async function addCluster(name: string, more: Record<string, unknown> = {}): Promise<NewClusterAnswer> {
  const made = must(
    await server().api('POST', '/api/v1/accounts/customer/clusters', { name, ...more }),
  ) as NewClusterAnswer;
  trusted = Buffer.from(made.caBundle, 'base64').toString();
  // Admission learns of it through the feed.
  await eventually(`cluster ${name}`, async () =>
    (await review(made.validateUrl, pod([]), trusted)).status === 200 ? true : null,
  );
  return made;
}

const spec = (containers: Container[], more: object = {}) => ({ containers, ...more });
const pod = (containers: Container[], more: object = {}) => ({
  kind: { group: '', version: 'v1', kind: 'Pod' },
  object: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec: spec(containers, more) },
});
const template = (containers: Container[], more: object = {}) => ({ template: { spec: spec(containers, more) } });
const workload = (group: string, kind: string, body: object) => ({
  kind: { group, version: 'v1', kind },
  object: { apiVersion: group ? `${group}/v1` : 'v1', kind, metadata: { name: 'web' }, ...body },
});

const validate = (asked: Asked | string) => review(cluster.validateUrl, asked, trusted);
const mutate = (asked: Asked) => review(cluster.mutateUrl, asked, trusted);
const image = (name: string, host = server().host) => `${host}/${name}`;
const good = () => image(`customer/web@${delivered.digest}`);

describe('images', () => {
  test('a blocked one is denied with the holes that the gate named', async () => {
    const reply = await validate(pod([container(image(`customer/old@${blocked.digest}`))]));
    expect(reply.allowed).toBe(false);
    expect(reply.message).toMatch(
      /was refused by the gate: CVE-\d{4}-\d+ \(\w+\) affects libssl3 3\.0\.9-1; version \S+ fixes it/,
    );
    expect(reply.message).toContain(`pratique status customer/old@${blocked.digest}`);
  });

  test('a delivered one is pinned by the mutating webhook, and then allowed', async () => {
    const before = pod([container(image('customer/web:v1'))], {
      initContainers: [container(image('customer/web:v1'))],
    });
    const unpinned = await validate(before);
    expect([unpinned.allowed, unpinned.message]).toEqual([false, expect.stringContaining('not pinned by its digest')]);
    const { allowed, patch } = await mutate(before);
    expect(allowed).toBe(true);
    expect(patch).toEqual([
      { op: 'replace', path: '/spec/initContainers/0/image', value: good() },
      { op: 'replace', path: '/spec/containers/0/image', value: good() },
    ]);
    const pinned = await validate(pod([container(good())], { initContainers: [container(good())] }));
    expect([pinned.allowed, pinned.message]).toEqual([true, '']);
  });

  test('the alias host means the same image, and is kept in the pinned name', async () => {
    expect((await validate(pod([container(image(`customer/web@${delivered.digest}`, ALIAS))]))).allowed).toBe(true);
    expect((await mutate(pod([container(image('customer/web:v1', ALIAS))]))).patch[0]?.value).toBe(
      `${ALIAS}/customer/web@${delivered.digest}`,
    );
  });

  test.each([
    ['from another registry', () => 'docker.io/library/nginx:1', /is in another registry/],
    ['without a host, which is Docker Hub', () => 'nginx', /is in another registry/],
    ['under the account’s name elsewhere', () => 'evil.example/customer/web:v1', /is in another registry/],
    ['that does not exist', () => image('customer/none:v1'), /there is no image customer\/none:v1/],
    ['without a tag, where there is no latest', () => image('customer/web'), /there is no image customer\/web:latest/],
    ['that is no name', () => 'UPPER/case:!!', /no image name/],
    ['by a digest that is not there', () => image(`customer/web@sha256:${'0'.repeat(64)}`), /there is no image/],
  ])('one %s is denied', async (_, name, message) => {
    const reply = await validate(pod([container(name())]));
    expect(reply.allowed).toBe(false);
    expect(reply.message).toMatch(message);
    expect((await mutate(pod([container(name())]))).patch).toEqual([]);
  });

  test('another account’s one is denied in the words for one that does not exist', async () => {
    const words = async (name: string) =>
      (await validate(pod([container(image(name))]))).message.replaceAll(name, '<name>');
    expect(await words('vendor/web:v1')).toBe(await words('vendor/nope:v1'));
    expect(await words('vendor/web:v1')).toBe(await words('customer/nope:v1'));
  });

  test('one whose tag and digest disagree is denied', async () => {
    const reply = await validate(pod([container(image(`customer/old:v1@${delivered.digest}`))]));
    expect(reply.allowed).toBe(false);
    await pushImage(server(), 'customer/web', 'other', makeImage(bookworm([HARMLESS]), { note: 'other' }));
    const both = await validate(pod([container(image(`customer/web:other@${delivered.digest}`))]));
    expect([both.allowed, both.message]).toEqual([false, expect.stringContaining('names two images')]);
    expect((await validate(pod([container(image(`customer/web:v1@${delivered.digest}`))]))).allowed).toBe(true);
  });

  test('one that no chain has judged is denied', async () => {
    const unjudged = makeImage(bookworm([HARMLESS]), { note: 'unjudged too' });
    await pushImage(server(), 'customer/unjudged', null, unjudged);
    const reply = await validate(pod([container(image(`customer/unjudged@${unjudged.digest}`))]));
    expect([reply.allowed, reply.message]).toEqual([false, expect.stringContaining('has no verdict yet')]);
  });
});

describe('objects', () => {
  const bad = () => image(`customer/old@${blocked.digest}`);
  test.each([
    ['an init container', () => pod([container(good())], { initContainers: [container(bad())] })],
    ['an ephemeral container', () => pod([container(good())], { ephemeralContainers: [container(bad())] })],
    ['a Deployment', () => workload('apps', 'Deployment', { spec: template([container(bad())]) })],
    ['a StatefulSet', () => workload('apps', 'StatefulSet', { spec: template([container(bad())]) })],
    ['a DaemonSet', () => workload('apps', 'DaemonSet', { spec: template([container(bad())]) })],
    ['a ReplicaSet', () => workload('apps', 'ReplicaSet', { spec: template([container(bad())]) })],
    ['a ReplicationController', () => workload('', 'ReplicationController', { spec: template([container(bad())]) })],
    ['a PodTemplate', () => workload('', 'PodTemplate', template([container(bad())]))],
    ['a Job', () => workload('batch', 'Job', { spec: template([container(bad())]) })],
    [
      'a CronJob',
      () => workload('batch', 'CronJob', { spec: { jobTemplate: { spec: template([container(bad())]) } } }),
    ],
  ])('%s with a blocked image is denied', async (_, asked) => {
    const reply = await validate(asked());
    expect(reply.allowed).toBe(false);
    expect(reply.message).toContain('CVE-');
  });

  test('a Deployment may name a tag: its pods are pinned', async () => {
    const deployment = workload('apps', 'Deployment', { spec: template([container(image('customer/web:v1'))]) });
    expect((await validate(deployment)).allowed).toBe(true);
    expect((await mutate(deployment)).patch).toEqual([]);
  });

  test('a deletion, and an object that makes no pods, pass', async () => {
    expect((await validate({ ...pod([container(bad())]), operation: 'DELETE' })).allowed).toBe(true);
    expect((await validate(workload('', 'ConfigMap', { data: {} }))).allowed).toBe(true);
  });

  test('a hundred containers are judged, and one bad one among them is found', async () => {
    const many = Array.from({ length: 100 }, (_, index) => container(good(), { name: `c${index}` }));
    expect((await validate(pod(many))).allowed).toBe(true);
    many[57] = container(bad(), { name: 'c57' });
    expect((await validate(pod(many))).allowed).toBe(false);
    const distinct = Array.from({ length: 100 }, (_, index) => container(image(`customer/none${index}:v1`)));
    expect((await validate(pod(distinct))).allowed).toBe(false);
  });

  test.each([
    ['containers that are no list', { containers: 'app' }],
    ['a container without an image', { containers: [{ name: 'app' }] }],
    ['an image that is no text', { containers: [{ name: 'app', image: 7 }] }],
    ['no spec', undefined],
  ])('a pod with %s is denied', async (_, broken) => {
    const reply = await validate({ kind: { group: '', version: 'v1', kind: 'Pod' }, object: { spec: broken } });
    expect(reply.allowed).toBe(false);
  });
});

describe('requests', () => {
  test('garbage is denied, whatever it is', async () => {
    for (const body of [
      '',
      'garbage',
      '[]',
      'null',
      '{}',
      '{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview"}',
      '['.repeat(50_000),
    ]) {
      const reply = await validate(body);
      expect([body.slice(0, 40), reply.allowed]).toEqual([body.slice(0, 40), false]);
    }
  });

  test('a body of nearly 3 MB is judged, a larger one is denied', async () => {
    const padded = (bytes: number) => pod([container(good())], { note: 'x'.repeat(bytes) });
    expect((await validate(padded(2_900_000))).allowed).toBe(true);
    const { status, text } = await post(cluster.validateUrl, JSON.stringify(padded(3_300_000)), trusted);
    expect([status, (JSON.parse(text) as { response: { allowed: boolean } }).response.allowed]).toEqual([200, false]);
    expect((await validate(pod([container(good())]))).allowed).toBe(true);
  });

  test('a review that says something twice is denied, by either webhook', async () => {
    const text = JSON.stringify({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: { uid: randomUUID(), operation: 'CREATE', namespace: 'shop', ...pod([container(good())]) },
    });
    const twice = text.replace('"spec":', '"spec":{"containers":[]},"spec":');
    for (const url of [cluster.validateUrl, cluster.mutateUrl]) {
      expect((await review(url, text, trusted)).allowed).toBe(true);
      const reply = await review(url, twice, trusted);
      expect([reply.allowed, reply.message]).toEqual([false, expect.stringContaining('has the key "spec" twice')]);
    }
    const cases = text.replace('"metadata":{', '"metadata":{"labels":{"app":"a","App":"b"},');
    expect((await validate(cases)).allowed).toBe(true);
  });

  test('a review of an unknown kind or version is denied', async () => {
    for (const change of ['"admission.k8s.io/v1"', '"AdmissionReview"']) {
      const text = JSON.stringify({
        apiVersion: 'admission.k8s.io/v1',
        kind: 'AdmissionReview',
        request: { uid: 'u', operation: 'CREATE', namespace: 'shop', ...pod([container(good())]) },
      }).replace(change, '"Something/v9"');
      const reply = await validate(text);
      expect([reply.allowed, reply.message]).toEqual([false, expect.stringContaining('cannot be read at')]);
    }
  });

  test('a wrong token, a wrong cluster and a wrong path are nobody’s', async () => {
    const body = JSON.stringify({});
    for (const url of [
      cluster.validateUrl.replace(/[^/]{10}\/validate$/, 'AAAAAAAAAA/validate'),
      cluster.validateUrl.replace(cluster.cluster.id, randomUUID()),
    ])
      expect((await post(url, body, trusted)).status).toBe(403);
    expect((await post(cluster.validateUrl.replace(/validate$/, 'elsewhere'), body, trusted)).status).toBe(404);
  });

  test('who does not trust the cluster’s CA gets no connection', async () => {
    await expect(post(cluster.validateUrl, '{}', '')).rejects.toThrow(/certificate/i);
  });

  test('an exempt namespace is left alone, another one is not', async () => {
    const asked = pod([container('docker.io/library/nginx:1')]);
    expect((await validate({ ...asked, namespace: 'kube-system' })).allowed).toBe(true);
    expect((await validate({ ...asked, namespace: 'kube-system-too' })).allowed).toBe(false);
  });

  test('a cluster that only warns allows and says what it would deny; dry run only keeps it', async () => {
    const asked = pod([container(image(`customer/old@${blocked.digest}`))]);
    const warns = await review((await addCluster('warns', { mode: 'warn' })).validateUrl, asked, trusted);
    expect([warns.allowed, warns.warnings[0]]).toEqual([true, expect.stringMatching(/^would be denied: .*CVE-/)]);
    const dry = await review((await addCluster('dry', { mode: 'dryrun' })).validateUrl, asked, trusted);
    expect([dry.allowed, dry.warnings.filter((warning) => warning.includes('CVE-'))]).toEqual([true, []]);
    const kept = must(await server().api('GET', '/api/v1/accounts/customer/admissions')) as Admission[];
    expect(kept.find((one) => one.cluster === 'dry')?.reasons.join()).toContain('CVE-');
  });

  test('a removed cluster is nobody’s', async () => {
    const made = await addCluster('short-lived');
    await server().api('DELETE', '/api/v1/accounts/customer/clusters/short-lived');
    await eventually('the end of the cluster', async () =>
      (await post(made.validateUrl, '{}', trusted)).status === 403 ? true : null,
    );
  });

  test('what was decided is kept with names, images and reasons', async () => {
    await validate(pod([container(image(`customer/old@${blocked.digest}`))]));
    const [latest] = must(
      await server().api('GET', `/api/v1/accounts/customer/admissions?digest=${blocked.digest}`),
    ) as Admission[];
    expect(latest).toMatchObject({
      cluster: 'shop',
      namespace: 'shop',
      kind: 'Pod',
      name: 'web',
      username: 'system:serviceaccount:shop:deployer',
      allowed: false,
      images: [{ digest: blocked.digest, allowed: false }],
    });
  });
});

describe('pod security', () => {
  const broken = (securityContext: object) =>
    pod([container(good(), { securityContext: { ...safe, ...securityContext } })]);
  test.each([
    ['pod-privileged', () => broken({ privileged: true })],
    ['pod-capabilities', () => broken({ capabilities: { add: ['SYS_ADMIN'] } })],
    ['pod-seccomp', () => broken({ seccompProfile: { type: 'Unconfined' } })],
    ['pod-proc-mount', () => broken({ procMount: 'Unmasked' })],
    ['pod-host-namespaces', () => pod([container(good())], { hostPID: true })],
    ['pod-host-paths', () => pod([container(good())], { volumes: [{ name: 'v', hostPath: { path: '/' } }] })],
    ['pod-host-ports', () => pod([container(good(), { ports: [{ containerPort: 80, hostPort: 80 }] })])],
    [
      'pod-sysctls',
      () => pod([container(good())], { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } }),
    ],
  ])('%s denies, by name, a pod whose image may run', async (name, asked) => {
    const reply = await validate(asked());
    expect(reply.allowed).toBe(false);
    expect(reply.message).toMatch(new RegExp(`^${name}[a-z-]*: `));
    expect(reply.message.split('\n').every((line) => line.startsWith(name))).toBe(true);
  });

  test.each([
    ['pod-run-as-non-root', { runAsNonRoot: undefined, runAsUser: undefined }],
    ['pod-privilege-escalation', { allowPrivilegeEscalation: undefined }],
  ])('%s warns, by name', async (name, securityContext) => {
    const reply = await validate(broken(securityContext));
    expect([reply.allowed, reply.warnings]).toEqual([true, [expect.stringMatching(new RegExp(`^${name}: `))]]);
  });
});
