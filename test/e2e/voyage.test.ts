/** The first voyage as `npm start` makes it, and everything a stranger would check afterwards: peers, console, second start. */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAptSources } from '@pratique/compose/archive/read-apt-sources';
import { type ImageScan, ImageStatus } from '@pratique/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { walkConsole } from '../../apps/console/e2e/walk.ts';
import { ADMIN_PASSWORD } from '../support/server.ts';
import { mustRun, needTool, type Outcome, runTool } from '../support/tools.ts';
import { useServer } from '../support/use-server.ts';

const CLI = join(import.meta.dirname, '..', '..', 'apps', 'cli', 'bin', 'pratique.mjs');
const server = useServer({ env: { PRATIQUE_FEEDS: 'off' } });
let folder = '';
let unreachable: string | null = null;
let first: Outcome = { code: -1, stdout: '', stderr: '' };

const pratique = (...args: string[]) =>
  runTool(process.execPath, [CLI, ...args], {
    env: {
      PRATIQUE_URL: server().url,
      PRATIQUE_TOKEN: server().token(),
      PRATIQUE_ADMISSION_PORT: String(server().admissionPort),
      XDG_CONFIG_HOME: folder,
    },
    seconds: 240,
  });
const statusOf = async (name: string) =>
  ImageStatus.parse(JSON.parse((await pratique('status', name, '--json')).stdout));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-voyage-'));
  unreachable = await whyNoArchive();
  if (unreachable === null) first = await pratique('voyage');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function whyNoArchive(): Promise<string | null> {
  const [source] = (await readAptSources('/etc/apt').catch(() => [])).filter((entry) =>
    entry.components.includes('main'),
  );
  if (!source) return 'no Debian archive in this machine’s apt configuration';
  const answer = await fetch(`${source.uri.replace(/\/$/, '')}/dists/bookworm/InRelease`, {
    method: 'HEAD',
    signal: AbortSignal.timeout(5000),
  }).catch(() => null);
  return answer?.ok ? null : 'the Debian archive of this machine’s apt configuration cannot be reached';
}

describe('the first voyage', () => {
  test('refuses the release alone, delivers the patched image and has it admitted', async (context) => {
    if (unreachable) return context.skip(unreachable);
    expect(first.stderr).toBe('');
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(/REFUSED +vendor\/demo:main-only +CVE-/);
    expect(first.stdout).toMatch(/ALLOWED +vendor\/demo:patched/);
    expect(first.stdout).toMatch(/a pod of customer\/demo:patched is admitted, pinned to sha256:/);
    expect(first.stdout).toMatch(/a pod of vendor\/demo:main-only is refused: /);
    const blocked = await statusOf('vendor/demo:main-only');
    expect(blocked.verdict).toMatchObject({ decision: 'deny', state: 'valid' });
    expect(blocked.chain.state).toBe('denied');
    const [sent, received] = [await statusOf('vendor/demo:patched'), await statusOf('customer/demo:patched')];
    expect(received.digest).toBe(sent.digest);
    expect(received.tags).toEqual([{ name: 'patched', immutable: true }]);
    expect(sent.deliveries[0]?.graphHash).toBe(received.deliveries[0]?.graphHash);
    expect(received.verdict?.decision).toBe('allow');
  });

  test('mends the refused image without a hand, and has the mended one delivered and admitted', async (context) => {
    if (unreachable) return context.skip(unreachable);
    expect(first.stdout).toMatch(/vendor\/demo:main-only was repaired without a hand: \d+ packages in one layer/);
    expect(first.stdout).toMatch(/ALLOWED +vendor\/demo:main-only-r1/);
    expect(first.stdout).toMatch(/a pod of customer\/demo:main-only-r1 is admitted, pinned to sha256:/);
    const [original, mended, received] = [
      await statusOf('vendor/demo:main-only'),
      await statusOf('vendor/demo:main-only-r1'),
      await statusOf('customer/demo:main-only-r1'),
    ];
    expect([original.verdict?.decision, mended.verdict?.decision]).toEqual(['deny', 'allow']);
    expect(received.digest).toBe(mended.digest);
    expect(mended.layers.slice(0, -1)).toEqual(original.layers);
    expect(original.repairs).toEqual([expect.objectContaining({ repaired: mended.digest, digest: original.digest })]);
    expect(mended.signatures.map((one) => one.predicateType)).toContain('https://slsa.dev/provenance/v1');
  });

  test('composes nothing anew the second time and tells the same', async (context) => {
    if (unreachable) return context.skip(unreachable);
    const again = await pratique('voyage');
    expect(again.code).toBe(0);
    expect(again.stdout).not.toMatch(/composing/);
    expect(again.stdout).toMatch(/REFUSED +vendor\/demo:main-only[\s\S]*ALLOWED +vendor\/demo:patched/);
  });

  test('leaves an image in which Syft reads the same packages', async (context) => {
    if (unreachable) return context.skip(unreachable);
    const syft = await needTool(context, 'syft');
    expect((await pratique('pull', 'vendor/demo:patched', `oci:${folder}/layout:patched`, '--no-referrers')).code).toBe(
      0,
    );
    const theirs = JSON.parse(
      await mustRun(syft, ['scan', '-q', '-o', 'json', `oci-dir:${folder}/layout`], {
        env: { SYFT_CHECK_FOR_APP_UPDATE: 'false' },
      }),
    ) as { artifacts: { name: string; version: string; type: string }[] };
    const ours = JSON.parse((await pratique('scan', 'vendor/demo:patched', '--json')).stdout) as ImageScan;
    const names = (list: { name: string; version: string; type: string }[]) =>
      list
        .filter((one) => one.type === 'deb')
        .map((one) => `${one.name} ${one.version}`)
        .sort();
    expect(names(ours.packages)).toEqual(names(theirs.artifacts));
    expect(names(ours.packages).length).toBeGreaterThan(80);
  });

  test('leaves signatures that cosign and our own verify accept, and refuse for the blocked image', async (context) => {
    if (unreachable) return context.skip(unreachable);
    const key = join(folder, 'vendor.pub');
    await writeFile(key, (await pratique('key', 'export', 'vendor')).stdout);
    expect((await pratique('verify', 'vendor/demo:patched', '--key', key)).code).toBe(0);
    expect((await pratique('verify', 'customer/demo:patched', '--key', key)).code).toBe(0);
    expect((await pratique('verify', 'vendor/demo:main-only', '--key', key)).code).toBe(1);
    const cosign = await needTool(context, 'cosign');
    const verify = (name: string) =>
      runTool(cosign, [
        'verify',
        '--key',
        key,
        '--insecure-ignore-tlog=true',
        '--allow-http-registry',
        '--registry-username',
        'admin',
        '--registry-password',
        ADMIN_PASSWORD,
        `${server().host}/${name}`,
      ]);
    expect((await verify('vendor/demo:patched')).code).toBe(0);
    expect((await verify('vendor/demo:main-only')).code).not.toBe(0);
  });

  test('shows in a browser: every page in both themes, without a violation of accessibility', {
    timeout: 600_000,
  }, async (context) => {
    if (unreachable) return context.skip(unreachable);
    const executablePath = await needTool(context, 'chromium');
    if (!existsSync(join(import.meta.dirname, '..', '..', 'apps', 'console', 'dist', 'index.html')))
      return context.skip('the console is not built; npm test builds it');
    const screenshotsDir = process.env['PRATIQUE_SCREENSHOTS'] || join(folder, 'screenshots');
    const report = await walkConsole({
      url: server().url,
      user: 'admin',
      password: ADMIN_PASSWORD,
      screenshotsDir,
      executablePath,
      account: 'vendor',
    });
    expect(report.violations).toEqual([]);
    expect(report.consoleErrors).toEqual([]);
    expect((await readdir(screenshotsDir)).length).toBeGreaterThanOrEqual(report.pages);
  });
});
