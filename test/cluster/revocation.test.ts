/** An image is taken out of service while it runs, an emergency lets one in, a verdict is renewed under load: in a real cluster. */
import { afterAll, describe, expect, test } from 'vitest';
import type { AuditEntry, ImageStatus } from '../../packages/contract/src/index.ts';
import { eventually, must, settled, status } from '../support/chain.ts';
import { HARMLESS, pushImage, registry } from '../support/image.ts';
import type { TestAgent } from './machine/agent.ts';
import { runnableImage } from './machine/images.ts';
import { enrolAgent, letPull, type Stage, useCluster } from './use-cluster.ts';
import { deployment, pod } from './workloads.ts';

const OLD_LIBSSL = { name: 'libssl3', version: '3.0.9-1', source: 'openssl' };
const NAMESPACE = 'shop';
const REASON = 'built on a stolen runner';

let agent: TestAgent | null = null;
let image: ImageStatus;

const stage = useCluster(async ({ server, cluster }: Stage) => {
  await pushImage(server, 'customer/web', 'v1', await runnableImage([HARMLESS], 'web v1'));
  await pushImage(server, 'customer/old', 'v1', await runnableImage([OLD_LIBSSL], 'old v1'));
  await pushImage(server, 'customer/busy', 'v1', await runnableImage([HARMLESS], 'busy v1'));
  image = await settled(server, 'customer', 'web', 'v1');
  await settled(server, 'customer', 'old', 'v1');
  await settled(server, 'customer', 'busy', 'v1');
  await letPull({ server, cluster }, NAMESPACE);
  ({ agent } = await enrolAgent({ server, cluster }));
});
afterAll(() => agent?.stop());

const reference = (name: string) => `${stage().server.host}/customer/${name}:v1`;
const kubectl = (...args: string[]) => stage().cluster.kubectl(['-n', NAMESPACE, ...args]);
const create = (object: object) => stage().cluster.kubectl(['create', '-f', '-'], JSON.stringify(object));
const read = async (path: string, ...what: string[]) =>
  (await stage().cluster.mustKubectl(['-n', NAMESPACE, 'get', ...what, '-o', `jsonpath=${path}`])).trim();
const ready = (count: number) =>
  eventually(
    `${count} ready pods`,
    async () => ((await read('{.status.readyReplicas}', 'deployment', 'web')) === String(count) ? true : null),
    110,
  );
const api = async (method: string, path: string, body?: object) =>
  must(await stage().server.api(method, `/api/v1/accounts/customer/${path}`, body));
/** What the ReplicaSet tells of pods that it could not make. */
const failures = async () =>
  (await read('{.items[*].message}', 'events', '--field-selector=reason=FailedCreate')).trim();

describe('an image that is revoked while it runs', () => {
  let before = '';
  test('stays where it is, untouched', async () => {
    expect((await create(deployment(NAMESPACE, 'web', reference('web'), 1))).stderr).toBe('');
    await ready(1);
    await eventually('the pod on the image’s page', async () =>
      (await status(stage().server, 'customer', 'web', 'v1')).runningIn[0]?.startedAt ? true : null,
    );
    const identity = '{.items[*].metadata.uid} {.items[*].status.containerStatuses[0].restartCount}';
    before = await read(identity, 'pods', '-l', 'app=web');
    await api('POST', 'revocations', { repository: 'web', reference: 'v1', reason: REASON });
    const revokedAt = Date.now();
    const refused = await eventually('the refusal', async () => {
      const said = await create(pod(NAMESPACE, 'next', reference('web')));
      return said.code === 0 ? Promise.reject(new Error('a pod of a revoked image was taken')) : said;
    });
    process.stdout.write(`revoked -> next pod refused, kubectl’s own time included: ${Date.now() - revokedAt} ms\n`);
    expect(refused.stderr).toContain('admission webhook "validate.pratique.dev" denied the request');
    expect(refused.stderr).toMatch(/was revoked .*admin.*built on a stolen runner/);
    expect(await read(identity, 'pods', '-l', 'app=web')).toBe(before);
    expect(await read('{.items[*].status.phase}', 'pods', '-l', 'app=web')).toBe('Running');
  });

  test('gets no further pod, and the ReplicaSet’s events say who revoked it and why', async () => {
    // The Deployment itself keeps its image, so that it can be scaled and mended; its pods are what is refused.
    await kubectl('scale', 'deployment', 'web', '--replicas=2');
    const told = await eventually('the event', async () => (await failures()) || null);
    expect(told).toMatch(/was revoked .*admin.*built on a stolen runner/);
    expect(await read('{.status.readyReplicas}', 'deployment', 'web')).toBe('1');
  });

  test('can be scaled down, and its successor rolled out', async () => {
    await kubectl('scale', 'deployment', 'web', '--replicas=1');
    await eventually('the smaller ReplicaSet', async () =>
      (await read('{.items[0].spec.replicas}', 'replicasets', '-l', 'app=web')) === '1' ? true : null,
    );
    expect((await kubectl('label', 'pods', '-l', 'app=web', 'seen=yes')).code).toBe(0);
    // With a second Deployment, so that the first goes on with what is revoked.
    await pushImage(stage().server, 'customer/bad', 'v1', await runnableImage([HARMLESS], 'bad v1'));
    await settled(stage().server, 'customer', 'bad', 'v1');
    expect((await create(deployment(NAMESPACE, 'mended', reference('bad')))).stderr).toBe('');
    expect((await kubectl('rollout', 'status', 'deployment/mended', '--timeout=60s')).code).toBe(0);
    await api('POST', 'revocations', { repository: 'bad', reference: 'v1', reason: REASON });
    expect((await kubectl('set', 'image', 'deployment/mended', `app=${reference('busy')}`)).code).toBe(0);
    expect((await kubectl('rollout', 'status', 'deployment/mended', '--timeout=60s')).code).toBe(0);
    const { code, stderr } = await kubectl('rollout', 'undo', 'deployment/mended');
    expect([code, stderr]).toEqual([1, expect.stringContaining('was revoked')]);
    await kubectl('delete', 'deployment', 'mended', '--cascade=foreground', '--wait=true');
    await kubectl('scale', 'deployment', 'web', '--replicas=2');
  });

  test('is listed as still running, and cannot be deleted', async () => {
    const { server } = stage();
    const page = await status(server, 'customer', 'web', 'v1');
    expect(page.runningIn).toEqual([expect.objectContaining({ cluster: 'production', namespace: NAMESPACE })]);
    expect(page.verdict?.state).toBe('revoked');
    const refused = await registry(server, 'DELETE', `customer/web/manifests/${image.digest}`);
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect(await refused.text()).toContain(`it runs in the cluster production in ${NAMESPACE}/web-`);
  });

  test('whose pod is deleted stays away', async () => {
    await kubectl('delete', 'pods', '-l', 'app=web', '--wait=true');
    await eventually('no pod', async () => ((await read('{.items[*].metadata.name}', 'pods')) === '' ? true : null));
    await eventually('an empty page', async () =>
      (await status(stage().server, 'customer', 'web', 'v1')).runningIn.length === 0 ? true : null,
    );
  });

  test('comes back by itself once it is lifted and judged anew', async () => {
    await api('POST', 'revocations/lift', { digest: image.digest, reason: 'the runner was clean' });
    const lifted = Date.now();
    await ready(2);
    process.stdout.write(`lifted -> both pods ready, with nothing done by hand: ${Date.now() - lifted} ms\n`);
    expect(await read('{.items[*].spec.containers[0].image}', 'pods', '-l', 'app=web')).toContain(image.digest);
  });
});

describe('in an emergency', () => {
  const labelled = (name: string, value: string) => {
    const made = pod(NAMESPACE, name, reference('old'));
    return { ...made, metadata: { ...made.metadata, labels: { 'pratique.dev/break-glass': value } } };
  };

  test('the label alone opens nothing', async () => {
    const { code, stderr } = await create(labelled('too-early', 'tonight'));
    expect([code, stderr]).toEqual([1, expect.stringContaining('there is no break-glass tonight in force')]);
  });

  test('a labelled pod of a denied image runs; kubectl warns, and everybody hears of it', async () => {
    const { server } = stage();
    await api('POST', 'break-glass', {
      name: 'tonight',
      namespaces: [NAMESPACE],
      reason: 'checkout is down, the fix has no verdict yet',
      hours: 1,
    });
    expect((await create(pod(NAMESPACE, 'unlabelled', reference('old')))).stderr).toContain('was refused by the gate');
    const { code, stderr } = await create(labelled('emergency', 'tonight'));
    expect(code).toBe(0);
    expect(stderr).toMatch(/Warning: admitted by the break-glass tonight of admin, until .*; this is reported/);
    expect(stderr).toMatch(/Warning: would be denied: .*was refused by the gate/);
    await eventually('the pod', async () =>
      (await read('{.status.containerStatuses[0].ready}', 'pod', 'emergency')) === 'true' ? true : null,
    );
    const audit = (await api('GET', 'audit?limit=200')) as AuditEntry[];
    expect(audit).toContainEqual(expect.objectContaining({ action: 'break-glass.use', subject: 'tonight' }));
    const database = await server.database();
    const { rows } = await database.query(
      `select data->>'name' as name, data->>'reason' as reason from outbox where type = 'break-glass.used'`,
    );
    expect(rows).toEqual([{ name: 'emergency', reason: 'checkout is down, the fix has no verdict yet' }]);
  });

  test('that is over nothing more is let in, and what runs goes on', async () => {
    must(await stage().server.api('DELETE', '/api/v1/accounts/customer/exceptions/tonight'));
    const { code, stderr } = await create(labelled('too-late', 'tonight'));
    expect([code, stderr]).toEqual([1, expect.stringContaining('there is no break-glass tonight in force')]);
    expect(await read('{.status.phase}', 'pod', 'emergency')).toBe('Running');
  });
});

describe('a verdict that is renewed', () => {
  test('refuses no pod meanwhile', async () => {
    const { server, cluster } = stage();
    const database = await server.database();
    const due = () =>
      database.query(
        `update verdict v set decided_at = now() - interval '16 days', valid_until = now() + interval '14 days', renew_at = now() - interval '1 second'
         from repository r where r.repository_id = v.repository_id and r.name = 'busy'`,
      );
    const validUntil = async () =>
      Date.parse((await status(server, 'customer', 'busy', 'v1')).verdict?.validUntil ?? '') - Date.now();
    const over = new AbortController();
    const refusals: string[] = [];
    let asked = 0;
    const start = async () => {
      while (!over.signal.aborted) {
        const one = JSON.stringify(pod(NAMESPACE, `busy-${asked++}`, reference('busy')));
        const { code, stderr } = await cluster.kubectl(['create', '--dry-run=server', '-f', '-'], one);
        if (code !== 0) refusals.push(stderr);
      }
    };
    const loops = [start(), start()];
    let rounds = 0;
    for (; rounds < 3 || asked < 20; rounds++) {
      await due();
      await eventually('the renewal', async () => ((await validUntil()) > 20 * 86_400_000 ? true : null), 30);
    }
    over.abort();
    await Promise.all(loops);
    process.stdout.write(
      `pods reviewed while a verdict was renewed ${rounds} times: ${asked}, refused: ${refusals.length}\n`,
    );
    expect(refusals).toEqual([]);
  });
});
