import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { gaps, purls, take } from '../../inventory/image.fixture.ts';
import { makeZip } from '../../zip/zip.fixture.ts';
import { filesBelow } from '../files.fixture.ts';

const fixtures = (name: string) => filesBelow(join(import.meta.dirname, 'fixtures', name));
const dist = (name: string, version: string, more = '') => ({
  path: `usr/lib/python3.11/site-packages/${name}-${version}.dist-info/METADATA`,
  content: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n${more}\nLicense: of the description\n`,
});

describe('what pip installed', () => {
  test('is read with its licence, layer and place', async () => {
    const inventory = await take([fixtures('pip')]);
    expect(inventory.missing).toEqual([]);
    expect(inventory.packages.map((each) => [each.purl, each.name, ...each.licenses])).toEqual([
      ['pkg:pypi/flask@3.0.0', 'Flask', 'BSD License'],
      ['pkg:pypi/markupsafe@3.0.4', 'MarkupSafe', 'BSD-3-Clause'],
      ['pkg:pypi/pyyaml@6.0.1', 'PyYAML', 'MIT'],
      ['pkg:pypi/blinker@1.9.0', 'blinker', 'MIT'],
      ['pkg:pypi/iniconfig@2.3.1', 'iniconfig', 'MIT'],
      ['pkg:pypi/python-dateutil@2.8.2', 'python-dateutil', 'BSD License', 'Apache-2.0'],
      ['pkg:pypi/zope-event@5.0', 'zope.event', 'ZPL-2.1'],
    ]);
    expect(inventory.packages[2]?.paths).toEqual(['usr/lib/python3.11/site-packages/PyYAML-6.0.1.dist-info/METADATA']);
    expect(inventory.packages[0]?.layer).toMatch(/^sha256:/);
  });

  test.each<[string, string, string[]]>([
    [
      'an expression',
      'License-Expression: MIT OR Apache-2.0\nClassifier: License :: OSI Approved :: MIT License\n',
      ['MIT OR Apache-2.0'],
    ],
    ['classifiers', 'License: see file\nClassifier: License :: OSI Approved :: ISC License (ISCL)\n', ['ISC']],
    [
      'a free field in other words',
      'License: Apache License 2.0\nClassifier: License :: OSI Approved :: BSD License\n',
      ['Apache-2.0'],
    ],
    ['a short free field that is no SPDX', 'License: BSD\n', ['BSD']],
    ['a whole licence text', `License: ${'all of it '.repeat(20)}\n`, []],
    ['nothing but the description', '', []],
  ])('a licence is told from %s', async (_name, more, licences) => {
    expect((await take([[dist('a', '1', more)]])).packages[0]?.licenses).toEqual(licences);
  });

  test.each<[string, string]>([
    ['an egg-info directory', 'opt/a-1.egg-info/PKG-INFO'],
    ['an egg-info file', 'usr/lib/python3/dist-packages/a-1.egg-info'],
    ['an unpacked egg', 'opt/a-1-py3.11.egg/EGG-INFO/PKG-INFO'],
  ])('%s is read', async (_name, path) => {
    const inventory = await take([[{ path, content: 'Metadata-Version: 1.0\nName: a\nVersion: 1\n' }]]);
    expect([purls(inventory), inventory.missing]).toEqual([['pkg:pypi/a@1'], []]);
  });

  test('a wheel is read without unpacking it, and says where inside it lies', async () => {
    const wheel = makeZip([{ name: 'a-1.dist-info/METADATA', content: 'Name: a\nVersion: 1\n' }]);
    const inventory = await take([[{ path: 'w/a-1-py3-none-any.whl', content: wheel }]]);
    expect(inventory.packages.map((each) => [each.purl, each.paths])).toEqual([
      ['pkg:pypi/a@1', ['w/a-1-py3-none-any.whl!/a-1.dist-info/METADATA']],
    ]);
  });

  test.each<[string, string, Buffer | string]>([
    ['metadata without a version', 'x/a.dist-info/METADATA', 'Name: a\n'],
    ['a name in invalid UTF-8', 'x/a.dist-info/METADATA', Buffer.from('Name: a\xff\nVersion: 1\n', 'latin1')],
    ['a version that a terminal would obey', 'x/a.dist-info/METADATA', 'Name: a\nVersion: 1\u001b[2J\n'],
    ['a wheel that is no archive', 'x/a.whl', 'nothing'],
    ['a wheel without metadata', 'x/a.whl', makeZip([{ name: 'x', content: 'y' }])],
    [
      'a wheel whose metadata declares 5 GB',
      'x/a.whl',
      makeZip([{ name: 'a-1.dist-info/METADATA', raw: deflateRawSync('Name: a\n'), method: 8, size: 5_000_000_000 }]),
    ],
  ])('%s is named as missing', async (_name, path, content) => {
    const inventory = await take([[{ path, content }]]);
    expect([purls(inventory), gaps(inventory)]).toEqual([[], [`unreadable python-dist ${path}`]]);
  });
});

describe('lock files', () => {
  const locked = [
    'pkg:pypi/iniconfig@2.1.0',
    'pkg:pypi/iniconfig@2.3.1',
    'pkg:pypi/python-dateutil@2.8.2',
    'pkg:pypi/setuptools@82.0.1',
    'pkg:pypi/setuptools@84.2.1',
    'pkg:pypi/six@1.17.0',
    'pkg:pypi/zope-event@5.0',
  ];
  test.each<[string, string, string, string[]]>([
    ['uv', 'uv', 'uv.lock', locked],
    ['PEP 751', 'uv', 'pylock.toml', locked],
    ['pip', 'uv', 'requirements.txt', locked],
    [
      'pipenv, the group `develop` marked',
      'pipenv',
      'Pipfile.lock',
      locked
        .filter((each) => !/iniconfig@2\.1|setuptools@82/.test(each))
        .map((each) => each.replace(/(iniconfig@.*)/, '$1?scope=development')),
    ],
    [
      'poetry, a directory of the project left out',
      'documented',
      'poetry.lock',
      ['pkg:pypi/python-dateutil@2.8.2', 'pkg:pypi/six@1.17.0'],
    ],
    [
      'PDM, a directory of the project left out',
      'documented',
      'pdm.lock',
      ['pkg:pypi/python-dateutil@2.8.2', 'pkg:pypi/six@1.17.0'],
    ],
  ])('of %s give what they pin', async (_name, folder, file, expected) => {
    const inventory = await take([fixtures(folder).filter((each) => each.path.endsWith(`/${file}`))]);
    expect([purls(inventory), inventory.missing]).toEqual([expected, []]);
  });

  test.each<[string, string, string, string[]]>([
    ['groups of poetry 2', 'poetry.lock', 'groups = ["dev", "test"]', ['pkg:pypi/a@1?scope=development']],
    ['a group of what is needed among them', 'poetry.lock', 'groups = ["main", "dev"]', ['pkg:pypi/a@1']],
    ['a group of another name, which may be installed', 'pdm.lock', 'groups = ["postgres"]', ['pkg:pypi/a@1']],
    ['the category of older ones', 'poetry.lock', 'category = "dev"', ['pkg:pypi/a@1?scope=development']],
  ])('mark what is for development alone: %s', async (_name, path, more, expected) => {
    const content = `[[package]]\nname = "a"\nversion = "1"\n${more}\n[metadata]\n`;
    expect(purls(await take([[{ path, content }]]))).toEqual(expected);
  });

  test.each(['requirements-dev.txt', 'dev-requirements.txt', 'requirements/test.txt', 'requirements_test.txt'])(
    '%s is for development by its name, and what another file needs too is needed',
    async (path) => {
      const locks = [
        { path, content: 'a==1\nb==2\n' },
        { path: 'requirements.txt', content: 'a==1\n' },
      ];
      expect(purls(await take([locks]))).toEqual([
        'pkg:pypi/a@1',
        'pkg:pypi/a@1?scope=development',
        'pkg:pypi/b@2?scope=development',
      ]);
    },
  );

  test('are not counted when half of what they pin is installed, wherever that is', async () => {
    const lock = { path: 'app/requirements.txt', content: 'a==1\nB_c==2\n' };
    const inventory = await take([[lock, dist('b.c', '2.1')]]);
    expect([purls(inventory), inventory.missing]).toEqual([['pkg:pypi/b-c@2.1'], []]);
  });

  test('that pin nothing are not counted either when half of what they name is installed', async () => {
    const lock = { path: 'app/requirements.txt', content: 'Flask>=2\nrequests\n' };
    const inventory = await take([[lock, dist('flask', '3.0.0')]]);
    expect([purls(inventory), inventory.missing]).toEqual([['pkg:pypi/flask@3.0.0'], []]);
  });

  test('inside an installed package are that package’s own', async () => {
    const inventory = await take([[{ path: 'lib/site-packages/x/requirements.txt', content: 'a==1\n' }]]);
    expect(inventory.packages).toEqual([]);
  });

  test('requirements that pin nothing are named together', async () => {
    const content =
      '# c\n-r base.txt\n--index-url https://x\na==1.0 ; python_version < "3" # why\nb[x]>=2\nc===3 \\\n  --hash=sha256:00\nd==4.*\n./local\n-e git+https://x/y#egg=z\n';
    const inventory = await take([[{ path: 'requirements.txt', content }]]);
    expect(purls(inventory)).toEqual(['pkg:pypi/a@1.0', 'pkg:pypi/c@3']);
    expect(inventory.missing.map((each) => each.detail)).toEqual([
      '4 requirements are not pinned to one version: b, d, ./local, -e git+https://x/y#egg=z',
    ]);
  });

  test.each<[string, string]>([
    ['poetry.lock', '[[package]\n'],
    ['uv.lock', 'x = 1\n'],
    ['Pipfile.lock', '[]'],
    ['pylock.toml', ''],
  ])('%s that is none is named', async (path, content) => {
    expect(gaps(await take([[{ path, content: `${content} ` }]]))).toEqual([`unreadable python-lock ${path}`]);
  });

  test('an entry that is no package is named, and the others are kept', async () => {
    const content = 'version = 1\n[[package]]\nname = "a b"\nversion = "1"\n[[package]]\nname = "c"\nversion = "1"\n';
    const inventory = await take([[{ path: 'uv.lock', content }]]);
    expect(purls(inventory)).toEqual(['pkg:pypi/c@1']);
    expect(inventory.missing[0]?.detail).toBe('entry "a b" has no readable name and version');
  });
});
