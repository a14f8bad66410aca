/** The client against Debian's docker-registry: uploads, copies, and referrers where the API is missing. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest';
import { copyGraph } from '../copy-graph.ts';
import { fixtureImage, fixtureReferrer, missingTool, runTool, store } from '../interop-fixture.ts';
import { openRegistry } from './open-registry.ts';

let dir: string;
let url: string;
let server: ChildProcess | null = null;
const missing = missingTool('docker-registry');

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pratique-registry-'));
  if (missing) return;
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const config = join(dir, 'config.yml');
  await writeFile(
    config,
    `version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: ${dir}/data}, delete: {enabled: true}}\nhttp: {addr: "127.0.0.1:${port}"}\n`,
  );
  server = spawn('docker-registry', ['serve', config], { stdio: 'ignore' });
  for (let tries = 0; tries < 100; tries += 1) {
    if (
      await fetch(`${url}/v2/`).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return;
    await wait(100);
  }
  throw new Error('docker-registry did not start');
});
afterAll(async () => {
  server?.kill();
  await rm(dir, { recursive: true, force: true });
});

const needs = (ctx: TestContext, ...reasons: (string | null)[]) => {
  const why = reasons.find((reason) => reason !== null);
  if (why) ctx.skip(why);
};
const ONE = fixtureImage('one');
const NOTES = [fixtureReferrer(ONE.raw, 'first'), fixtureReferrer(ONE.raw, 'second')];

test('an image goes in with what refers to it and comes out with it, though the registry has no referrers API', async (ctx) => {
  needs(ctx, missing);
  const registry = openRegistry({ url, name: 'team/app' });
  await store(registry, ONE, '1');
  await Promise.all(NOTES.map((note) => store(registry, note, null)));
  expect((await registry.referrers(ONE.raw.digest)).map((one) => one.digest).sort()).toEqual(
    NOTES.map((note) => note.raw.digest).sort(),
  );
  expect((await registry.tags()).sort()).toEqual(['1', ONE.raw.digest.replace(':', '-')].sort());
  const other = openRegistry({ url, name: 'team/copy' });
  const proof = await copyGraph(registry, other, '1', { tag: '2', referrers: true });
  expect(proof).toMatchObject({ root: ONE.raw.digest, manifests: 3 });
  expect(await other.referrers(ONE.raw.digest)).toHaveLength(2);
  expect((await copyGraph(registry, other, '1', { tag: '2', referrers: true })).copiedBlobs).toBe(0);
});

test('skopeo reads what was pushed here', async (ctx) => {
  needs(ctx, missing, missingTool('skopeo'));
  await store(openRegistry({ url, name: 'team/skopeo' }), ONE, '1');
  runTool(
    'skopeo',
    '--insecure-policy',
    'copy',
    '--src-tls-verify=false',
    `docker://${new URL(url).host}/team/skopeo:1`,
    `dir:${join(dir, 'out')}`,
  );
});

test('what is not there is not found, by name', async (ctx) => {
  needs(ctx, missing);
  const registry = openRegistry({ url, name: 'team/none' });
  await expect(registry.manifest('1')).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringContaining('MANIFEST_UNKNOWN'),
  });
  expect(await registry.hasManifest(ONE.raw.digest)).toBe(false);
  expect(await registry.referrers(ONE.raw.digest)).toEqual([]);
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => {
    probe.listen(0, '127.0.0.1', resolve);
  });
  const address = probe.address();
  await new Promise((resolve) => {
    probe.close(resolve);
  });
  return typeof address === 'object' && address ? address.port : 0;
}
