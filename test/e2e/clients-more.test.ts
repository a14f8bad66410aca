/** More unmodified clients: regctl, buildah, helm, containerd, and cosign in both of its generations. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, settled, status } from '../support/chain.ts';
import { bookworm, HARMLESS, makeImage, pushImage, registry } from '../support/image.ts';
import { ADMIN_PASSWORD } from '../support/server.ts';
import { mustRun, needTool, runTool } from '../support/tools.ts';
import { useServer } from '../support/use-server.ts';

const server = useServer();
let folder = '';
let config = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-clients-'));
  config = join(folder, 'docker');
  await mkdir(config);
  const auth = Buffer.from(`admin:${ADMIN_PASSWORD}`).toString('base64');
  await writeFile(join(config, 'config.json'), JSON.stringify({ auths: { [server().host]: { auth } } }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const env = () => ({ DOCKER_CONFIG: config, HOME: folder, XDG_RUNTIME_DIR: folder });

describe('regctl', () => {
  test('copies, inspects, lists, makes referrers and deletes', async (context) => {
    const regctl = await needTool(context, 'regctl');
    const run = (...args: string[]) => mustRun(regctl, args, { env: env() });
    await run('registry', 'set', '--tls', 'disabled', server().host);
    const image = makeImage(bookworm([HARMLESS]), { note: 'regctl' });
    await pushImage(server(), 'vendor/regctl/app', 'v1', image);
    const name = `${server().host}/vendor/regctl`;
    await run('image', 'copy', `${name}/app:v1`, `${name}/copy:v1`);
    expect((await run('image', 'digest', `${name}/copy:v1`)).trim()).toBe(image.digest);
    expect(await run('repo', 'ls', server().host)).toContain('vendor/regctl/copy');
    expect((await run('tag', 'ls', `${name}/copy`)).trim()).toBe('v1');
    await writeFile(join(folder, 'note.txt'), 'hello\n');
    const artifact = ['--artifact-type', 'application/vnd.example.note', '-f', join(folder, 'note.txt')];
    await run('artifact', 'put', ...artifact, '--subject', `${name}/copy:v1`);
    expect(await run('artifact', 'list', `${name}/copy:v1`)).toContain('application/vnd.example.note');
    await run('tag', 'rm', `${name}/copy:v1`);
    expect((await registry(server(), 'HEAD', 'vendor/regctl/copy/manifests/v1')).status).toBe(404);
    // Removing a tag leaves what it named.
    expect((await registry(server(), 'HEAD', `vendor/regctl/copy/manifests/${image.digest}`)).status).toBe(200);
  });
});

describe('buildah', () => {
  test('builds from nothing, pushes, and the chain judges what it made', async (context) => {
    const buildah = await needTool(context, 'buildah');
    const store = ['--root', join(folder, 'store'), '--runroot', join(folder, 'run'), '--storage-driver', 'vfs'];
    const run = (...args: string[]) => mustRun(buildah, [...store, ...args], { env: env() });
    await writeFile(join(folder, 'hello'), '#!/bin/sh\necho hello\n', { mode: 0o755 });
    const container = (await run('from', 'scratch')).trim();
    await run('copy', container, join(folder, 'hello'), '/hello');
    await run('config', '--entrypoint', '["/hello"]', '--user', '1000', container);
    await run('commit', '--format', 'oci', container, 'made:v1');
    const place = `docker://${server().host}/vendor/buildah/app:v1`;
    const credentials = ['--tls-verify=false', '--creds', `admin:${ADMIN_PASSWORD}`];
    await run('push', ...credentials, 'made:v1', place);
    await settled(server(), 'vendor', 'buildah/app', 'v1');
    expect(await status(server(), 'vendor', 'buildah/app', 'v1')).toMatchObject({
      config: { user: '1000', entrypoint: ['/hello'] },
    });
    await run('rmi', '--all', '--force');
    await run('pull', ...credentials, place);
  });
});

describe('helm', () => {
  test('pushes a chart and pulls it again; a chart starts no chain', async (context) => {
    const helm = await needTool(context, 'helm');
    const run = (...args: string[]) => mustRun(helm, args, { env: { ...env(), HELM_CACHE_HOME: folder }, cwd: folder });
    await mkdir(join(folder, 'chart', 'templates'), { recursive: true });
    await mkdir(join(folder, 'out'));
    await writeFile(join(folder, 'chart', 'Chart.yaml'), 'apiVersion: v2\nname: shop\nversion: 1.2.3\n');
    await run('package', 'chart');
    await mustRun(helm, ['registry', 'login', server().host, '--plain-http', '-u', 'admin', '-p', ADMIN_PASSWORD], {
      env: { ...env(), HELM_REGISTRY_CONFIG: join(config, 'config.json') },
    });
    const place = `oci://${server().host}/vendor/charts`;
    const common = ['--plain-http', '--registry-config', join(config, 'config.json')];
    await run('push', 'shop-1.2.3.tgz', place, ...common);
    await run('pull', `${place}/shop`, '--version', '1.2.3', '-d', join(folder, 'out'), ...common);
    const runs = await server().api('GET', '/api/v1/accounts/vendor/image/runs?repository=charts/shop&reference=1.2.3');
    expect(runs.json).toEqual([]);
  });
});

describe('containerd', () => {
  test('pulls and unpacks with ctr, and pushes what it pulled under another name', async (context) => {
    const [containerd, ctr] = [await needTool(context, 'containerd'), await needTool(context, 'ctr')];
    if (process.getuid?.() !== 0) return context.skip('containerd needs root');
    const home = join(folder, 'containerd');
    await mkdir(home, { recursive: true });
    const socket = join(home, 'containerd.sock');
    // Only what pulling needs: no CRI, no snapshotters that want a kernel of their own.
    await writeFile(
      join(home, 'config.toml'),
      `version = 2
root = "${home}/root"
state = "${home}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "${socket}"
[ttrpc]
  address = "${socket}.ttrpc"
`,
    );
    const image = makeImage(bookworm([{ name: 'netbase', version: '6.4' }]), { note: 'containerd' });
    await pushImage(server(), 'vendor/ctr/app', 'v1', image);
    const daemon = spawn(containerd, ['-c', join(home, 'config.toml')], { stdio: 'ignore' });
    const run = (...args: string[]) => mustRun(ctr, ['--address', socket, ...args]);
    try {
      await eventually('containerd', async () => run('version').catch(() => null));
      const access = ['--plain-http', '--user', `admin:${ADMIN_PASSWORD}`];
      const [from, to] = [`${server().host}/vendor/ctr/app:v1`, `${server().host}/vendor/ctr/copy:v2`];
      // It unpacks by the diff ids, and refuses what does not have them.
      await run('images', 'pull', ...access, '--snapshotter', 'native', from);
      expect(await run('images', 'list', `name==${from}`)).toContain(image.digest);
      await run('images', 'tag', from, to);
      await run('images', 'push', ...access, to);
      const copied = await registry(server(), 'HEAD', 'vendor/ctr/copy/manifests/v2');
      expect(copied.headers.get('docker-content-digest')).toBe(image.digest);
    } finally {
      daemon.kill();
      await once(daemon, 'close');
    }
  });
});

describe('cosign', () => {
  const quiet = () => ({ ...env(), COSIGN_PASSWORD: '' });

  /** A signed image of ours, with a key pair of the test's own beside it and our public key in a file. */
  async function prepare(cosign: string, name: string): Promise<{ reference: string; prefix: string }> {
    const image = makeImage(bookworm([HARMLESS]), { note: name });
    await pushImage(server(), `vendor/${name}`, 'v1', image);
    await settled(server(), 'vendor', name, 'v1');
    const prefix = join(folder, name);
    await mustRun(cosign, ['generate-key-pair', '--output-key-prefix', prefix], { env: quiet(), cwd: folder });
    const keys = (await server().api('GET', '/api/v1/accounts/vendor/keys')).json as { publicPem: string }[];
    await writeFile(`${prefix}-ours.pub`, keys[0]?.publicPem ?? '');
    return { reference: `${server().host}/vendor/${name}@${image.digest}`, prefix };
  }

  const OFFLINE = ['--allow-http-registry', '--insecure-ignore-tlog=true'];

  test('3 signs beside our signature, and verifies each by its key and none by the other', async (context) => {
    const cosign = await needTool(context, 'cosign');
    const { reference, prefix } = await prepare(cosign, 'cosign3');
    const run = (...args: string[]) => mustRun(cosign, args, { env: quiet(), cwd: folder });
    await run('signing-config', 'create', '--out', `${prefix}.json`);
    const before = await runTool(cosign, ['verify', '--key', `${prefix}.pub`, ...OFFLINE, reference], { env: quiet() });
    expect(before.code).not.toBe(0);
    await run(
      'sign',
      '--key',
      `${prefix}.key`,
      '-y',
      '--allow-http-registry',
      '--signing-config',
      `${prefix}.json`,
      reference,
    );
    await run('verify', '--key', `${prefix}.pub`, ...OFFLINE, reference);
    await run('verify', '--key', `${prefix}-ours.pub`, ...OFFLINE, reference);
    await run(
      'verify-attestation',
      '--key',
      `${prefix}-ours.pub`,
      '--type',
      'https://slsa.dev/verification_summary/v1',
      ...OFFLINE,
      reference,
    );
  });

  test('2 signs in its own form, and reads our bundles when it is told to', async (context) => {
    const cosign = await needTool(context, 'cosign2');
    const { reference, prefix } = await prepare(cosign, 'cosign2');
    const run = (...args: string[]) => mustRun(cosign, args, { env: quiet(), cwd: folder });
    // It looks for bundles first, and where there is one it wants nothing else: its own form is for an image without.
    const plain = makeImage(bookworm([HARMLESS]), { note: 'no chain has seen this' });
    await pushImage(server(), 'vendor/cosign2-own', null, plain);
    const own = `${server().host}/vendor/cosign2-own@${plain.digest}`;
    await run('sign', '--key', `${prefix}.key`, '-y', '--allow-http-registry', '--tlog-upload=false', own);
    await run('verify', '--key', `${prefix}.pub`, ...OFFLINE, own);
    expect(
      (await runTool(cosign, ['verify', '--key', `${prefix}-ours.pub`, ...OFFLINE, own], { env: quiet() })).code,
    ).not.toBe(0);
    await run('trusted-root', 'create', '--out', `${prefix}-root.json`);
    const bundles = ['--new-bundle-format', '--trusted-root', `${prefix}-root.json`];
    await run('verify', '--key', `${prefix}-ours.pub`, ...bundles, ...OFFLINE, reference);
  });
});
