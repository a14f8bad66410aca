/** What the distribution offers now, from the import of its index to what a scan and an explanation say of it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ImageScan } from '@pratique/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHome, type TestHome } from '../testing.ts';

let home: TestHome;
const put = async (path: string, text: string) => {
  const file = join(home.dir, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
};
const stanza = (name: string, version: string, more = '') =>
  `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\n${more}Version: ${version}\n`;
const OLD = Array.from({ length: 12 }, (_, at) => `old${String(at).padStart(2, '0')}`);

beforeAll(async () => {
  home = await createHome();
  await put('image/etc/os-release', 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nPRETTY_NAME=Debian\n');
  const installed = [stanza('libhole', '1.0-1', 'Source: hole\n'), ...OLD.map((name) => stanza(name, '1'))];
  await put('image/var/lib/dpkg/status', [...installed, stanza('libopen', '1.0-1')].join('\n'));
  const offered = [stanza('libhole', '1.0-2', 'Source: hole\n'), ...OLD.map((name) => stanza(name, '2'))];
  await put('Packages', [...offered, stanza('libopen', '1.0-1')].join('\n'));
  const release = (fixed: string) => ({ bookworm: { status: 'resolved', fixed_version: fixed, urgency: 'high' } });
  await put(
    'tracker.json',
    JSON.stringify({
      hole: { 'CVE-2026-0001': { releases: release('1.0-2') } },
      libopen: { 'CVE-2026-0002': { releases: release('1.0-9') } },
    }),
  );
  const importing = ['advisories', 'import', '--db', 'db', '--json'];
  await home.run(['advisories', 'import', 'tracker.json', '--source', 'debian', '--db', 'bare']);
  expect(await home.run([...importing, 'tracker.json', '--source', 'debian'])).toMatchObject({ code: 0 });
  const ran = await home.run([...importing, 'Packages', '--source', 'candidates', '--release', 'debian:bookworm']);
  expect(JSON.parse(ran.out)).toMatchObject({
    release: 'debian:12',
    architecture: 'amd64',
    packages: 14,
    suites: [{ name: 'bookworm', date: null }],
    absent: ['bookworm-updates', 'bookworm-security'],
    verified: false,
  });
});
afterAll(() => home.remove());

const scan = (...more: string[]) => home.run(['scan', 'dir:image', '--db', 'db', ...more]);

describe('a scan', () => {
  test('carries the candidate of each package and whether it has a fix', async () => {
    const result = JSON.parse((await scan('--json')).out) as ImageScan;
    expect(result.packages.map((one) => `${one.name} ${one.candidate} ${one.outdated}`)).toEqual([
      'libhole 1.0-2 true',
      'libopen 1.0-1 false',
      ...OLD.map((name) => `${name} 2 true`),
    ]);
    expect(result.findings.map((one) => `${one.id} ${one.fixCandidate}`).sort()).toEqual([
      'CVE-2026-0001 1.0-2',
      'CVE-2026-0002 null',
    ]);
    expect(result.candidates).toEqual([{ release: 'debian:12', architecture: 'amd64', date: null }]);
  });

  test('names what is merely old apart from the holes, a few or with --all each, and how old that is known', async () => {
    const [few, all] = [(await scan()).out, (await scan('--all')).out];
    expect(few).toContain('suites now (debian:12 amd64 of an unknown day) have fixes for 1 package.');
    expect(few).toContain('Outdated, not holes: the suites have a newer version of 12 packages');
    expect(few).toContain('… and 2 more (--all has all)');
    const listed = (text: string) => text.split('Outdated')[1]?.match(/^ {2}\S+ +1 +2$/gm) ?? [];
    expect(listed(few)).toHaveLength(10);
    expect(listed(all)).toHaveLength(12);
    expect(few.split('Outdated')[1]).not.toContain('libhole');
  });

  test('says where what is offered now is not known', async () => {
    const ran = await home.run(['scan', 'dir:image', '--db', 'bare']);
    expect(ran.out).toContain("What the distribution's suites offer now is not known");
    expect(ran.out).not.toContain('Outdated');
  });

  test('is gated by holes alone: nothing fails for being old', async () => {
    expect((await scan('--fail-on', 'critical')).code).toBe(0);
  });

  test('gives the same bill of materials with and without candidates', async () => {
    const bare = await home.run(['sbom', 'dir:image', '--format', 'cyclonedx']);
    expect(bare.out).not.toMatch(/candidate|outdated/);
    expect((await scan('--format', 'cyclonedx')).out).not.toMatch(/candidate|outdated/i);
  });
});

test.each([
  ['CVE-2026-0001', /the fix is in the distribution's suites now: 1\.0-2/],
  ['CVE-2026-0002', /the distribution's suites have no version with the fix/],
])('the explanation of %s says whether an upgrade brings the fix', async (id, said) => {
  expect((await home.run(['explain', 'dir:image', id, '--db', 'db'])).out).toMatch(said);
});

describe('candidates', () => {
  const bring = (path: string, ...more: string[]) =>
    home.run(['advisories', 'import', path, '--source', 'candidates', '--db', 'db', ...more]);

  test.each([
    ['no release', [], /--release debian:12/],
    ['a release that nobody knows', ['--release', 'debian:99'], /not debian:99/],
    ['a distribution without such an archive', ['--release', 'alpine:3.20'], /not alpine:3.20/],
  ])('of %s are not imported', async (_, more, said) => {
    expect(await bring('Packages', ...more)).toMatchObject({ code: 2, notes: expect.stringMatching(said) });
  });

  test('of a copy of an archive are believed only when it is signed', async () => {
    const text = 'Suite: bookworm\nDate: Sat, 01 Aug 2026 10:00:00 UTC\nSHA256:\n';
    for (const suite of ['bookworm', 'bookworm-updates', 'bookworm-security'])
      await put(`copy/dists/${suite}/InRelease`, text);
    await put('keys.asc', 'none');
    const ran = await bring('copy', '--release', 'debian:12', '--keyring', 'keys.asc');
    expect(ran).toMatchObject({
      code: 3,
      notes: expect.stringMatching(/is refused: it is not one clear-signed message/),
    });
  });

  test('of a damaged index leave what is here', async () => {
    await put('bad/Packages', '<html>maintenance</html>');
    expect((await bring('bad', '--release', 'debian:12')).code).toBe(3);
    expect((await scan()).out).toContain('Outdated, not holes');
  });
});
