/** Hostile and broken input: refused or denied in a clear sentence, and everything else goes on as before. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { OCI_LAYER_GZIP, OCI_MANIFEST } from '../../packages/oci/src/index.ts';
import { type FixtureEntry, sha256, tar, tarEntry } from '../../packages/oci/src/layers/tar-fixture.ts';
import { eventually, settled } from '../support/chain.ts';
import { bookworm, HARMLESS, imageOf, makeImage, pushBlob, pushImage, registry } from '../support/image.ts';
import { authorization, findPolicyEngine } from '../support/server.ts';
import { useServer } from '../support/use-server.ts';

const server = useServer({ env: { PRATIQUE_SCAN_TIMEOUT_S: '20', PRATIQUE_SCAN_MEMORY_MB: '512' } });
const healthy = makeImage(bookworm([HARMLESS]), { note: 'healthy' });
let pids: Record<string, number>;

const roles = () =>
  Object.fromEntries(
    server()
      .processes()
      .filter((one) => ['supervisor', 'api', 'worker', 'signer', 'admission'].includes(one.part))
      .map((one) => [one.part, one.pid]),
  );

beforeAll(async () => {
  await pushImage(server(), 'vendor/healthy', 'v1', healthy);
  await settled(server(), 'vendor', 'healthy', 'v1');
  pids = roles();
});

afterEach(async () => {
  // Nothing that was sent has ended a process or touched what was there.
  expect(roles()).toEqual(pids);
  for (const path of [`manifests/${healthy.digest}`, ...healthy.blobs.map((blob) => `blobs/${blob.digest}`)]) {
    const answer = await registry(server(), 'GET', `vendor/healthy/${path}`);
    expect(sha256(Buffer.from(await answer.arrayBuffer()))).toBe(path.slice(path.indexOf('/') + 1));
  }
});

describe('manifests', () => {
  const put = async (body: Buffer, type = OCI_MANIFEST) => {
    const answer = await registry(server(), 'PUT', 'vendor/bad/manifests/v1', {
      body,
      headers: { 'content-type': type },
    });
    return { status: answer.status, text: await answer.text() };
  };
  const config = Buffer.from('{"rootfs":{"type":"layers","diff_ids":[]}}');
  const descriptor = (bytes: Buffer, mediaType: string) => ({ mediaType, digest: sha256(bytes), size: bytes.length });
  const manifest = (layers: unknown[], more: object = {}) =>
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: OCI_MANIFEST,
        config: descriptor(config, 'application/vnd.oci.image.config.v1+json'),
        layers,
        ...more,
      }),
    );

  test.each([
    ['of more than 4 MiB', () => manifest([], { annotations: { x: 'x'.repeat(5 * 1024 * 1024) } }), [400, 413]],
    [
      'of ten thousand layers',
      () => manifest(Array.from({ length: 10_000 }, () => descriptor(config, OCI_LAYER_GZIP))),
      [400],
    ],
    ['that is no JSON', () => Buffer.from('{"schemaVersion":2,'), [400]],
    ['that is not UTF-8', () => Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), [400]],
    ['that is a list', () => Buffer.from('[]'), [400]],
    ['that is an index and an image at once', () => manifest([], { manifests: [] }), [400]],
    ['with a size below zero', () => manifest([{ ...descriptor(config, OCI_LAYER_GZIP), size: -1 }]), [400]],
    ['with a size that is not the blob’s', () => manifest([{ ...descriptor(config, OCI_LAYER_GZIP), size: 7 }]), [400]],
    [
      'with a digest of another algorithm',
      () => manifest([{ ...descriptor(config, OCI_LAYER_GZIP), digest: 'md5:00' }]),
      [400],
    ],
    ['nested a hundred thousand deep', () => Buffer.from(`${'['.repeat(100_000)}${']'.repeat(100_000)}`), [400]],
    [
      'of schema 1',
      () => Buffer.from('{"schemaVersion":1,"name":"x","tag":"y","fsLayers":[],"history":[]}'),
      [400, 415],
    ],
    ['whose blob is not there', () => manifest([descriptor(randomBytes(9), OCI_LAYER_GZIP)]), [400]],
  ])('%s are refused, and say why', async (_, body, statuses) => {
    await pushBlob(server(), 'vendor/bad', config);
    const { status, text } = await put(body());
    expect(statuses).toContain(status);
    expect((JSON.parse(text) as { errors: { message: string }[] }).errors[0]?.message).toMatch(/\w+ \w+/);
    expect((await registry(server(), 'HEAD', 'vendor/bad/manifests/v1')).status).toBe(404);
  });
});

test('an upload that breaks off leaves a session to go on with, and no blob', async () => {
  const bytes = randomBytes(500_000);
  const opened = await registry(server(), 'POST', 'vendor/broken/blobs/uploads/');
  const location = opened.headers.get('location') ?? '';
  await new Promise<void>((resolve) => {
    const sent = httpRequest(new URL(location, server().url), {
      method: 'PATCH',
      headers: {
        ...authorization(server().token()),
        'content-length': bytes.length,
        'content-type': 'application/octet-stream',
      },
    });
    sent.on('error', () => resolve());
    sent.write(bytes.subarray(0, 200_000), () => setTimeout(() => sent.destroy(), 200));
    sent.on('close', () => resolve());
  });
  expect((await registry(server(), 'HEAD', `vendor/broken/blobs/${sha256(bytes)}`)).status).toBe(404);
  const from = await eventually('the session', async () => {
    const status = await registry(server(), 'GET', location);
    const match = /^0-(\d+)$/.exec(status.headers.get('range') ?? '');
    return match && Number(match[1]) > 0 ? Number(match[1]) + 1 : null;
  });
  const rest = await registry(server(), 'PUT', `${location}?digest=${sha256(bytes)}`, {
    body: bytes.subarray(from),
    headers: { 'content-range': `${from}-${bytes.length - 1}` },
  });
  expect(rest.status).toBe(201);
});

describe('layers', () => {
  const packed = (plain: Buffer) => ({
    bytes: gzipSync(plain, { level: 9 }),
    mediaType: OCI_LAYER_GZIP,
    diffId: sha256(plain),
  });
  const withBase = (...entries: (FixtureEntry | Buffer)[]) =>
    makeImage([...bookworm([HARMLESS]), ...entries], { note: randomBytes(4).toString('hex') });

  /** A gigabyte of zeroes in a megabyte. */
  const bomb = () => {
    const one = gzipSync(Buffer.alloc(64 * 1024 * 1024), { level: 9 });
    const bytes = Buffer.concat(Array.from({ length: 16 }, () => one));
    return imageOf([{ bytes, mediaType: OCI_LAYER_GZIP, diffId: `sha256:${'0'.repeat(64)}` }]);
  };

  test.each([
    ['a gzip bomb', bomb, 'failed'],
    [
      'bytes that are no gzip',
      () => imageOf([{ bytes: randomBytes(5000), mediaType: OCI_LAYER_GZIP, diffId: `sha256:${'0'.repeat(64)}` }]),
      'failed',
    ],
    ['an archive cut in the middle', () => imageOf([packed(tar(...bookworm([HARMLESS])).subarray(0, 2000))]), 'failed'],
    [
      'gzip cut in the middle',
      () => {
        const whole = packed(tar(...bookworm([HARMLESS]), { path: 'noise', content: randomBytes(50_000) }));
        return imageOf([{ ...whole, bytes: whole.bytes.subarray(0, 20_000) }]);
      },
      'failed',
    ],
    [
      'a diff id that is not the layer’s',
      () => imageOf([{ ...packed(tar(...bookworm([HARMLESS]))), diffId: sha256(Buffer.from('other')) }]),
      'failed',
    ],
    [
      'a size field that goes beyond the end',
      () => withBase({ path: 'big', content: 'x', size: 8 ** 11 - 1 }),
      'failed',
    ],
  ] as const)('that are %s fail the run with a sentence', async (_, make, state) => {
    const image = make();
    const tag = `t${image.digest.slice(7, 15)}`;
    await pushImage(server(), 'vendor/layers', tag, image);
    const { chain, verdict } = await settled(server(), 'vendor', 'layers', tag);
    const step = chain.run?.steps.find((one) => one.state === 'failed');
    expect([chain.state, step?.kind, step?.attempts]).toEqual([state, 'inventory', 1]);
    expect(step?.error).toMatch(/cannot be read: \w+/);
    expect(verdict).toBeNull();
  });

  test.each([
    [
      'names that climb out',
      () => withBase({ path: '../../../../etc/shadow', content: 'x' }, { path: '/../x', content: 'y' }),
    ],
    [
      'links that go in circles',
      () => withBase({ path: 'a', link: 'b' }, { path: 'b', link: 'a' }, { path: 'loop', link: 'loop/loop' }),
    ],
    [
      'a dpkg database behind a link out of the image',
      () =>
        makeImage([...bookworm([]).slice(0, 5), { path: 'var/' }, { path: 'var/lib', link: '../../../../var/lib' }], {
          note: 'out',
        }),
    ],
    [
      'ten thousand entries of one name',
      () => withBase(...Array.from({ length: 10_000 }, () => ({ path: 'same', content: '' }))),
    ],
    ['devices and pipes', () => withBase({ path: 'dev/sda', flag: '4' }, { path: 'pipe', flag: '6' })],
    ['a hard link to nothing', () => withBase(tarEntry({ path: 'hard', flag: '1', link: 'nowhere' }))],
  ])('with %s end in a verdict or a sentence, never in silence', async (_, make) => {
    const image = make();
    const tag = `t${image.digest.slice(7, 15)}`;
    await pushImage(server(), 'vendor/layers', tag, image);
    const { chain, verdict, inventory } = await settled(server(), 'vendor', 'layers', tag);
    expect(['succeeded', 'denied', 'failed']).toContain(chain.state);
    if (chain.state === 'failed')
      expect(chain.run?.steps.find((step) => step.state === 'failed')?.error).toMatch(/\w+ \w+/);
    if (chain.state === 'denied') expect(verdict?.reasons.some((reason) => reason.action === 'deny')).toBe(true);
    // Whatever was accepted has been seen: the machine's own packages are never taken for the image's.
    if (chain.state === 'succeeded') expect(inventory?.packages).toBe(1);
  });

  test.each([
    [
      'cut in the middle of a package',
      'Package: netbase\nStatus: install ok installed\nVersion: 6.4\nArchitecture: all\n\nPackage: libssl3\nStatus: install ok inst',
    ],
    ['that is binary', randomBytes(4000).toString('latin1')],
    ['that is empty', ''],
  ])('a dpkg database %s is never taken for a clean image', async (_, content) => {
    const files = bookworm([]).map((entry) => (entry.path === 'var/lib/dpkg/status' ? { ...entry, content } : entry));
    const image = makeImage(files, { note: content.slice(0, 10) });
    const tag = `t${image.digest.slice(7, 15)}`;
    await pushImage(server(), 'vendor/dpkg', tag, image);
    const { chain, verdict } = await settled(server(), 'vendor', 'dpkg', tag);
    expect(['denied', 'failed']).toContain(chain.state);
    if (chain.state === 'denied')
      expect(verdict?.reasons.find((reason) => reason.action === 'deny')?.message).toMatch(
        /was not examined|incomplete/,
      );
  });
});

describe('policies', () => {
  const template = (rego: string) => `apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: odd}
spec:
  crd: {spec: {names: {kind: Odd}}}
  targets:
    - target: image.pratique.dev
      code:
        - engine: Rego
          source:
            version: v1
            rego: |
${rego.replaceAll(/^/gm, '              ')}
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: Odd
metadata: {name: odd}
spec: {enforcementAction: deny}
`;
  /** What the gate has made of an image of the customer: a decision, or the error of its first attempt. */
  const gateOf = (repository: string) =>
    eventually('the gate', async () => {
      const answer = await server().api('GET', `/api/v1/accounts/customer/image?repository=${repository}&reference=v1`);
      const image = answer.json as {
        verdict: { decision: string } | null;
        chain: { run: { steps: { kind: string; error: string | null }[] } | null };
      };
      const error = image.chain.run?.steps.find((step) => step.kind === 'gate')?.error ?? null;
      return image.verdict || error !== null ? { decision: image.verdict?.decision ?? null, error } : null;
    });
  const put = (yaml: string) => server().api('PUT', '/api/v1/accounts/customer/policy', { yaml });

  test.each([
    ['that is no YAML', 'a: [b', /YAML/],
    [
      'with aliases that grow without end',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from('bcdefghij', (name, index) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefghi'[index]}`).join()}]`).join('\n')}`,
      /alias|document|policy/i,
    ],
    [
      'that does not compile',
      template('package odd\nviolation contains {"msg": msg} if { msg := nothing }'),
      /does not compile.*nothing/,
    ],
  ])('%s are refused with a sentence', async (_, yaml, says) => {
    const answer = await put(yaml);
    expect([answer.status, answer.text]).toEqual([400, expect.stringMatching(says)]);
  });

  test('one that asks for the network reaches nothing', async () => {
    let asked = 0;
    const listener = createServer(() => asked++).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as { port: number };
    const spying = `package odd\nviolation contains {"msg": "x"} if { http.send({"method": "get", "url": "http://127.0.0.1:${port}"}).status_code == 200 }`;
    try {
      expect((await put(template(spying))).status).toBe(200);
      await pushImage(server(), 'customer/spy', 'v1', makeImage(bookworm([HARMLESS]), { note: 'spy' }));
      await gateOf('spy');
      expect(asked).toBe(0);
    } finally {
      listener.close();
    }
  });

  test('one that never ends denies or fails its own image, and no other account’s', async () => {
    const loop =
      'package odd\nviolation contains {"msg": "x"} if { some i in numbers.range(1, 100000); some j in numbers.range(1, 100000); i * j == -1 }';
    const taken = await put(template(loop));
    expect([taken.status, taken.text]).toEqual([200, expect.any(String)]);
    await pushImage(server(), 'customer/loop', 'v1', makeImage(bookworm([HARMLESS]), { note: 'loop' }));
    const other = makeImage(bookworm([HARMLESS]), { note: 'beside the loop' });
    await pushImage(server(), 'vendor/beside', 'v1', other);
    expect((await settled(server(), 'vendor', 'beside', 'v1')).verdict?.decision).toBe('allow');
    const seen = await gateOf('loop');
    expect(seen.decision).not.toBe('allow');
  });
});

describe('starting', () => {
  let child: ChildProcess | null = null;
  afterEach(() => {
    child?.kill('SIGKILL');
  });

  /** Starts another server until it ends. @returns its exit code and what it said */
  async function attempt(env: NodeJS.ProcessEnv, args: string[] = []): Promise<{ code: number | null; said: string }> {
    const main = new URL('../../apps/server/src/main.ts', import.meta.url).pathname;
    const engine = await findPolicyEngine();
    const started = spawn(process.execPath, [main, ...args], {
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        PRATIQUE_POLICY_ENGINE: engine ?? '',
        PRATIQUE_FEEDS: 'off',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    let said = '';
    for (const stream of [started.stdout, started.stderr])
      stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [code] = (await once(started, 'exit')) as [number | null];
    return { code, said };
  }

  test('a second time on one data folder is refused in words', async () => {
    const { code, said } = await attempt({
      PRATIQUE_DATA: server().dataDir,
      PRATIQUE_PORT: '0',
      PRATIQUE_ADMISSION_PORT: '0',
    });
    expect([code, said]).toEqual([
      1,
      expect.stringMatching(/another instance \(process \d+\) uses .*set PRATIQUE_DATA/),
    ]);
  });

  test.each([
    ['PRATIQUE_PORT', 'PRATIQUE_ADMISSION_PORT'],
    ['PRATIQUE_ADMISSION_PORT', 'PRATIQUE_PORT'],
  ])('on a port in use is refused, naming %s', async (taken, other) => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    const data = `${server().dataDir}-${taken.toLowerCase()}`;
    try {
      const { code, said } = await attempt({ PRATIQUE_DATA: data, [taken]: String(port), [other]: '0' });
      expect([code, said]).toEqual([
        1,
        expect.stringContaining(`port ${port} on 127.0.0.1 is in use; free it or set ${taken}`),
      ]);
    } finally {
      holder.close();
      const { rm } = await import('node:fs/promises');
      await rm(data, { recursive: true, force: true });
    }
  });

  test.each([
    ['PRATIQUE_PORT', { PRATIQUE_PORT: 'eighty' }],
    ['PRATIQUE_ADMISSION_PORT', { PRATIQUE_ADMISSION_PORT: '70000' }],
    ['PRATIQUE_PUBLIC_URL', { PRATIQUE_PUBLIC_URL: 'ftp://registry.example' }],
    ['PRATIQUE_ADMIN_PASSWORD', { PRATIQUE_ADMIN_PASSWORD: 'short' }],
    ['PRATIQUE_MASTER_KEY', { PRATIQUE_MASTER_KEY: 'not hex' }],
    ['PRATIQUE_LOG_LEVEL', { PRATIQUE_LOG_LEVEL: 'loud' }],
    ['PRATIQUE_SCAN_MEMORY_MB', { PRATIQUE_SCAN_MEMORY_MB: '1' }],
    ['PRATIQUE_VERDICT_DAYS', { PRATIQUE_VERDICT_DAYS: '0' }],
    ['PRATIQUE_TLS_KEY', { PRATIQUE_TLS_CERT: '/tmp/cert.pem' }],
    ['PRATIQUE_HOST', { PRATIQUE_HOST: '0.0.0.0' }],
    ['DATABASE_URL', { DATABASE_URL: 'mysql://x' }],
  ])('with a wrong %s is refused in one sentence that names it', async (key, env) => {
    const { code, said } = await attempt(env);
    expect([code, said.trim().split('\n').length]).toEqual([2, 1]);
    expect(said).toContain(key);
  });

  test('with a role that does not exist is refused', async () => {
    const { code, said } = await attempt({}, ['--roles', 'api,captain']);
    expect([code, said]).toEqual([2, expect.stringContaining('there is no role captain')]);
  });
});
