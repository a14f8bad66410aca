import { describe, expect, test } from 'vitest';
import { readPod } from './read-pod.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;
const object = (more: { metadata?: object; spec?: object; status?: object } = {}) => ({
  metadata: { uid: 'u-1', namespace: 'shop', name: 'web-7d9f-x', ...more.metadata },
  spec: { containers: [{ name: 'app', image: `registry.example/web@${DIGEST}` }], ...more.spec },
  status: {
    phase: 'Running',
    containerStatuses: [
      {
        name: 'app',
        imageID: `registry.example/web@${OTHER}`,
        state: { running: { startedAt: '2026-11-22T10:00:00Z' } },
      },
    ],
    ...more.status,
  },
});
const owned = (kind: string, name: string, labels: object = {}) => ({
  metadata: { labels, ownerReferences: [{ kind, name, controller: true }] },
});
const live = (value: unknown) => {
  const read = readPod(value);
  if (read.outcome !== 'live') throw new Error(`${read.outcome}`);
  return read.pod;
};

test('what is pinned and what runs are told apart', () => {
  expect(live(object()).containers).toEqual([
    {
      ...{ name: 'app', image: `registry.example/web@${DIGEST}`, pinned: DIGEST, running: OTHER },
      startedAt: '2026-11-22T10:00:00Z',
    },
  ]);
});

test.each([
  ['docker-pullable://registry.example/web@', `docker-pullable://registry.example/web@${OTHER}`, OTHER],
  ['a bare id, which is a configuration’s', OTHER, null],
  ['nothing yet', '', null],
])('the image of a status may be %s', (_, imageID, running) => {
  const pod = live(object({ status: { containerStatuses: [{ name: 'app', imageID }] } }));
  expect(pod.containers[0]).toMatchObject({ running, startedAt: null });
});

test.each([
  [
    'a Deployment',
    owned('ReplicaSet', 'web-7d9f', { 'pod-template-hash': '7d9f' }),
    { kind: 'Deployment', name: 'web' },
  ],
  ['a ReplicaSet by itself', owned('ReplicaSet', 'web-7d9f'), { kind: 'ReplicaSet', name: 'web-7d9f' }],
  ['a ReplicaSet named like a hash', owned('ReplicaSet', '-7d9f', { 'pod-template-hash': '7d9f' }), null],
  ['a DaemonSet', owned('DaemonSet', 'log'), { kind: 'DaemonSet', name: 'log' }],
  ['nobody', {}, null],
])('a pod of %s is named by it', (_, more, workload) => {
  const read = readPod(object(more));
  // What could not be sent is not sent.
  if (read.outcome === 'unreadable') expect(workload).toBeNull();
  else expect(live(object(more)).workload).toEqual(workload);
});

test('init and ephemeral containers count', () => {
  const spec = {
    initContainers: [{ name: 'init', image: 'a:1' }],
    ephemeralContainers: [{ name: 'debug', image: 'b:1' }],
  };
  expect(live(object({ spec })).containers.map(({ name }) => name)).toEqual(['init', 'app', 'debug']);
});

test.each(['Succeeded', 'Failed'])('a pod that %s runs no more', (phase) => {
  expect(readPod(object({ status: { phase } }))).toEqual({ outcome: 'over', uid: 'u-1' });
});

describe('of hostile pods', () => {
  test.each([
    ['null', null],
    ['a list', []],
    ['without metadata', { spec: {} }],
    ['whose name is no name', object({ metadata: { name: '../../etc' } })],
    ['whose image has a line break', object({ spec: { containers: [{ name: 'app', image: 'a\nb' }] } })],
    [
      'with a thousand containers',
      object({ spec: { containers: Array.from({ length: 1000 }, (_, i) => ({ name: `c${i}`, image: 'a:1' })) } }),
    ],
  ])('one that is %s is told apart, and thrown for by nothing', (_, value) => {
    expect(readPod(value).outcome).toBe('unreadable');
  });
});
