/** Secrets and malware in what is scanned, in every form that a scan is printed in. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { ImageScan } from '@pratique/contract';
import { OCI_CONFIG, OCI_INDEX, OCI_LAYER_GZIP, OCI_MANIFEST } from '@pratique/oci';
import { type FixtureEntry, sha256, tar } from '@pratique/oci/layers/tar-fixture';
import { eicar } from '@pratique/scan/malware/samples.fixture';
import { KINDS } from '@pratique/scan/secrets';
import { seeded } from '@pratique/scan/secrets/random.fixture';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHome, type TestHome } from '../testing.ts';
import { FORMATS } from './formats.ts';

let home: TestHome;
const kind = KINDS.find(({ id }) => id === 'github-personal-access-token');
const [buried, told] = [kind?.sample(seeded(1)).secret ?? '', kind?.sample(seeded(2)).secret ?? ''];
const layers: FixtureEntry[][] = [
  [
    { path: 'root/.git-credentials', content: `https://me:${buried}@github.com\n` },
    { path: 'srv/app/settings', content: `token: ${told}\n` },
    { path: 'srv/upload.gz', content: gzipSync(eicar()) },
  ],
  [{ path: 'root/.wh..git-credentials' }, { path: 'opt/again', content: `GITHUB=${told}\n` }],
];

beforeAll(async () => {
  home = await createHome();
  await writeLayout(join(home.dir, 'image'), { config: { Env: [`TOKEN=${told}`, 'PATH=/usr/bin'] } });
});
afterAll(() => home.remove());

async function writeLayout(dir: string, config: object): Promise<void> {
  const blobs = join(dir, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const put = async (bytes: Buffer, mediaType: string) => {
    const digest = sha256(bytes);
    await writeFile(join(blobs, digest.slice(7)), bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const json = (value: object, mediaType: string) => put(Buffer.from(JSON.stringify(value)), mediaType);
  const plain = layers.map((entries) => tar(...entries));
  const rootfs = { type: 'layers', diff_ids: plain.map(sha256) };
  const manifest = await json(
    {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: await json({ architecture: 'amd64', os: 'linux', rootfs, ...config }, OCI_CONFIG),
      layers: await Promise.all(plain.map((bytes) => put(gzipSync(bytes), OCI_LAYER_GZIP))),
    },
    OCI_MANIFEST,
  );
  const named = { ...manifest, annotations: { 'org.opencontainers.image.ref.name': '1' } };
  await writeFile(
    join(dir, 'index.json'),
    JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [named] }),
  );
  await writeFile(join(dir, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
}

async function scan(...args: string[]): Promise<ImageScan> {
  const ran = await home.run(['scan', ...args, '--json']);
  expect(ran).toMatchObject({ code: 0, notes: '' });
  return JSON.parse(ran.out) as ImageScan;
}

test('secrets are one for each, wherever they lie; what a later layer removes is told apart', async () => {
  const { secrets, malware, unexamined } = await scan('oci:image:1');
  const found = secrets?.filter(({ id }) => id === kind?.id) ?? [];
  expect(found.map(({ state, placeCount }) => ({ state, placeCount }))).toEqual([
    { state: 'reachable', placeCount: 3 },
    { state: 'removed-later', placeCount: 1 },
  ]);
  expect(found[0]?.places.map(({ where, path, line }) => `${where} ${path} ${line}`).sort()).toEqual([
    'environment TOKEN 1',
    'file opt/again 1',
    'file srv/app/settings 1',
  ]);
  expect(found[1]?.places[0]).toMatchObject({
    path: 'root/.git-credentials',
    layer: expect.stringMatching(/^sha256:/),
  });
  expect(malware?.map(({ id, path }) => `${id} ${path}`)).toEqual(['test-eicar srv/upload.gz!/upload']);
  expect(unexamined).toEqual([]);
  // The second time nothing is opened, and the same is told.
  expect((await scan('oci:image:1')).secrets).toEqual(secrets);
});

test('only what is asked for is looked for', async () => {
  const none = await scan('oci:image:1', '--scanners', 'vuln');
  expect(none).toMatchObject({ secrets: null, malware: null, unexamined: null, baseline: null });
  const some = await scan('oci:image:1', '--scanners', 'secret');
  expect(some).toMatchObject({ malware: null, findings: [], uncovered: [] });
  expect(some.secrets).toHaveLength(2);
  const wrong = await home.run(['scan', 'oci:image:1', '--scanners', 'secret,luck']);
  expect(wrong.code).toBe(2);
  expect(wrong.notes).toContain('not "luck"');
});

test('no form that a scan is printed in has a secret in it, nor what is remembered of layers', async () => {
  for (const format of FORMATS) {
    const { code, out } = await home.run(['scan', 'oci:image:1', '--format', format]);
    expect(code).toBe(0);
    for (const secret of [buried, told]) expect(out).not.toContain(secret);
    if (format === 'sarif' || format === 'table' || format === 'html') {
      expect(out).toContain('github-personal-access-token');
      expect(out).toContain('test-eicar');
    }
  }
});

test('checks of the baseline are made, all or those of a profile, and count where they are asked for', async () => {
  const { baseline } = await scan('oci:image:1');
  expect(baseline?.find(({ id }) => id === 'user-is-root')).toMatchObject({ status: 'failed', severity: 'high' });
  const some = await scan('oci:image:1', '--profile', 'minimal');
  expect(some.baseline?.length).toBeGreaterThan(0);
  expect(some.baseline?.every(({ profiles }) => profiles.includes('minimal'))).toBe(true);
  expect(some.baseline?.length).toBeLessThan(baseline?.length ?? 0);
  expect((await home.run(['scan', 'oci:image:1', '--profile', 'best'])).code).toBe(2);
  expect((await home.run(['scan', 'oci:image:1', '--fail-on', 'high', '--scanners', 'baseline'])).code).toBe(1);
});

test('--fail-on counts secrets and malware', async () => {
  expect((await home.run(['scan', 'oci:image:1', '--fail-on', 'high', '--scanners', 'secret'])).code).toBe(1);
  expect((await home.run(['scan', 'oci:image:1', '--fail-on', 'high', '--scanners', 'vuln'])).code).toBe(0);
});

test('secrets are allowed by owner, reason and end; what has ended counts again', async () => {
  const allow = (expires: string) =>
    writeFile(
      join(home.dir, 'allow.yaml'),
      `secrets:\n  - kind: github-personal-access-token\n    owner: ann\n    reason: made up\n    expires: ${expires}\n`,
    );
  const args = ['scan', 'oci:image:1', '--scanners', 'secret', '--fail-on', 'high', '--ignore-file', 'allow.yaml'];
  await allow('2100-01-01');
  expect(await home.run(args)).toMatchObject({ code: 0, notes: '2 secrets are allowed, as the ignore file says.\n' });
  await allow('2020-01-01');
  expect(await home.run(args)).toMatchObject({ code: 1, notes: expect.stringContaining('ended on 2020-01-01') });
  await writeFile(join(home.dir, 'allow.yaml'), 'secrets:\n  - kind: x\n    owner: ann\n    expires: 2100-01-01\n');
  expect(await home.run(args)).toMatchObject({ code: 2, notes: expect.stringContaining('secrets.0.reason') });
});

test('rules of other tools and lists of digests count beside ours', async () => {
  const rules = `[extend]\nuseDefault = true\ndisabledRules = ["github-pat"]\n[[rules]]\nid = "whole-token"\nregex = '''token: (\\S+)'''\nkeywords = ["token"]\n[[rules]]\nid = "ahead"\nregex = '''(?=x)y'''\n`;
  await writeFile(join(home.dir, 'rules.toml'), rules);
  const ran = await home.run(['scan', 'oci:image:1', '--scanners', 'secret', '--secret-rules', 'rules.toml', '--json']);
  expect(ran.notes).toMatch(/rules.toml: ahead: .* is not carried over: /);
  const found = (JSON.parse(ran.out) as ImageScan).secrets?.map(({ id }) => id);
  expect(found).toContain('whole-token');
  expect(found).not.toContain(kind?.id);

  const settings = `token: ${told}\n`;
  await writeFile(join(home.dir, 'bad.txt'), `${sha256(Buffer.from(settings)).slice(7)}  a bad file\n`);
  const { malware } = await scan('oci:image:1', '--scanners', 'malware', '--malware-hashes', 'bad.txt');
  expect(malware?.find(({ path }) => path === 'srv/app/settings')).toMatchObject({ source: 'bad' });

  for (const [option, value, code] of [
    ['--secret-rules', 'rules.json', 2],
    ['--malware-hashes', 'nowhere.txt', 2],
    ['--clamd', 'somewhere', 2],
    ['--clamd', 'unix:/nowhere', 3],
  ] as const)
    expect([value, (await home.run(['scan', 'oci:image:1', option, value])).code]).toEqual([value, code]);
});

test('a folder is looked into likewise', async () => {
  await mkdir(join(home.dir, 'folder'));
  await writeFile(join(home.dir, 'folder', 'notes.txt'), `use ${told}\n`);
  await writeFile(join(home.dir, 'folder', 'eicar.com'), eicar());
  const { secrets, malware } = await scan('dir:folder');
  expect(secrets?.map(({ places }) => places[0]?.path)).toEqual(['notes.txt']);
  expect(malware?.map(({ path }) => path)).toEqual(['eicar.com']);
  // The same secret is known again in another subject.
  const inImage = (await scan('oci:image:1')).secrets?.map(({ fingerprint }) => fingerprint);
  expect(inImage).toContain(secrets?.[0]?.fingerprint);
  await rm(join(home.dir, 'folder'), { recursive: true });
});
