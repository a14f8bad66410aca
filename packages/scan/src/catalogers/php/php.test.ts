import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gaps, purls, take } from '../../inventory/image.fixture.ts';
import { filesBelow } from '../files.fixture.ts';

const files = filesBelow(join(import.meta.dirname, 'fixtures/composer'));
const packages = [
  ['pkg:composer/acme/http@2.1.0', 'MIT OR GPL-2.0-or-later'],
  ['pkg:composer/acme/log@v3.0.1', 'MIT'],
  ['pkg:composer/acme/test-tool@1.0.0-beta2', 'BSD-3-Clause'],
];

test.each<[string, (path: string) => boolean, string]>([
  ['what is installed', (path: string) => path.endsWith('installed.json'), 'app/vendor/composer/installed.json'],
  ['a lock file', (path: string) => path.endsWith('composer.lock'), 'app/composer.lock'],
  ['a lock file beside what is installed', () => true, 'app/vendor/composer/installed.json'],
])('%s gives packages with their licences', async (_name, wanted, path) => {
  const inventory = await take([files.filter((each) => wanted(each.path))]);
  expect(inventory.missing).toEqual([]);
  // Installed is installed; of what is only pinned, `packages-dev` is for development.
  const marked = path.endsWith('.lock') ? '?scope=development' : '';
  expect(inventory.packages.map((each) => [each.purl, ...each.licenses])).toEqual(
    packages.map(([purl = '', ...licences]) => [purl.replace(/(test-tool@.*)/, `$1${marked}`), ...licences]),
  );
  expect(inventory.packages.every((each) => each.paths.join() === path)).toBe(true);
});

test('the list of Composer 1 is read, and entries that are none are named', async () => {
  const content = JSON.stringify([
    { name: 'A/B', version: '1.0' },
    { name: 'c', version: '1' },
    3,
    { name: 'd/e', version: 'dev-main', license: ['(MIT or X)', 'a b'] },
  ]);
  const inventory = await take([[{ path: 'lib/composer/installed.json', content }]]);
  expect(purls(inventory)).toEqual(['pkg:composer/a/b@1.0', 'pkg:composer/d/e@dev-main']);
  expect(inventory.missing.map((each) => each.detail)).toEqual([
    'entry "c" has no readable name and version',
    'entry null has no readable name and version',
  ]);
});

test.each(['[1', '{"packages": {}}', 'null'])('an installed.json that holds %s is named', async (content) => {
  expect(gaps(await take([[{ path: 'vendor/composer/installed.json', content }]]))).toEqual([
    'unreadable composer-packages vendor/composer/installed.json',
  ]);
});

test('a name made to keep a pattern busy is refused at once', async () => {
  const content = JSON.stringify({ packages: [{ name: `a/${'a'.repeat(190)}!`, version: '1' }] });
  expect(gaps(await take([[{ path: 'composer.lock', content }]]))).toEqual(['unreadable composer-lock composer.lock']);
});

test('what PEAR installed is listed, without an ecosystem that has advisories', async () => {
  const pear = filesBelow(join(import.meta.dirname, 'fixtures/pear'));
  const inventory = await take([[...pear, { path: 'lib/.registry/x.reg', content: 'a:1:{s:4:"name";s:99:"x";}' }]]);
  expect(inventory.packages.map((each) => [each.type, each.purl, ...each.licenses])).toEqual([
    ['generic', 'pkg:pear/pear.php.net/Console_Getopt@1.4.3', 'BSD-2-Clause'],
  ]);
  expect(gaps(inventory)).toEqual(['unreadable pear-package lib/.registry/x.reg']);
});
