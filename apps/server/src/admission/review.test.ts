import type { PolicyEngine } from '@pratique/policy';
import { expect, test } from 'vitest';
import type { ClusterEntry } from './clusters.ts';
import { AdmissionReview, type ReviewDeps, reviewObject } from './review.ts';

const cluster: ClusterEntry = {
  clusterId: '7e57d004-2b97-4e7a-b45f-5387367791cd',
  name: 'c',
  accountId: '7e57d004-2b97-4e7a-b45f-5387367791ce',
  account: 'acme',
  isDefault: true,
  tokenHash: null,
  mode: 'enforce',
  exemptNamespaces: [],
  bundle: null,
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
const ending = { deletionTimestamp: '2026-01-01T00:00:00Z' };
const image = 'registry.example/acme/app@sha256:unknown';

test.each([
  ['may lose its finalizers when it is being deleted', review(pod('a', ending), pod('a', ending)), true],
  ['is judged when it is not being deleted', review(pod(image), pod(image)), false],
  ['is judged when it says itself that it is being deleted', review(pod(image, ending), pod(image)), false],
  ['is judged when its image changes while it is being deleted', review(pod(image, ending), pod('a', ending)), false],
  ['is judged when it is made', review(pod(image, ending), null, 'CREATE'), false],
])('a pod %s', async (_, asked, allowed) => {
  expect(await reviewObject(deps, cluster, asked)).toMatchObject({ allowed });
});
