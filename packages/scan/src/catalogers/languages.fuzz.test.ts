/** Damaged files of every language: whatever is in them, a cataloger returns, and what it returns is sound. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Missing, Package } from '@pratique/contract';
import { ImageTree } from '@pratique/oci/layers/tree';
import { expect, test } from 'vitest';
import { makeZip } from '../zip/zip.fixture.ts';
import type { Cataloger } from './cataloger.ts';
import { conda } from './conda/conda.ts';
import { dotnet } from './dotnet/dotnet.ts';
import { java } from './java/java.ts';
import { mutate, randomOf } from './mutate.fixture.ts';
import { npm } from './npm/npm.ts';
import { php } from './php/php.ts';
import { python } from './python/python.ts';
import { ruby } from './ruby/ruby.ts';

const ROUNDS = 200;
/** Pieces that parsers of text trip over: numbers without end, brackets without partner, bytes that are no UTF-8. */
const PIECES = [
  '9'.repeat(400),
  '['.repeat(5000),
  '{"a":'.repeat(3000),
  '&a [*a,*a]',
  '\n---\n',
  '"',
  "'''",
  '\\',
  '\0',
  '__proto__',
  '<!--',
  ' '.repeat(3000),
  '-'.repeat(300),
  '\u202e\u001b[2J',
].map((text) => Buffer.from(text));

const FILES: readonly (readonly [Cataloger, fixture: string, path?: string])[] = [
  [
    python,
    'python/fixtures/pip/usr/lib/python3.11/site-packages/flask-3.0.0.dist-info/METADATA',
    'x.dist-info/METADATA',
  ],
  [python, 'python/fixtures/uv/app/uv.lock'],
  [python, 'python/fixtures/uv/app/pylock.toml'],
  [python, 'python/fixtures/uv/app/requirements.txt'],
  [python, 'python/fixtures/pipenv/app/Pipfile.lock'],
  [python, 'python/fixtures/documented/poetry/poetry.lock'],
  [python, 'java/fixtures/demo-war.war', 'x.whl'],
  [java, 'java/fixtures/demo-war.war'],
  [java, 'java/fixtures/demo-shaded.jar'],
  [java, 'java/fixtures/demo-boot.jar'],
  [java, 'ruby/fixtures/bundler/app/Gemfile.lock', 'gradle.lockfile'],
  [npm, 'npm/fixtures/yarn-1/yarn.lock'],
  [npm, 'npm/fixtures/yarn-pnp/yarn.lock'],
  [npm, 'npm/fixtures/yarn-pnp/.yarn/cache/ms-npm-2.1.3-81ff3cfac1-d924b57e73.zip', '.yarn/cache/ms.zip'],
  [npm, 'npm/fixtures/pnpm-5/pnpm-lock.yaml'],
  [npm, 'npm/fixtures/pnpm-9/pnpm-lock.yaml'],
  [npm, 'npm/fixtures/bun/bun.lock'],
  [npm, 'php/fixtures/composer/app/composer.lock', 'package-lock.json'],
  [npm, 'php/fixtures/composer/app/composer.lock', 'node_modules/x/package.json'],
  [ruby, 'ruby/fixtures/gem/usr/lib/ruby/gems/3.1.0/specifications/webrick-1.8.1.gemspec', 'specifications/x.gemspec'],
  [ruby, 'ruby/fixtures/bundler/app/Gemfile.lock'],
  [php, 'php/fixtures/composer/app/composer.lock'],
  [php, 'php/fixtures/composer/app/vendor/composer/installed.json', 'composer/installed.json'],
  [php, 'php/fixtures/pear/usr/share/php/.registry/console_getopt.reg', '.registry/x.reg'],
  [dotnet, 'dotnet/fixtures/documented/app/shop.deps.json'],
  [dotnet, 'dotnet/fixtures/documented/src/packages.lock.json'],
  [conda, 'conda/fixtures/documented/opt/conda/conda-meta/openssl-3.0.13-h7f8727e_0.json', 'conda-meta/x.json'],
];

test.each(
  FILES.map((each, at) => ({
    at,
    name: `${each[0].name}: ${each[1].slice(each[1].lastIndexOf('/') + 1)} as ${each[2] ?? 'itself'}`,
    each,
  })),
)('$name', ({ at, each: [cataloger, fixture, path = fixture.slice(fixture.lastIndexOf('/') + 1)] }) => {
  const original = readFileSync(join(import.meta.dirname, fixture));
  const random = randomOf(20_261_122 + at);
  expect(cataloger.wants(path)).toBe(true);
  for (let round = 0; round < ROUNDS; round += 1) {
    const damaged = random() % 3 === 0 ? insert(original, random) : mutate(original, random);
    const result = catalog(cataloger, path, damaged);
    for (const found of result.packages) {
      expect(Package.safeParse(found).success).toBe(true);
      expect(found.name + found.version).toMatch(/^[\x21-\x7e]{1,800}$/);
    }
    for (const missing of result.missing) expect(Missing.safeParse(missing).success).toBe(true);
    // What gives nothing at all says so, unless there is nothing in it.
    if (damaged.length === 0) expect(result.packages).toEqual([]);
  }
});

test.each([
  ['uv.lock', python, 11],
  ['requirements.txt', python, 33],
  ['pnpm-lock.yaml', npm, 13],
  ['package-lock.json', npm, 33],
  ['Gemfile.lock', ruby, 33],
  ['composer.lock', php, 33],
  ['a.deps.json', dotnet, 33],
] as const)('%s of many megabytes is refused before it is read, and says so', (path, cataloger, megabytes) => {
  const { packages, missing } = catalog(cataloger, path, Buffer.alloc(megabytes * 1024 * 1024, 'a=1\n'));
  expect([packages, missing.map((each) => each.kind)]).toEqual([[], ['limit']]);
});

test.each([
  ['a key as long as the file', `${'a.'.repeat(100_000)}b = 1\n`],
  ['the same in quotes', `${'"a" . '.repeat(100_000)}b = 1\n`],
  ['brackets without end', `a = ${'['.repeat(100_000)}`],
])('a lock with %s is refused', (_name, content) => {
  expect(catalog(python, 'uv.lock', Buffer.from(`version = 1\n${content}`)).missing.map((each) => each.kind)).toEqual([
    'unreadable',
  ]);
});

test('texts in a jar are read until they have cost enough', () => {
  const entries = Array.from({ length: 100 }, (_, at) => ({
    name: `META-INF/maven/a/b${at}/pom.xml`,
    content: '<a/>'.repeat(250_000),
  }));
  const { missing } = catalog(java, 'x.jar', makeZip(entries));
  expect(missing.some((each) => each.kind === 'limit' && each.detail.includes('texts'))).toBe(true);
});

function insert(bytes: Buffer, random: () => number): Buffer {
  const at = random() % bytes.length;
  return Buffer.concat([
    bytes.subarray(0, at),
    PIECES[random() % PIECES.length] ?? Buffer.alloc(0),
    bytes.subarray(at),
  ]);
}

/** Runs a cataloger on one file, as the core does. */
function catalog(cataloger: Cataloger, path: string, bytes: Buffer): ReturnType<Cataloger['catalog']> {
  const tree = new ImageTree();
  const node = tree.put(tree.root, 'x', {
    kind: 'file',
    mode: 0o644,
    size: bytes.length,
    uid: 0,
    gid: 0,
    target: null,
    layer: 0,
  });
  const content = cataloger.condense?.(path, bytes) ?? bytes;
  return cataloger.catalog([{ path, node, content }], { tree, distribution: null, layerOf: () => null });
}
