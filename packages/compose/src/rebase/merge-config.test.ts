/** Settings of three configurations become those of the rebased image. */
import { expect, test } from 'vitest';
import type { ImageConfig } from '../repair/image/read-image.ts';
import { mergeConfig } from './merge-config.ts';

type Settings = Record<string, unknown>;
const configOf = (config: Settings | null, layers: number, more: Settings = {}): ImageConfig => ({
  architecture: 'amd64',
  os: 'linux',
  config,
  rootfs: { type: 'layers', diff_ids: Array.from({ length: layers }, (_, at) => `sha256:${at}`) },
  ...more,
});
const merge = (old: Settings | null, now: Settings | null, own: Settings | null) =>
  mergeConfig(configOf(own, 2), configOf(old, 1), configOf(now, 1)).config.config;

test.for<[string, Settings | null, Settings | null, Settings | null, Settings]>([
  ['what came from the old base follows', { User: 'a' }, { User: 'b' }, { User: 'a' }, { User: 'b' }],
  ['what the application set stays', { User: 'a' }, { User: 'b' }, { User: 'c' }, { User: 'c' }],
  ['what the new base no longer sets goes', { StopSignal: 'X' }, {}, { StopSignal: 'X' }, {}],
  ['what the new base sets anew comes', {}, { WorkingDir: '/srv' }, {}, { WorkingDir: '/srv' }],
  ['null is as good as nothing', { Cmd: null }, { Cmd: ['sh'] }, {}, { Cmd: ['sh'] }],
  [
    'variables one by one, in the order of the base',
    { Env: ['A=1', 'B=1', 'C=1'] },
    { Env: ['B=2', 'A=2', 'D=2'] },
    { Env: ['A=1', 'B=mine', 'C=1', 'E=mine'] },
    { Env: ['B=mine', 'A=2', 'D=2', 'E=mine'] },
  ],
  [
    'a path that was extended is extended again',
    { Env: ['PATH=/usr/bin'] },
    { Env: ['PATH=/usr/local/bin:/usr/bin'] },
    { Env: ['PATH=/app/bin:/usr/bin'] },
    { Env: ['PATH=/app/bin:/usr/local/bin:/usr/bin'] },
  ],
  [
    'labels, ports and volumes one by one',
    { Labels: { a: '1', b: '1' }, ExposedPorts: { '80/tcp': {} } },
    { Labels: { a: '2' }, ExposedPorts: { '81/tcp': {} } },
    { Labels: { a: '1', b: '1', c: 'mine' }, ExposedPorts: { '80/tcp': {}, '90/tcp': {} }, Volumes: { '/data': {} } },
    { Labels: { a: '2', c: 'mine' }, ExposedPorts: { '81/tcp': {}, '90/tcp': {} }, Volumes: { '/data': {} } },
  ],
  [
    'an entrypoint takes its command along',
    { Entrypoint: ['base'], Cmd: ['x'] },
    { Entrypoint: ['newer'], Cmd: ['y'] },
    { Entrypoint: ['mine'], Cmd: ['x'] },
    { Entrypoint: ['mine'], Cmd: ['x'] },
  ],
  [
    'a command of one’s own goes to the base’s entrypoint',
    { Entrypoint: ['base'], Cmd: ['x'] },
    { Entrypoint: ['newer'], Cmd: ['y'] },
    { Entrypoint: ['base'], Cmd: ['mine'] },
    { Entrypoint: ['newer'], Cmd: ['mine'] },
  ],
  [
    'settings that nobody knows yet',
    { Later: { a: 1 } },
    { Later: { a: 2 } },
    { Later: { a: 1 } },
    { Later: { a: 2 } },
  ],
])('%s', ([, old, now, own, expected]) => {
  expect(merge(old, now, own)).toEqual(expected);
});

test('layers and history are those of the new base and then the application’s', () => {
  const entry = (created_by: string, empty_layer?: true) => ({ created_by, ...(empty_layer ? { empty_layer } : {}) });
  const old = configOf({}, 1, { history: [entry('old'), entry('CMD', true)], created: '2026-01-01T00:00:00Z' });
  const own = configOf({}, 2, { history: [...(old.history ?? []), entry('mine')], created: '2026-02-01T00:00:00Z' });
  const now = configOf({}, 3, {
    history: [entry('one'), entry('two')],
    created: '2026-03-01T00:00:00Z',
    variant: 'v8',
  });
  const { config } = mergeConfig(own, old, now);
  expect(config.history?.map((one) => one.created_by)).toEqual(['one', 'two', '', 'mine']);
  expect(config.rootfs.diff_ids).toEqual(['sha256:0', 'sha256:1', 'sha256:2', 'sha256:1']);
  expect(config).toMatchObject({ created: '2026-03-01T00:00:00Z', variant: 'v8', architecture: 'amd64' });
});
