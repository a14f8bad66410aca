import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gaps, purls, take } from '../../inventory/image.fixture.ts';
import { filesBelow } from '../files.fixture.ts';

const fixtures = (name: string) => filesBelow(join(import.meta.dirname, 'fixtures', name));
const spec = (name: string, content: string) => ({
  path: `usr/lib/ruby/gems/3.1.0/specifications/${name}.gemspec`,
  content,
});

test('what RubyGems installed is read, with licences and platform', async () => {
  const inventory = await take([fixtures('gem')]);
  expect(inventory.missing).toEqual([]);
  expect(inventory.packages.map((each) => [each.purl, each.version, ...each.licenses])).toEqual([
    ['pkg:gem/alpha@1.2.3', '1.2.3', 'MIT', 'Ruby'],
    ['pkg:gem/beta@0.9.0.rc1', '0.9.0.rc1', 'Apache-2.0'],
    ['pkg:gem/native_part@2.0.0?platform=x86_64-linux', '2.0.0', 'BSD-3-Clause'],
    ['pkg:gem/webrick@1.8.1', '1.8.1', 'Ruby', 'BSD-2-Clause'],
  ]);
});

describe('a gemspec', () => {
  test.each<[string, string, string[]]>([
    [
      'without its summary line',
      'Gem::Specification.new do |s|\n  s.name = %q{a}\n  s.version = Gem::Version.new("1.0")\n  s.licenses = [\'MIT\']\nend\n',
      ['pkg:gem/a@1.0', 'MIT'],
    ],
    [
      'of one that ships with Ruby',
      '# -*- encoding: utf-8 -*-\n# stub: json 2.6.1 java lib\nx\n',
      ['pkg:gem/json@2.6.1?platform=java'],
    ],
  ])('%s is read', async (_name, content, expected) => {
    const { packages, missing } = await take([[spec('x', content)]]);
    expect([packages.flatMap((each) => [each.purl, ...each.licenses]), missing]).toEqual([expected, []]);
  });

  test.each([
    ['computes its version', 's.name = "a"\ns.version = A::VERSION\n'],
    ['puts something into its name', 's.name = "a#{b}"\ns.version = "1"\n'],
    ['is empty of sense', '\xff\xfe rubbish'],
  ])('that %s is named', async (_name, content) => {
    const path = spec('x', content).path;
    expect(gaps(await take([[spec('x', content)]]))).toEqual([`unreadable gem ${path}`]);
  });
});

describe('a lock of Bundler', () => {
  test('gives what it pins, without the project’s own parts and under one version for all platforms', async () => {
    const inventory = await take([fixtures('bundler')]);
    expect([purls(inventory), inventory.missing]).toEqual([
      ['pkg:gem/alpha@1.2.3', 'pkg:gem/beta@0.9.0.rc1', 'pkg:gem/native_part@2.0.0'],
      [],
    ]);
  });

  test('is covered by gems that are installed elsewhere in the image', async () => {
    const inventory = await take([[...fixtures('bundler'), ...fixtures('gem')]]);
    expect(inventory.packages.every((each) => each.paths.every((path) => path.endsWith('.gemspec')))).toBe(true);
  });

  test('with an entry that is none names it', async () => {
    const content =
      'GIT\n  remote: https://x\n  specs:\n    a (1.0)\n      b\n\nGEM\n  specs:\n    c (2.0-java)\n    d\n\nPLATFORMS\n  ruby\n';
    const inventory = await take([[{ path: 'Gemfile.lock', content }]]);
    expect([purls(inventory), inventory.missing.map((each) => each.detail)]).toEqual([
      ['pkg:gem/a@1.0', 'pkg:gem/c@2.0'],
      ['line "d" names no gem and version'],
    ]);
    expect(gaps(await take([[{ path: 'gems.locked', content: 'x' }]]))).toEqual(['unreadable gem-lock gems.locked']);
  });
});
