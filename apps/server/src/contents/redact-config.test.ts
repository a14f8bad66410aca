import type { Secret } from '@pratique/contract';
import { expect, test } from 'vitest';
import { redactConfig } from './redact-config.ts';

const CONFIG = {
  user: 'app',
  entrypoint: ['/bin/app', '--token', 'of-the-entrypoint'],
  cmd: ['run'],
  env: ['PATH=/usr/bin', 'TOKEN=of-the-variable', 'EMPTY'],
  labels: { version: '1', key: 'of-the-label' },
};
function secretAt(...places: [Secret['places'][number]['where'], string][]): Secret {
  return {
    id: 'x',
    title: 'x',
    severity: 'high',
    redacted: '…',
    fingerprint: 'a'.repeat(64),
    state: 'reachable',
    places: places.map(([where, path]) => ({ where, path, line: 1, column: 1, layer: null, state: 'reachable' })),
    placeCount: places.length,
  };
}

test('what holds a secret keeps its name and loses its value; the rest stays', () => {
  const secret = secretAt(['environment', 'TOKEN'], ['label', 'key'], ['command', 'Entrypoint'], ['file', 'PATH']);
  expect(redactConfig(CONFIG, [secret])).toEqual({
    user: 'app',
    entrypoint: ['/bin/app', '…', '…'],
    cmd: ['run'],
    env: ['PATH=/usr/bin', 'TOKEN=…', 'EMPTY'],
    labels: { version: '1', key: '…' },
  });
  expect(redactConfig(CONFIG, [])).toEqual(CONFIG);
});

test.each([
  ['before anybody looked', null],
  ['where not all places of a secret are known', [{ ...secretAt(['file', 'x']), placeCount: 2 }]],
])('%s no value is shown', (_, secrets) => {
  expect(redactConfig(CONFIG, secrets)).toEqual({
    user: 'app',
    entrypoint: ['/bin/app', '…', '…'],
    cmd: ['run'],
    env: ['PATH=…', 'TOKEN=…', 'EMPTY'],
    labels: { version: '…', key: '…' },
  });
});
