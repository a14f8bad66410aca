import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ensureSeed, openAdvisoryStore } from '@pratique/scan';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { updateFeeds } from './feeds.ts';

const { db } = await testDatabase();
const root = resolve(import.meta.dirname, '..', '..', '..', '..');
const dir = await mkdtemp(join(tmpdir(), 'pratique-feeds-'));
const alpine = {
  distroversion: 'v3.23',
  reponame: 'main',
  packages: [{ pkg: { name: 'busybox', secfixes: { '1.37.0-r9': ['CVE-2099-0001'] } } }],
};
let asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(`${request.url} ${request.headers['if-none-match'] ?? ''}`.trim());
  if (request.url === '/garbage') return response.end('<html>maintenance</html>');
  if (request.url === '/scores.csv.gz')
    return response.end(gzipSync('#score_date:2026-01-02T00:00:00+0000\ncve,epss,percentile\nCVE-2026-1234,0.5,0.9\n'));
  if (request.url === '/away') return response.writeHead(503).end();
  if (request.headers['if-none-match'] === '"one"') return response.writeHead(304).end();
  return response.writeHead(200, { etag: '"one"' }).end(JSON.stringify(alpine));
});

beforeAll(async () => {
  await ensureSeed(dir);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});
afterAll(async () => {
  server.close();
  await rm(dir, { recursive: true, force: true });
});

const deps = { db, dir, root, log: pino({ level: 'silent' }), fetch: globalThis.fetch };
const at = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

test('a feed is imported by a child, and a second time only when it changed', async () => {
  const before = (await openAdvisoryStore(dir)).snapshot;
  const feed = { name: 'alpine', source: 'alpine' as const, url: at('/good') };
  const states = await updateFeeds(deps, [feed]);
  expect(states['alpine']).toMatchObject({ error: null, etag: '"one"' });
  const store = await openAdvisoryStore(dir);
  expect(store.snapshot).not.toBe(before);
  expect(store.sources.some((source) => source.name.startsWith('alpine'))).toBe(true);
  asked = [];
  await updateFeeds(deps, [feed]);
  expect(asked).toEqual(['/good "one"']);
  expect((await openAdvisoryStore(dir)).snapshot).toBe(store.snapshot);
});

test('a feed keeps the form that its address names', async () => {
  const states = await updateFeeds(deps, [{ name: 'epss', source: 'epss', url: at('/scores.csv.gz') }]);
  expect(states['epss']).toMatchObject({ error: null });
  const store = await openAdvisoryStore(dir);
  expect(store.likelihood('CVE-2026-1234')).toEqual({ probability: 0.5, percentile: 0.9 });
  store.close();
});

test('a feed of garbage or one that is away leaves the store as it was and says why', async () => {
  const before = (await openAdvisoryStore(dir)).snapshot;
  const states = await updateFeeds(deps, [
    { name: 'garbage', source: 'debian', url: at('/garbage') },
    { name: 'away', source: 'kev', url: at('/away') },
    { name: 'nowhere', source: 'kev', url: 'http://127.0.0.1:9/' },
  ]);
  expect(states['garbage']?.error).toMatch(/JSON/i);
  expect(states['away']?.error).toMatch(/503/);
  expect(states['nowhere']).toMatchObject({ succeededAt: null });
  expect((await openAdvisoryStore(dir)).snapshot).toBe(before);
});
