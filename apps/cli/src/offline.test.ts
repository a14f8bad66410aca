/** What needs no server: composing from Debian's archive, scanning, copying between files; with real bytes. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ComposeError, compose } from '@pratique/compose';
import type { ImageScan, RepairResult } from '@pratique/contract';
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { createHome, type TestHome } from './testing.ts';

let home: TestHome;
let unusable: string | null = null;

beforeAll(async () => {
  home = await createHome();
  const made = await home.run(['compose', 'oci:image:1', '--suite', 'bookworm', '--user', 'nobody', '--json']);
  if (made.code !== 0) unusable = await reasonOf(made.notes);
});
afterAll(() => home.remove());

/** Only an archive that is not at hand is a reason to skip. */
async function reasonOf(notes: string): Promise<string> {
  const deps = { fetch: globalThis.fetch, cacheDir: join(home.dir, 'probe'), now: () => new Date() };
  try {
    await (await compose({ suite: 'bookworm', include: [], security: false }, deps)).close();
  } catch (error) {
    if (error instanceof ComposeError && (error.code === 'archive-unreachable' || error.code === 'sources-invalid'))
      return `the Debian archive of this machine’s apt configuration cannot be used: ${error.message}`;
  }
  throw new Error(notes);
}

const needsImage = (ctx: TestContext) => {
  if (unusable) ctx.skip(unusable);
};
async function scan(subject: string): Promise<ImageScan> {
  const ran = await home.run(['scan', subject, '--json']);
  expect(ran).toMatchObject({ code: 0, notes: '' });
  return JSON.parse(ran.out) as ImageScan;
}
const names = (result: ImageScan) =>
  result.packages.map((one) => `${one.name} ${one.version} ${one.paths.join()}`).sort();

describe('an image from the archive', () => {
  test('has its packages with evidence, and the same ones as a docker archive and back', async (ctx) => {
    needsImage(ctx);
    const first = await scan('oci:image:1');
    expect(first.image).toMatchObject({ reference: 'oci:image:1', distribution: { id: 'debian', version: '12' } });
    expect(first.packages.length).toBeGreaterThan(50);
    expect(first.packages.find((one) => one.name === 'libc6')).toMatchObject({
      type: 'deb',
      purl: expect.stringMatching(/^pkg:deb\/debian\/libc6@/),
      sourceName: 'glibc',
      layer: expect.stringMatching(/^sha256:/),
      paths: expect.arrayContaining(['var/lib/dpkg/status']),
    });
    expect(first.missing).toEqual([]);

    expect(await home.run(['copy', 'oci:image', 'docker-archive:app.tar:team/app:1'])).toMatchObject({
      code: 0,
      notes: '',
    });
    expect(names(await scan('docker-archive:app.tar'))).toEqual(names(first));
    expect((await home.run(['copy', 'docker-archive:app.tar:team/app:1', 'oci:back:1'])).code).toBe(0);
    const back = await scan('oci:back:1');
    expect(names(back)).toEqual(names(first));
    expect(back.findings.map((one) => one.id)).toEqual(first.findings.map((one) => one.id));
  });

  test('a threshold that is met exits with 1 and still shows the result', async (ctx) => {
    needsImage(ctx);
    const { findings } = await scan('oci:image:1');
    const ran = await home.run(['scan', 'oci:image:1', '--fail-on', 'negligible']);
    expect(ran.code).toBe(findings.length > 0 ? 1 : 0);
    expect(ran.out).toContain('Debian GNU/Linux 12');
  });

  test('is compared with another, its holes are explained, stated and written in every form', async (ctx) => {
    needsImage(ctx);
    const { findings, packages } = await scan('oci:image:1');
    const same = JSON.parse((await home.run(['diff', 'oci:image:1', 'oci:image:1', '--json'])).out) as Record<
      string,
      unknown
    >;
    expect(same).toMatchObject({ findings: { new: [], gone: [], left: findings.length }, packages: { changed: [] } });
    for (const [format, mark] of [
      ['sarif', '"version": "2.1.0"'],
      ['cyclonedx', '"bomFormat": "CycloneDX"'],
      ['spdx', '"spdxVersion": "SPDX-2.3"'],
      ['html', '<!doctype html>'],
    ] as const)
      expect(await home.run(['scan', 'oci:image:1', '--offline', '--format', format])).toMatchObject({
        code: 0,
        out: expect.stringContaining(mark),
      });
    await writeFile(
      join(home.dir, 'made.cdx.json'),
      (await home.run(['sbom', 'oci:image:1', '--format', 'cyclonedx'])).out,
    );
    const again = await scan('sbom:made.cdx.json');
    expect(again.packages.length).toBe(packages.length);
    expect(again.findings.map((one) => one.id).sort()).toEqual(findings.map((one) => one.id).sort());
    const first = findings[0];
    if (!first) ctx.skip('the archive’s image has no finding today');
    const explained = await home.run(['explain', 'oci:image:1', first?.id.toLowerCase() ?? '', '--offline']);
    expect(explained.out).toContain(first?.evidence.comparison);
    expect(explained.out).toContain(`priority    ${first?.priority.score}`);
    const decided = [
      '--author',
      'me',
      '--status',
      'not_affected',
      '--justification',
      'component_not_present',
      '--reason',
      'gone',
    ];
    const drafted = await home.run(['vex', 'draft', 'oci:image:1', first?.id ?? '', ...decided]);
    await writeFile(join(home.dir, 'made.openvex.json'), drafted.out);
    const cleared = await home.run(['scan', 'oci:image:1', '--vex', 'made.openvex.json', '--json']);
    expect((JSON.parse(cleared.out) as ImageScan).findings.map((one) => one.id)).not.toContain(first?.id);
    expect(cleared.notes).toMatch(/VEX: \d+ findings have a statement/);
    const shown = await home.run(['vex', 'show', 'made.openvex.json']);
    expect(shown.out).toContain(`${first?.id}  not_affected  component_not_present`);
  });

  test.for([
    ['a registry, offline', ['scan', 'a/b:1', '--offline'], '--offline asks none'],
    ['a format that is none', ['scan', 'oci:image:1', '--format', 'xml'], '--format takes one of table, json'],
    ['two formats', ['scan', 'oci:image:1', '--json', '--format', 'html'], 'name two formats'],
    ['repair of a folder', ['repair', 'dir:.'], 'is no image'],
    ['repair beside a file', ['repair', 'docker-archive:app.tar'], 'say where with --to'],
    ['VEX that is not there', ['scan', 'oci:image:1', '--vex', 'gone.json'], 'no VEX document'],
    [
      'a decision without a reason',
      ['vex', 'draft', 'oci:image:1', '--author', 'me', '--status', 'affected'],
      'needs a --reason',
    ],
    ['a hole that it has not', ['vex', 'draft', 'oci:image:1', 'CVE-1-1', '--author', 'me'], 'has no finding CVE-1-1'],
  ] as const)('%s is refused', async ([, argv, message], ctx) => {
    needsImage(ctx);
    const ran = await home.run([...argv]);
    expect({ code: ran.code, out: ran.out }).toEqual({ code: 2, out: '' });
    expect(ran.notes).toContain(message);
  });

  test('is repaired beside itself, once, and keeps its layers', async (ctx) => {
    needsImage(ctx);
    const repair = async (...args: string[]) => {
      const ran = await home.run(['repair', ...args, '--no-sandbox', '--json']);
      expect(ran.notes).toBe('');
      return JSON.parse(ran.out) as RepairResult & { destination: string | null };
    };
    const planned = await repair('oci:image:1', '--dry-run');
    expect(planned.destination).toBeNull();
    const made = await repair('oci:image:1');
    expect({ ...made, destination: null }).toEqual(planned);
    if (made.to === null) ctx.skip('the archive’s main suite is behind none of its security suite today');
    expect(made.destination).toBe('oci:image:1-r1');
    expect(made.upgraded.length).toBeGreaterThan(0);
    const versions = new Map((await scan('oci:image:1-r1')).packages.map((one) => [one.name, one.version]));
    for (const { name, to } of made.upgraded) expect([name, versions.get(name)]).toEqual([name, to]);
    const found = (await scan('oci:image:1-r1')).findings.map((one) => `${one.id} ${one.package.name}`);
    for (const { id, package: name } of made.gone) expect(found).not.toContain(`${id} ${name}`);
    // The repaired one has nothing left to do.
    expect(await repair('oci:image:1-r1')).toMatchObject({ to: null, destination: null, upgraded: [], layer: null });
    const few = await repair('oci:image:1', '--only-findings', '--to', 'few');
    expect(few.upgraded.length).toBeLessThanOrEqual(made.upgraded.length);
    expect(few.destination).toBe(few.to === null ? null : 'oci:image:few');
  });

  test('a copy has the same digest, and nothing is sent twice', async (ctx) => {
    needsImage(ctx);
    const copies = [];
    for (let round = 0; round < 2; round += 1)
      copies.push(
        JSON.parse((await home.run(['copy', 'oci:image:1', 'oci:twice:1', '--json'])).out) as Record<string, unknown>,
      );
    expect(copies[0]?.['root']).toBe(copies[1]?.['root']);
    expect(copies[1]?.['copiedBlobs']).toBe(0);
  });

  test('an unsigned image is not verified', async (ctx) => {
    needsImage(ctx);
    const { publicKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    await writeFile(join(home.dir, 'key.pub'), publicKey);
    const ran = await home.run(['verify', 'oci:image:1', '--key', 'key.pub']);
    expect(ran).toMatchObject({ code: 1, out: '' });
    expect(ran.notes).toContain('oci:image:1 is not verified');
  });

  test.for([
    ['a tag that is not there', ['scan', 'oci:image:2'], 3, 'it holds 1'],
    ['a folder that is no layout', ['scan', 'oci:cache'], 3, 'is no OCI layout'],
    ['a file that is not there', ['copy', 'docker-archive:gone.tar', 'oci:x:1'], 3, 'gone.tar cannot be read'],
    ['a platform that is not there', ['scan', 'oci:image:1', '--platform'], 2, 'argument missing'],
  ] as const)('%s is told', async ([, argv, code, message], ctx) => {
    needsImage(ctx);
    const ran = await home.run([...argv]);
    expect({ code: ran.code, out: ran.out }).toEqual({ code, out: '' });
    expect(ran.notes).toContain(message);
  });
});

test('the folder of a project is read without an image', async () => {
  await mkdir(join(home.dir, 'project'));
  await writeFile(
    join(home.dir, 'project', 'package-lock.json'),
    JSON.stringify({
      name: 'x',
      lockfileVersion: 3,
      packages: { '': {}, 'node_modules/left-pad': { version: '1.3.0' } },
    }),
  );
  const result = await scan('dir:project');
  expect(result.packages).toMatchObject([
    { name: 'left-pad', version: '1.3.0', type: 'npm', purl: 'pkg:npm/left-pad@1.3.0' },
  ]);
  expect(result.image).toEqual({ reference: 'dir:project', digest: null, distribution: null });
});
