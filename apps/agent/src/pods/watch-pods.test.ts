import { pino } from 'pino';
import { expect, test } from 'vitest';
import { AgentError } from '../error.ts';
import type { KubeClient } from '../kube/client.ts';
import { watchPods } from './watch-pods.ts';

const object = (uid: string, resourceVersion: string, phase = 'Running') => ({
  metadata: { uid, namespace: 'shop', name: `web-${uid}`, resourceVersion },
  spec: { containers: [{ name: 'app', image: 'registry.example/web:1' }] },
  status: { phase },
});
const list = (resourceVersion: string, items: unknown[], next = '') => ({
  metadata: { resourceVersion, continue: next },
  items,
});
const event = (type: string, value: unknown) => ({ type, object: value });

/** Plays answers in order; the listener's calls and the paths asked for come back. */
async function play(answers: (unknown[] | object | Error)[]): Promise<{ heard: string[]; paths: string[] }> {
  const stop = new AbortController();
  const heard: string[] = [];
  const paths: string[] = [];
  const next = (path: string) => {
    paths.push(path.replace(/timeoutSeconds=\d+/, 'timeoutSeconds=N'));
    const answer = answers.shift();
    if (answer === undefined) stop.abort();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const kube: KubeClient = {
    get: async (path) => next(path) ?? list('0', []),
    put: async () => null,
    watch: async (path, onEvent) => {
      for (const one of (next(path) ?? []) as unknown[]) onEvent(one);
    },
  };
  await watchPods(
    kube,
    {
      onList: (pods) => heard.push(`list ${pods.map((pod) => pod.uid).join(',')}`),
      onLive: (pod) => heard.push(`live ${pod.uid}`),
      onOver: (uid) => heard.push(`over ${uid}`),
    },
    pino({ level: 'silent' }),
    stop.signal,
  );
  return { heard, paths };
}

const WATCH = '/api/v1/pods?watch=true&allowWatchBookmarks=true&timeoutSeconds=N&resourceVersion=';

test('pages of a list become one, and the watch begins where it ended', async () => {
  const { heard, paths } = await play([
    list('7', [object('1', '1')], 'to/ken'),
    list('7', [object('2', '2'), object('3', '3', 'Succeeded')]),
    [
      event('ADDED', object('4', '8')),
      event('MODIFIED', object('1', '9', 'Failed')),
      event('DELETED', object('2', '10')),
    ],
  ]);
  expect(heard).toEqual(['list 1,2', 'live 4', 'over 1', 'over 2']);
  expect(paths).toEqual([
    '/api/v1/pods?limit=500',
    '/api/v1/pods?limit=500&continue=to%2Fken',
    `${WATCH}7`,
    `${WATCH}10`,
  ]);
});

test('a bookmark moves the place from which the next watch goes on', async () => {
  const { paths } = await play([list('7', []), [event('BOOKMARK', { metadata: { resourceVersion: '70' } })]]);
  expect(paths.at(-1)).toBe(`${WATCH}70`);
});

test.each([
  ['by an event', [event('ERROR', { code: 410, message: 'too old resource version' })]],
  ['by the answer', new AgentError('watch-expired', 'the Kubernetes API answered 410')],
])('a version that is forgotten, told %s, is answered with a new list', async (_, expired) => {
  const { heard, paths } = await play([list('7', [object('1', '1')]), expired, list('90', [object('2', '80')])]);
  expect(heard).toEqual(['list 1', 'list 2']);
  expect(paths.at(-1)).toBe(`${WATCH}90`);
});

test('a watch that breaks off goes on from its last event', async () => {
  const broken = [event('ADDED', object('5', '8')), event('ERROR', { code: 500, message: 'etcd is away' })];
  const { heard, paths } = await play([list('7', []), broken]);
  expect(heard).toEqual(['list ', 'live 5']);
  expect(paths.at(-1)).toBe(`${WATCH}8`);
});

test('a pod that cannot be read keeps nothing from being heard', async () => {
  const { heard } = await play([
    list('7', [object('../x', '1'), object('1', '1')]),
    [event('ADDED', { metadata: { uid: 'x', resourceVersion: '8' } }), event('ADDED', object('2', '9'))],
  ]);
  expect(heard).toEqual(['list 1', 'live 2']);
});
