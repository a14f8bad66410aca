/** Unmodified clients: skopeo, podman, crane and oras push, pull, list, copy, mount and delete as they do anywhere. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from '../../packages/oci/src/index.ts';
import { settled } from '../support/chain.ts';
import { bookworm, makeImage, pushImage, registry, type TestImage } from '../support/image.ts';
import { ADMIN_PASSWORD } from '../support/server.ts';
import { mustRun, needTool, runTool } from '../support/tools.ts';
import { useServer } from '../support/use-server.ts';

const server = useServer();
const credentials = `admin:${ADMIN_PASSWORD}`;
let folder = '';
let config = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-clients-'));
  config = join(folder, 'docker');
  await mkdir(config);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** An image on disk in the layout that every client reads. */
async function writeLayout(name: string, image: TestImage): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, 'blobs', 'sha256'), { recursive: true });
  const put = (digest: string, bytes: Buffer) => writeFile(join(path, 'blobs', 'sha256', digest.slice(7)), bytes);
  await put(image.digest, image.manifest);
  for (const blob of image.blobs) await put(blob.digest, blob.bytes);
  await writeFile(join(path, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  const descriptor = {
    mediaType: image.mediaType,
    digest: image.digest,
    size: image.manifest.length,
    annotations: { 'org.opencontainers.image.ref.name': 'v1' },
  };
  await writeFile(join(path, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [descriptor] }));
  return path;
}

async function typeOf(name: string, reference: string): Promise<{ digest: string | null; type: string | null }> {
  const head = await registry(server(), 'HEAD', `${name}/manifests/${reference}`);
  return { digest: head.headers.get('docker-content-digest'), type: head.headers.get('content-type') };
}

const image = makeImage(bookworm([{ name: 'netbase', version: '6.4' }]), { note: 'clients' });

describe('skopeo', () => {
  const tls = '--dest-tls-verify=false';

  test('copies an image in, unchanged, lists it, inspects it and copies it out', async (context) => {
    const skopeo = await needTool(context, 'skopeo');
    const layout = await writeLayout('skopeo', image);
    const place = `docker://${server().host}/vendor/skopeo/app`;
    await mustRun(skopeo, [
      'copy',
      '--quiet',
      tls,
      '--dest-creds',
      credentials,
      '--preserve-digests',
      `oci:${layout}:v1`,
      `${place}:v1`,
    ]);
    expect(await typeOf('vendor/skopeo/app', 'v1')).toEqual({ digest: image.digest, type: OCI_MANIFEST });
    const tags = await mustRun(skopeo, ['list-tags', '--tls-verify=false', '--creds', credentials, place]);
    expect(JSON.parse(tags)).toMatchObject({ Tags: expect.arrayContaining(['v1']) as string[] });
    const seen = await mustRun(skopeo, ['inspect', '--tls-verify=false', '--creds', credentials, `${place}:v1`]);
    expect(JSON.parse(seen)).toMatchObject({ Digest: image.digest, Os: 'linux' });
    const out = join(folder, 'skopeo-out');
    await mustRun(skopeo, [
      'copy',
      '--quiet',
      '--src-tls-verify=false',
      '--src-creds',
      credentials,
      `${place}@${image.digest}`,
      `oci:${out}:v1`,
    ]);
    expect((await readFile(join(out, 'blobs', 'sha256', image.digest.slice(7)))).equals(image.manifest)).toBe(true);
  });

  test('converts to docker’s schema 2, which is kept as it was sent and runs its chain', async (context) => {
    const skopeo = await needTool(context, 'skopeo');
    const layout = await writeLayout('skopeo-v2s2', image);
    const place = `docker://${server().host}/vendor/skopeo/docker:v1`;
    await mustRun(skopeo, [
      'copy',
      '--quiet',
      tls,
      '--dest-creds',
      credentials,
      '--format',
      'v2s2',
      `oci:${layout}:v1`,
      place,
    ]);
    expect((await typeOf('vendor/skopeo/docker', 'v1')).type).toBe(DOCKER_MANIFEST);
    const { verdict, inventory } = await settled(server(), 'vendor', 'skopeo/docker', 'v1');
    expect([verdict?.decision, inventory?.packages]).toEqual(['allow', 1]);
  });

  test('copies from repository to repository and deletes', async (context) => {
    const skopeo = await needTool(context, 'skopeo');
    const layout = await writeLayout('skopeo-move', image);
    const [from, to] = ['from', 'to'].map((name) => `docker://${server().host}/vendor/skopeo/${name}:v1`) as [
      string,
      string,
    ];
    await mustRun(skopeo, ['copy', '--quiet', tls, '--dest-creds', credentials, `oci:${layout}:v1`, from]);
    await mustRun(skopeo, [
      'copy',
      '--quiet',
      tls,
      '--src-tls-verify=false',
      '--src-creds',
      credentials,
      '--dest-creds',
      credentials,
      from,
      to,
    ]);
    expect(await typeOf('vendor/skopeo/to', 'v1')).toEqual(await typeOf('vendor/skopeo/from', 'v1'));
    await mustRun(skopeo, ['delete', '--tls-verify=false', '--creds', credentials, to]);
    expect((await registry(server(), 'HEAD', 'vendor/skopeo/to/manifests/v1')).status).toBe(404);
    expect((await registry(server(), 'HEAD', 'vendor/skopeo/from/manifests/v1')).status).toBe(200);
  });

  test('is refused with a wrong password', async (context) => {
    const skopeo = await needTool(context, 'skopeo');
    const outcome = await runTool(skopeo, [
      'list-tags',
      '--tls-verify=false',
      '--creds',
      'admin:wrong-password',
      `docker://${server().host}/vendor/skopeo/app`,
    ]);
    expect(outcome.code).not.toBe(0);
    expect(outcome.stderr).toMatch(/unauthorized|authentication required|401/i);
  });
});

describe('podman', () => {
  const storage = () => [
    '--root',
    join(folder, 'podman-root'),
    '--runroot',
    join(folder, 'podman-run'),
    '--storage-driver',
    'vfs',
    '--cgroup-manager=cgroupfs',
  ];

  test('logs in, pushes in both formats, pulls again and logs out', async (context) => {
    const podman = await needTool(context, 'podman');
    const auth = join(folder, 'podman-auth.json');
    const env = { REGISTRY_AUTH_FILE: auth };
    const name = `${server().host}/vendor/podman/app`;
    await mustRun(
      podman,
      [...storage(), 'login', '--tls-verify=false', '-u', 'admin', '-p', ADMIN_PASSWORD, server().host],
      { env },
    );
    await pushImage(server(), 'vendor/podman/app', 'source', image);
    const pull = async (tag: string) =>
      (
        await mustRun(podman, [...storage(), 'pull', '--quiet', '--tls-verify=false', `${name}:${tag}`], { env })
      ).trim();
    const loaded = await pull('source');
    await mustRun(
      podman,
      [...storage(), 'push', '--quiet', '--tls-verify=false', '--format', 'v2s2', loaded, `${name}:docker`],
      { env },
    );
    await mustRun(
      podman,
      [...storage(), 'push', '--quiet', '--tls-verify=false', '--format', 'oci', loaded, `${name}:oci`],
      { env },
    );
    expect((await typeOf('vendor/podman/app', 'docker')).type).toBe(DOCKER_MANIFEST);
    expect((await typeOf('vendor/podman/app', 'oci')).type).toBe(OCI_MANIFEST);
    await mustRun(podman, [...storage(), 'rmi', '--all', '--force'], { env });
    const pulled = await pull('oci');
    expect(pulled).toBe(loaded);
    await mustRun(podman, [...storage(), 'logout', server().host], { env });
    const refused = await runTool(podman, [...storage(), 'pull', '--quiet', '--tls-verify=false', `${name}:docker`], {
      env,
    });
    expect(refused.code).not.toBe(0);
  });
});

describe('crane', () => {
  const env = () => ({ DOCKER_CONFIG: config });
  const login = (crane: string) =>
    mustRun(crane, ['auth', 'login', server().host, '-u', 'admin', '-p', ADMIN_PASSWORD], { env: env() });

  test('pushes, lists, copies with mounts, retags, validates and deletes', async (context) => {
    const crane = await needTool(context, 'crane');
    await login(crane);
    const layout = await writeLayout('crane', image);
    const name = `${server().host}/vendor/crane/app`;
    const run = (...args: string[]) => mustRun(crane, [...args, '--insecure'], { env: env() });
    await run('push', layout, `${name}:v1`);
    expect((await run('digest', `${name}:v1`)).trim()).toBe(image.digest);
    await run('tag', `${name}:v1`, 'stable');
    expect((await run('ls', name)).trim().split('\n').sort()).toEqual(expect.arrayContaining(['stable', 'v1']));
    await run('copy', `${name}:v1`, `${server().host}/vendor/crane/copy:v1`);
    expect((await typeOf('vendor/crane/copy', 'v1')).digest).toBe(image.digest);
    await run('validate', '--remote', `${server().host}/vendor/crane/copy:v1`);
    expect((await run('catalog', server().host)).split('\n')).toEqual(
      expect.arrayContaining(['vendor/crane/app', 'vendor/crane/copy']),
    );
    await run('delete', `${server().host}/vendor/crane/copy@${image.digest}`);
    expect((await registry(server(), 'HEAD', 'vendor/crane/copy/manifests/v1')).status).toBe(404);
  });

  test('puts together an index for two platforms, whose verdict speaks of both', async (context) => {
    const crane = await needTool(context, 'crane');
    await login(crane);
    const run = (...args: string[]) => mustRun(crane, [...args, '--insecure'], { env: env() });
    const name = `${server().host}/vendor/crane/multi`;
    const parts: string[] = [];
    for (const architecture of ['amd64', 'arm64']) {
      const one = makeImage(bookworm([{ name: 'netbase', version: '6.4' }]), {
        note: architecture,
        platform: { os: 'linux', architecture },
      });
      await run('push', await writeLayout(`crane-${architecture}`, one), `${name}:${architecture}`);
      parts.push('-m', `${name}@${one.digest}`);
    }
    await run('index', 'append', ...parts, '-t', `${name}:all`);
    const { type } = await typeOf('vendor/crane/multi', 'all');
    expect(type === OCI_INDEX || type?.includes('manifest.list')).toBe(true);
    const { verdict, platforms } = await settled(server(), 'vendor', 'crane/multi', 'all');
    expect(verdict?.decision).toBe('allow');
    expect(platforms.map((platform) => platform.architecture)).toEqual(['amd64', 'arm64']);
    const arm = JSON.parse(await run('config', '--platform', 'linux/arm64', `${name}:all`)) as { architecture: string };
    expect(arm.architecture).toBe('arm64');
  });
});

describe('oras', () => {
  const env = () => ({ DOCKER_CONFIG: config });
  const common = ['--plain-http', '--username', 'admin', '--password', ADMIN_PASSWORD];

  test('pushes an artifact, attaches others, discovers them and copies the whole graph', async (context) => {
    const oras = await needTool(context, 'oras');
    const run = (...args: string[]) => mustRun(oras, args, { env: env(), cwd: folder });
    await writeFile(join(folder, 'notes.txt'), 'what changed\n');
    await writeFile(join(folder, 'sbom.json'), '{"packages":[]}\n');
    const name = `${server().host}/vendor/oras/artifact`;
    await run(
      'push',
      ...common,
      '--artifact-type',
      'application/vnd.example.notes',
      `${name}:v1`,
      'notes.txt:text/plain',
    );
    await run(
      'attach',
      ...common,
      '--artifact-type',
      'application/vnd.example.sbom',
      `${name}:v1`,
      'sbom.json:application/json',
    );
    const found = JSON.parse(await run('discover', ...common, '--format', 'json', `${name}:v1`)) as {
      referrers?: { artifactType: string; digest: string }[];
      manifests?: { artifactType: string; digest: string }[];
    };
    const referrers = found.referrers ?? found.manifests ?? [];
    expect(referrers.map((one) => one.artifactType)).toEqual(['application/vnd.example.sbom']);
    const out = join(folder, 'oras-out');
    await run('pull', ...common, '-o', out, `${name}:v1`);
    expect(await readFile(join(out, 'notes.txt'), 'utf8')).toBe('what changed\n');
    await run(
      'cp',
      '-r',
      '--from-plain-http',
      '--to-plain-http',
      '--from-username',
      'admin',
      '--from-password',
      ADMIN_PASSWORD,
      '--to-username',
      'admin',
      '--to-password',
      ADMIN_PASSWORD,
      `${name}:v1`,
      `${server().host}/vendor/oras/copy:v1`,
    );
    const { digest } = await typeOf('vendor/oras/copy', 'v1');
    const copied = await registry(server(), 'GET', `vendor/oras/copy/referrers/${digest}`);
    expect(((await copied.json()) as { manifests: { digest: string }[] }).manifests.map((one) => one.digest)).toEqual(
      referrers.map((one) => one.digest),
    );
    expect((await run('repo', 'tags', ...common, name)).trim()).toBe('v1');
    await run('manifest', 'delete', ...common, '--force', `${name}@${referrers[0]?.digest ?? ''}`);
    const after = await registry(server(), 'GET', `vendor/oras/artifact/referrers/${digest}`);
    expect(await after.json()).toMatchObject({ manifests: [] });
  });

  test('an artifact starts no chain', async (context) => {
    const oras = await needTool(context, 'oras');
    await writeFile(join(folder, 'plain.txt'), 'text\n');
    await mustRun(oras, ['push', ...common, `${server().host}/vendor/oras/quiet:v1`, 'plain.txt:text/plain'], {
      env: env(),
      cwd: folder,
    });
    const runs = await server().api('GET', '/api/v1/accounts/vendor/image/runs?repository=oras/quiet&reference=v1');
    expect(runs.json).toEqual([]);
  });
});
