import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAptSources } from './archive/read-apt-sources.ts';
import { type ComposedImage, compose } from './compose.ts';
import { ComposeError } from './error.ts';

const run = promisify(execFile);
const cacheDir = join(tmpdir(), 'pratique-compose-test-cache');
let folder = '';

/** Why a real archive cannot be used here, or null. */
async function unusable(): Promise<string | null> {
  const sources = await readAptSources('/etc/apt').catch(() => []);
  const [source] = sources.filter((entry) => entry.components.includes('main'));
  if (!source) return 'no Debian archive in this machine’s apt configuration';
  const answer = await fetch(`${source.uri.replace(/\/$/, '')}/dists/bookworm/InRelease`, {
    method: 'HEAD',
    signal: AbortSignal.timeout(5000),
  }).catch(() => null);
  return answer?.ok
    ? null
    : 'the Debian archive of this machine’s apt configuration cannot be reached or has no bookworm';
}

async function missing(...tools: string[]): Promise<string | null> {
  for (const tool of tools) {
    const found = await run('sh', ['-c', `command -v ${tool}`], {
      env: { PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
    }).catch(() => null);
    if (!found) return `${tool} is not installed`;
  }
  return process.getuid?.() === 0 ? null : 'unpacking with owners needs root';
}

async function unpack(image: ComposedImage, into: string): Promise<void> {
  await mkdir(into, { recursive: true });
  const manifest = JSON.parse(image.manifest.bytes.toString()) as {
    layers: { digest: string; size: number; mediaType: string }[];
  };
  for (const layer of manifest.layers) {
    await pipeline(await image.source.blob(layer), createWriteStream(`${into}.tgz`));
    await run('tar', ['-xzpf', `${into}.tgz`, '-C', into, '--numeric-owner']);
  }
}

const minbase = (include: string[] = []) =>
  compose({ suite: 'bookworm', include, security: false }, { fetch, cacheDir, now: () => new Date() });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-compose-real-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('Debian’s archive', () => {
  test('makes one digest of bookworm’s base, twice', async (context) => {
    const why = await unusable();
    if (why) return context.skip(why);
    const first = await minbase();
    const second = await minbase();
    expect(second.manifest.digest).toBe(first.manifest.digest);
    expect(first.scripts.filter((script) => script.status === 'not-covered')).toEqual([]);
    await first.close();
    await second.close();
  }, 240_000);

  test('makes an image that dpkg finds whole, with the linker’s own cache', async (context) => {
    const why = (await unusable()) ?? (await missing('dpkg', 'ldconfig', 'chroot'));
    if (why) return context.skip(why);
    const image = await minbase(['openssl', 'ca-certificates']);
    const root = join(folder, 'base');
    await unpack(image, root);
    expect((await run('dpkg', [`--root=${root}`, '--audit'])).stdout).toBe('');
    expect((await run('dpkg', [`--root=${root}`, '--verify'])).stdout).toBe('');
    const libraries = async (cache: string) =>
      (await run('/sbin/ldconfig', ['-p', '-C', cache])).stdout.split('\n').filter((line) => line.startsWith('\t'));
    const ours = await libraries(join(root, 'etc/ld.so.cache'));
    await run('/sbin/ldconfig', ['-r', root, '-X', '-C', '/etc/ld.so.cache.real']);
    expect(ours).toEqual(await libraries(join(root, 'etc/ld.so.cache.real')));
    const hashed = await run('chroot', [
      root,
      'openssl',
      'verify',
      '-CApath',
      '/etc/ssl/certs',
      '-no-CAfile',
      '/etc/ssl/certs/ISRG_Root_X1.pem',
    ]);
    expect(hashed.stdout).toContain('OK');
    await image.close();
  }, 240_000);

  test('makes an image that runs under runc', async (context) => {
    const why = (await unusable()) ?? (await missing('runc'));
    if (why) return context.skip(why);
    const image = await minbase(['python3']);
    const bundle = join(folder, 'bundle');
    await unpack(image, join(bundle, 'rootfs'));
    await run('runc', ['spec'], { cwd: bundle, env: { PATH: `${process.env['PATH']}:/usr/sbin` } });
    const spec = JSON.parse(await readFile(join(bundle, 'config.json'), 'utf8')) as {
      process: { terminal: boolean; args: string[] };
    };
    spec.process.terminal = false;
    spec.process.args = ['python3', '-c', 'import ssl, os, pwd; print(pwd.getpwuid(0).pw_name, ssl.OPENSSL_VERSION)'];
    await writeFile(join(bundle, 'config.json'), JSON.stringify(spec));
    const result = await run('runc', ['run', `pratique-test-${process.pid}`], {
      cwd: bundle,
      env: { PATH: `${process.env['PATH']}:/usr/sbin` },
    });
    expect(result.stdout).toMatch(/^root OpenSSL 3/);
    await image.close();
  }, 240_000);

  test('takes newer packages from security and updates when asked to', async (context) => {
    const why = await unusable();
    if (why) return context.skip(why);
    const request = { suite: 'bookworm', include: ['openssl'], updates: true, security: true };
    const patched = await compose(request, { fetch, cacheDir, now: () => new Date() }).catch((error: unknown) => {
      // A mirror that is frozen is past its Valid-Until; that it is refused is what should happen.
      if (error instanceof ComposeError && error.code === 'release-expired') return error.message;
      throw error;
    });
    if (typeof patched === 'string') return context.skip(patched);
    const plain = await minbase(['openssl']);
    const version = (image: ComposedImage) =>
      image.packages.map(({ name, version: text }) => `${name} ${text}`).join('\n');
    expect(version(patched)).not.toBe(version(plain));
    expect(
      patched.provenance.predicate.buildDefinition.resolvedDependencies.slice(0, 3).map((entry) => entry.name),
    ).toEqual(['InRelease of bookworm', 'InRelease of bookworm-updates', 'InRelease of bookworm-security']);
    await patched.close();
    await plain.close();
  }, 240_000);
});
