import { createBundle, type PolicyEngine } from '@pratique/policy';
import { describe, expect, test } from 'vitest';
import type { ForeignRow } from '../foreign/foreign-rows.ts';
import type { ClusterEntry } from './clusters.ts';
import { AdmissionReview, pinImages, type ReviewDeps, reviewObject } from './review.ts';

const cluster: ClusterEntry = {
  clusterId: '7e57d004-2b97-4e7a-b45f-5387367791cd',
  name: 'c',
  accountId: '7e57d004-2b97-4e7a-b45f-5387367791ce',
  account: 'acme',
  isDefault: true,
  tokenHash: null,
  mode: 'enforce',
  exemptNamespaces: [],
  bundle: createBundle([], []),
};
const deps: ReviewDeps = {
  engine: {} as PolicyEngine,
  hosts: new Set(['registry.example']),
  lookup: { resolve: async () => null },
  foreign: { policy: async () => null, ask: async () => null, apply: () => {} },
  verdicts: { allows: () => false, read: async () => null, apply: () => {} },
  breakGlasses: { find: async () => null },
};
const pod = (image: string, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', ...metadata },
  spec: { containers: [{ name: 'c', image }] },
});
const review = (object: object, oldObject: object | null, operation = 'UPDATE') =>
  AdmissionReview.parse({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'u',
      operation,
      kind: { group: '', version: 'v1', kind: 'Pod' },
      resource: { group: '', version: 'v1', resource: 'pods' },
      namespace: 'default',
      name: 'p',
      object,
      oldObject,
    },
  });
const gated = (name: string) => ({
  ...pod(name),
  spec: { ...pod(name).spec, schedulingGates: [{ name: 'example.org/not-yet' }] },
});
const ending = { deletionTimestamp: '2026-01-01T00:00:00Z' };
const image = 'registry.example/acme/app@sha256:unknown';

test.each([
  ['may lose its finalizers when it is being deleted', review(pod('a', ending), pod('a', ending)), true],
  ['may be labelled whatever its image is by now', review(pod(image, { labels: { a: 'b' } }), pod(image)), true],
  ['is judged when its image changes', review(pod(image), pod('a')), false],
  ['is judged when it is let go from a gate', review(pod(image), gated(image)), false],
  ['is judged when it says itself that it is being deleted', review(pod(image, ending), pod('a')), false],
  ['is judged when its image changes while it is being deleted', review(pod(image, ending), pod('a', ending)), false],
  ['is judged when it is made', review(pod(image, ending), null, 'CREATE'), false],
])('a pod %s', async (_, asked, allowed) => {
  expect(await reviewObject(deps, cluster, asked)).toMatchObject({ allowed });
});

test('a Deployment whose image is refused by now may be scaled, with a warning, and not be given another such image', async () => {
  const deployment = (name: string, replicas: number) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd' },
    spec: { replicas, template: { metadata: {}, spec: pod(name).spec } },
  });
  const update = (object: object, oldObject: object, where = cluster) => {
    const one = review(object, oldObject);
    Object.assign(one.request, { kind: { group: 'apps', version: 'v1', kind: 'Deployment' } });
    return reviewObject(deps, where, one);
  };
  expect(await update(deployment(image, 0), deployment(image, 3))).toMatchObject({
    allowed: true,
    warnings: [expect.stringMatching(/^the next pod of this would be denied: /)],
  });
  const quiet = await update(deployment(image, 0), deployment(image, 3), { ...cluster, mode: 'dryrun' });
  expect(quiet).toMatchObject({ allowed: true, warnings: [] });
  expect(await update(deployment(image, 3), deployment('a', 3))).toMatchObject({ allowed: false });
});

test('a pod that runs is not given another name for its image, which would start it again', async () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const known: ReviewDeps = {
    ...deps,
    lookup: { resolve: async () => ({ repositoryId: 'r', digest, tagDigest: digest }) },
    verdicts: { ...deps.verdicts, allows: () => true },
  };
  const running = pod('registry.example/acme/app:1');
  expect(await pinImages(known, cluster, review(running, null, 'CREATE'))).toHaveLength(1);
  expect(await pinImages(known, cluster, review(running, running))).toEqual([]);
  expect(await pinImages(known, cluster, review(running, gated('registry.example/acme/app:1')))).toHaveLength(1);
});

describe('while an image of another registry is examined', () => {
  const rule = { name: 'all', images: ['**'], except: [], tags: { allow: null, requireDigest: false } };
  const found = { digest: null, state: 'examining', reasons: [], policyVersion: 1, examinedAt: null, validUntil: null };
  const examining: ReviewDeps = {
    ...deps,
    foreign: {
      policy: async () => ({ version: 1, rules: [rule] }),
      ask: async () => found as unknown as ForeignRow,
      apply: () => {},
    },
  };
  const asked = (kind: string, group: string, object: object) => {
    const one = review(object, null, 'CREATE');
    Object.assign(one.request, { kind: { group, version: 'v1', kind } });
    return reviewObject(examining, cluster, one);
  };
  const template = { metadata: {}, spec: { containers: [{ name: 'c', image: 'quay.io/acme/app:1' }] } };

  test('its pods are refused', async () => {
    const outcome = await asked('Pod', '', pod('quay.io/acme/app:1'));
    expect(outcome).toMatchObject({ allowed: false, reasons: [expect.stringContaining('is being examined')] });
  });

  test('a Deployment is taken with a warning, so that nobody has to apply it again', async () => {
    const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec: { template } };
    const outcome = await asked('Deployment', 'apps', object);
    expect(outcome).toMatchObject({
      allowed: true,
      reasons: [],
      warnings: ['quay.io/acme/app:1 is being examined; pods of it start afterwards'],
    });
  });
});
