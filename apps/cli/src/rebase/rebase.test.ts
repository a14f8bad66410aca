/** Rebasing from the command line: what the image says of its base, where the result goes, what is refused. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Image, type Over, Scenario } from '@pratique/compose/fixture/repair-scenario';
import { BaseAdvice, RebaseReport } from '@pratique/contract';
import { copyGraph, createLayout, openLayout } from '@pratique/oci';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHome, type TestHome } from '../testing.ts';
import { registryReference } from './old-base.ts';

let home: TestHome;
let scenario: Scenario;
let oldBase: Image;
let application: Image;

beforeAll(async () => {
  home = await createHome();
  scenario = await Scenario.make([{ name: 'tool', version: '1.0' }], []);
  const base = await scenario.image(['tool']);
  const status = await scenario.tree(base);
  const newer = (status.readText('/var/lib/dpkg/status') ?? '').replaceAll('Version: 1.0', 'Version: 2.0');
  oldBase = await scenario.over(base, { '/etc/base-release': '1' });
  application = await scenario.over(oldBase, { '/app/run': 'mine' });
  await mkdir(join(home.dir, 'images'));
  const hole = { releases: { 99: { status: 'resolved', fixed_version: '2.0' } } };
  await writeFile(join(home.dir, 'tracker.json'), JSON.stringify({ tool: { 'CVE-2026-0001': hole } }));
  const imported = await home.run(['advisories', 'import', 'tracker.json', '--source', 'debian', '--db', 'db']);
  expect(imported).toMatchObject({ code: 0 });
  await put(oldBase, 'old');
  await put(await scenario.over(base, { '/etc/base-release': '2', '/var/lib/dpkg/status': newer }), 'new');
  await put(application, 'app');
  await put(await scenario.over(oldBase, { '/etc/base-release': 'mine' } satisfies Record<string, Over>), 'bold');
});
afterAll(async () => {
  await scenario.close();
  await home.remove();
});

async function put({ source, manifest }: Image, tag: string): Promise<void> {
  await copyGraph(source, await createLayout(join(home.dir, 'images')), manifest.digest, { tag, referrers: false });
}

const rebase = async (...args: string[]) => {
  const ran = await home.run(['rebase', ...args, '--db', 'db', '--json']);
  return { ...ran, report: ran.out === '' ? null : RebaseReport.parse(JSON.parse(ran.out)) };
};

test('an image is put on the new base beside itself, and the next time on a newer one by what it says itself', async () => {
  const planned = await rebase(
    'oci:images:app',
    '--old-base',
    'oci:images:old',
    '--base',
    'oci:images:new',
    '--dry-run',
  );
  expect(planned).toMatchObject({ code: 0, report: { destination: null } });
  const made = await rebase('oci:images:app', '--old-base', 'oci:images:old', '--base', 'oci:images:new');
  expect(made).toMatchObject({ code: 0, report: { destination: 'oci:images:app-r1', to: planned.report?.to } });
  const layout = await openLayout(join(home.dir, 'images'));
  const { bytes, digest } = await layout.manifest('app-r1');
  expect(digest).toBe(made.report?.to);
  const { annotations } = JSON.parse(bytes.toString()) as { annotations: Record<string, string> };
  expect(annotations['org.opencontainers.image.base.digest']).toBe((await layout.manifest('new')).digest);
  // The annotation leads to its base, in the same folder.
  const again = await rebase('oci:images:app-r1', '--base', 'oci:images:new');
  expect(again).toMatchObject({ code: 0, report: { to: null, images: [{ conflicts: [] }] } });
  const back = await rebase('oci:images:app-r1', '--base', 'oci:images:old', '--to', 'back');
  expect(back).toMatchObject({ code: 0, report: { destination: 'oci:images:back' } });
  const text = await home.run([
    'rebase',
    'oci:images:app',
    '--old-base',
    'oci:images:old',
    '--base',
    'oci:images:new',
    '--dry-run',
  ]);
  expect(text.out).toContain('1 layers of the application on 2 of the new base, in place of 2');
});

test('where the image says nothing, its base is the tag beside the new one that it begins with', async () => {
  const made = await rebase('oci:images:app', '--base', 'oci:images:new', '--dry-run');
  expect(made).toMatchObject({ code: 0, report: { images: [{ oldBase: oldBase.manifest.digest, conflicts: [] }] } });
});

test('what would not fit is named, and nothing is written', async () => {
  const ran = await rebase('oci:images:bold', '--old-base', 'oci:images:old', '--base', 'oci:images:new');
  expect(ran).toMatchObject({ code: 1, report: { to: null, destination: null } });
  expect(ran.report?.images[0]?.conflicts).toMatchObject([{ kind: 'file', path: '/etc/base-release' }]);
  const text = await home.run([
    'rebase',
    'oci:images:bold',
    '--old-base',
    'oci:images:old',
    '--base',
    'oci:images:new',
  ]);
  expect(text.out).toContain('file /etc/base-release: the application replaces');
});

test.for([
  ['no base', ['oci:images:app'], "required option '--base"],
  ['a folder', ['dir:.', '--base', 'oci:images:new'], 'is no image'],
  ['an image whose base nobody knows', ['oci:images:old', '--base', 'oci:images:new'], 'say it with --old-base'],
] as const)('%s is refused', async ([, argv, message]) => {
  const ran = await home.run(['rebase', ...argv]);
  expect(ran).toMatchObject({ code: 2, out: '' });
  expect(ran.notes).toContain(message);
});

test('base advice tells what the base brings, which tag would clear it, and scans of the image tell it in a line', async () => {
  const asked = ['base-advice', 'oci:images:app', '--db', 'db', '--candidate', 'oci:images:new'];
  const { code, out } = await home.run([...asked, '--base', 'oci:images:old', '--json']);
  expect(code).toBe(0);
  const advice = BaseAdvice.parse(JSON.parse(out));
  expect(advice).toMatchObject({
    base: { reference: 'oci:images:old', digest: oldBase.manifest.digest, layers: 2, known: 'given' },
    findings: { total: 1, fromBase: { unknown: 1 }, fromApplication: { unknown: 0 } },
    candidates: [{ reference: 'oci:images:new', clears: 1, adds: 0, remaining: { unknown: 0 } }],
    unknown: [],
  });
  const line = 'base oci:images:old; oci:images:new would clear 1 of 1 findings, 0 would remain';
  expect((await home.run([...asked, '--base', 'oci:images:old'])).out).toContain(line);
  expect((await home.run(['scan', 'oci:images:app', '--db', 'db', '--scanners', 'vuln'])).out).toContain(line);
  expect((await home.run(asked)).notes).toContain('name it with --base');
});

test.for([
  ['debian:12-slim', 'docker.io/debian:12-slim'],
  ['docker.io/library/debian:12', 'docker.io/library/debian:12'],
  ['registry.example:5000/team/base', 'registry.example:5000/team/base'],
  ['oci:secrets', 'docker.io/oci:secrets'],
  ['oci:/etc:1', null],
  ['docker-archive:/etc/passwd', null],
  ['dir:..', null],
  ['a b', null],
] as const)('an image that says it was built on %s leads to %s', ([said, expected]) => {
  expect(registryReference(said)).toBe(expected);
});
