import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gaps, OS, purls, record, status, take } from '../../inventory/image.fixture.ts';
import { mutate, randomOf } from '../mutate.fixture.ts';
import { sbom } from './sbom.ts';

const file = (name: string): Buffer => readFileSync(join(import.meta.dirname, 'fixtures', name));
const SYSTEM = [OS, status(record('a', '1'))];
const named = (inventory: Awaited<ReturnType<typeof take>>) =>
  purls(inventory).filter((each) => !each.startsWith('pkg:deb/debian/a@'));
const spdx = (...purls: string[]) =>
  JSON.stringify({
    spdxVersion: 'SPDX-2.3',
    packages: purls.map((purl, at) => ({
      SPDXID: `SPDXRef-${at}`,
      name: 'x',
      externalRefs: [{ referenceType: 'purl', referenceLocator: purl }],
    })),
  });

test.each(['app.spdx.json', 'app.cdx.json', 'app.spdx'])(
  '%s gives what it names, and says so by its path',
  async (name) => {
    const inventory = await take([[...SYSTEM, { path: `opt/${name}`, content: file(name) }]]);
    expect(named(inventory)).toEqual([
      'pkg:cargo/cfg-if@1.0.0',
      'pkg:cargo/itoa@1.0.9',
      'pkg:cargo/smallvec@1.11.0',
      'pkg:golang/github.com/google/uuid@v1.5.0',
      'pkg:golang/golang.org/x/text@v0.14.0',
    ]);
    // The project's own crate, which its lock gives no origin, and which so has no purl.
    expect(inventory.missing.map((each) => each.detail)).toEqual([
      '1 of its 6 packages have no purl that says what they are',
    ]);
    expect(inventory.packages.find((each) => each.name === 'itoa')?.paths).toEqual([`opt/${name}`]);
  },
);

test("Bitnami's documents give the version of what was packaged, and its licence", async () => {
  const path = 'opt/bitnami/nginx/.spdx-nginx.spdx';
  const inventory = await take([[...SYSTEM, { path, content: file('documented/.spdx-nginx.spdx') }]]);
  expect(inventory.packages.find((each) => each.name === 'nginx')).toMatchObject({
    version: '1.25.3',
    purl: 'pkg:bitnami/nginx@1.25.3-4?arch=amd64&distro=debian-12',
    licenses: ['BSD-2-Clause'],
    paths: [path],
  });
});

describe('what was found anyway is not counted again', () => {
  test('whether a cataloger read it', async () => {
    const lock = { path: 'src/Cargo.lock', content: '[[package]]\nname = "itoa"\nversion = "1.0.9"\n' };
    const content = spdx('pkg:cargo/itoa@1.0.9?checksum=sha256:00', 'pkg:cargo/other@1.0.0');
    const inventory = await take([[...SYSTEM, lock, { path: 'a.spdx.json', content }]]);
    expect(inventory.packages.filter((each) => each.type === 'cargo').map(({ name, paths }) => [name, paths])).toEqual([
      ['itoa', ['src/Cargo.lock']],
      ['other', ['a.spdx.json']],
    ]);
  });

  test('or the database of the system speaks, or a package of it owns the document', async () => {
    const other = { path: 'a.spdx.json', content: spdx('pkg:deb/debian/b@2?arch=amd64', 'pkg:oci/image@sha256:00') };
    expect(named(await take([[...SYSTEM, other]]))).toEqual([]);
    expect(named(await take([[OS, other]]))).toEqual(['pkg:deb/debian/b@2?arch=amd64']);
    const list = { path: 'var/lib/dpkg/info/a.list', content: '/.\n/usr/share/sbom/a.json\n' };
    const owned = { path: 'usr/share/sbom/a.json', content: spdx('pkg:npm/x@1.0.0') };
    expect(named(await take([[...SYSTEM, owned]]))).toEqual(['pkg:npm/x@1.0.0']);
    expect(named(await take([[...SYSTEM, owned, list]]))).toEqual([]);
  });
});

test.each<[string, string, string | Buffer, string[]]>([
  ['in XML', 'bom.xml', file('bom.xml'), ['unreadable sbom bom.xml']],
  ['that is cut off', 'a.cdx.json', file('app.cdx.json').subarray(0, 2000), ['unreadable sbom a.cdx.json']],
  ['of another version', 'a.spdx.json', '{"spdxVersion":"SPDX-9.0"}', ['unreadable sbom a.spdx.json']],
  ['with a purl that is none', 'a.spdx.json', spdx('pkg:npm/x'), ['unreadable sbom a.spdx.json']],
  ['of that name alone', 'app/bom.json', '{"parts": []}', []],
])('a document %s gives no packages and is named if it is one', async (_name, path, content, expected) => {
  const inventory = await take([[...SYSTEM, { path, content }]]);
  expect([named(inventory), gaps(inventory)]).toEqual([[], expected]);
});

test('damaged documents never throw', () => {
  const random = randomOf(4);
  for (const name of ['app.spdx.json', 'app.cdx.json', 'app.spdx'])
    for (let round = 0; round < 70; round += 1) sbom.condense?.(name, mutate(file(name), random));
});
