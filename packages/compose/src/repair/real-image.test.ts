/** A real image of Debian, repaired from its real archive, and judged by apt, dpkg and runc. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest';
import { type ComposedImage, compose } from '../compose.ts';
import { ComposeError } from '../error.ts';
import { inMemory } from '../files/content.ts';
import { Tree } from '../files/tree.ts';
import { dpkgComplaints, judgeMissing, prepareApt, runInContainer, unpackImage } from '../fixture/native-judge.ts';
import { Debconf } from '../install/debconf.ts';
import type { Installed, World } from '../install/world.ts';
import { writeLayer } from '../layer/write-layer.ts';
import { rebaseImage } from '../rebase/rebase.ts';
import { applyLayer } from './image/apply-layer.ts';
import { differenceBetween } from './image/difference.ts';
import { readImage } from './image/read-image.ts';
import { rewriteImage, serveRepaired } from './image/write-image.ts';
import { type RepairedImage, repairImage } from './repair.ts';
import { openRuncSandbox } from './sandbox/runc.ts';

const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'pratique', 'repair-test');

const deps = { fetch, cacheDir: CACHE, now: () => new Date() };
let folder = '';
let image: ComposedImage | null = null;
let newer: RepairedImage | null = null;
let why = 'no Debian archive can be reached';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-repair-real-'));
  await mkdir(CACHE, { recursive: true });
  image = await compose({ suite: 'bookworm', include: ['openssl'], security: false }, deps).catch((error: unknown) => {
    // A mirror that is frozen is past its Valid-Until; that it is refused is what should happen.
    if (!(error instanceof ComposeError)) throw error;
    why = error.message;
    return null;
  });
});
afterAll(async () => {
  await newer?.close();
  await image?.close();
  await rm(folder, { recursive: true, force: true });
});

async function base(context: TestContext, ...tools: string[]): Promise<ComposedImage> {
  const missing = await judgeMissing(tools);
  return missing || !image ? context.skip(missing ?? why) : image;
}

test('Debian’s base from main alone is repaired so that apt has nothing more and dpkg finds all whole', async (context) => {
  const original = await base(context, 'apt-get', 'dpkg', 'tar', 'runc');
  const apt = await prepareApt(join(folder, 'apt'), 'bookworm').catch(() => null);
  if (!apt) return context.skip('apt cannot read a Debian archive with bookworm and its security suite here');
  const before = join(folder, 'before');
  await unpackImage(original, before, 'var/lib/dpkg/status');
  const offered = await apt.upgrades(before);
  const repaired = await repairImage({ ...deps, source: original.source, reference: original.manifest.digest });
  const names = repaired.result.upgraded.map(({ name }) => name);
  expect(names.filter((name) => offered.includes(name))).toEqual(offered);
  expect(repaired.result.left).toEqual([]);
  expect(repaired.result.scripts.filter(({ handled }) => handled === 'not-done')).toEqual([]);
  const after = join(folder, 'after');
  await unpackImage(repaired, after);
  expect(await apt.upgrades(after)).toEqual([]);
  expect(await dpkgComplaints(after)).toBe('');
  expect(await runInContainer(after, ['openssl', 'version'], `pratique-repair-${process.pid}`)).toMatch(/^OpenSSL 3/);
  const { layer } = repaired.result;
  expect((layer?.bytes ?? 1) / (layer?.packageBytes ?? 1)).toBeLessThanOrEqual(1.1);
  newer = repaired;
}, 240_000);

test('what was built on that base goes on the repaired one without building, and starts', async (context) => {
  const original = await base(context, 'tar', 'runc');
  if (!newer) return context.skip('the base was not repaired');
  const script = '#!/bin/sh\nset -e\n. /etc/os-release\necho "$ID $(openssl version | cut -d" " -f1) $1"\n';
  const application = await withFile(original, join(folder, 'application'), '/app/run', script);
  const { result, ...rebased } = await rebaseImage({
    source: application.source,
    reference: application.manifest.digest,
    oldBase: { source: original.source, reference: original.manifest.digest },
    newBase: { source: newer.source, reference: newer.manifest.digest },
    identity: { digest: newer.manifest.digest, name: null },
  });
  expect(result.conflicts).toEqual([]);
  expect(result.layers).toEqual({ replaced: 1, with: 2, kept: 1 });
  const root = join(folder, 'rebased');
  await unpackImage(rebased, root);
  expect(await runInContainer(root, ['/app/run', 'mine'], `pratique-rebased-${process.pid}`)).toBe(
    'debian OpenSSL mine\n',
  );
}, 120_000);

/** The image with one file more, in a layer of its own. */
async function withFile(image: Pick<RepairedImage, 'source' | 'manifest'>, at: string, path: string, content: string) {
  const tree = new Tree(0);
  tree.put(path, { kind: 'file', mode: 0o755, uid: 0, gid: 0, mtime: 0, content: inMemory(content) });
  const layer = await writeLayer(tree, 0, at);
  const read = await readImage(image.source, image.manifest.digest, `${at}.spool`, 1e10, {});
  read.close();
  const written = rewriteImage(read, null, layer, 0, 'an application');
  return { manifest: written.manifest, source: serveRepaired(image.source, written, layer) };
}

test('a script in the sandbox changes what it may, with the image’s own users, and reaches no network', async (context) => {
  const original = await base(context, 'runc');
  const sandbox = await openRuncSandbox();
  const read = await readImage(original.source, original.manifest.digest, join(folder, 'layers'), 1e10, {});
  const tree = new Tree(0);
  for (const layer of read.layers) applyLayer(tree, layer);
  // What the scripts below do not need, so that the copies are small.
  for (const path of ['/usr/share', '/var/lib/dpkg/info', '/usr/lib/x86_64-linux-gnu/gconv']) tree.remove(path);
  const run = async (lines: string[]) => {
    const bytes = Buffer.from(['#!/bin/sh', 'set -e', ...lines].join('\n'));
    const installed = scripted(bytes);
    const world: World = { ...worldOver(tree.copy()), packages: new Map([['tool', installed]]) };
    const outcome = await sandbox?.run(tree.copy(), world, installed, 'postinst', ['configure', '1.0']);
    return { outcome, paths: differenceBetween(tree, world.tree, 0).paths, tree: world.tree };
  };
  const good = await run([
    'perl -e "print 42" > /srv/made',
    'chown www-data:www-data /srv/made',
    'chmod 640 /srv/made',
    'ln /srv/made /srv/linked',
    'rm /etc/debian_version',
    'echo "$DPKG_MAINTSCRIPT_NAME $*" > /srv/arguments',
    'tail -n +3 /proc/net/dev | cut -d: -f1 > /srv/network',
  ]);
  expect(good.outcome).toMatchObject({ status: 'done' });
  expect(good.paths).toEqual(['/etc/debian_version', '/srv/arguments', '/srv/linked', '/srv/made', '/srv/network']);
  expect(good.tree.find('/srv/made')).toMatchObject({ mode: 0o640, uid: 33, gid: 33 });
  expect(good.tree.find('/srv/linked')).toBe(good.tree.find('/srv/made'));
  expect(good.tree.readText('/srv/arguments')).toBe('postinst configure 1.0\n');
  expect(good.tree.readText('/srv/network')?.trim()).toBe('lo');
  const bad = await run(['echo half > /srv/half', 'echo no luck >&2', 'exit 3']);
  expect(bad.outcome).toMatchObject({ status: 'failed', detail: expect.stringMatching(/status 3: no luck/) as string });
  expect(bad.paths).toEqual([]);
  read.close();
}, 240_000);

function scripted(bytes: Buffer): Installed {
  const stanza = new Map<string, string>();
  const candidate = { name: 'tool', version: '2.0', architecture: 'all', essential: false, priority: 'optional' };
  return {
    candidate: { ...candidate, filename: '', expected: { sha256: '', size: 0 }, mirror: '', suite: '', stanza },
    fields: [],
    control: new Map([['postinst', { name: 'postinst', bytes, mode: 0o755, mtime: 0 }]]),
    list: [],
    conffiles: [],
  };
}

const worldOver = (tree: Tree): World => ({
  tree,
  now: 1_700_000_000,
  architecture: 'amd64',
  packages: new Map(),
  debconf: new Debconf(),
  current: 'tool',
  temporaries: [],
});
