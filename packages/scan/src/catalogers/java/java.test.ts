import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { gaps, OS, purls, record, status, take } from '../../inventory/image.fixture.ts';
import { makeZip, type ZipFixtureEntry } from '../../zip/zip.fixture.ts';
import { splitFileName } from './identity.ts';
import { parsePomXml } from './pom.ts';

const fixture = (name: string) => ({
  path: `app/${name}`,
  content: readFileSync(join(import.meta.dirname, 'fixtures', name)),
});
const properties = (group: string, artifact: string, version: string): ZipFixtureEntry => ({
  name: `META-INF/maven/${group}/${artifact}/pom.properties`,
  content: `#Generated\nartifactId=${artifact}\ngroupId=${group}\nversion=${version}\n`,
});
const manifest = (text: string): ZipFixtureEntry => ({
  name: 'META-INF/MANIFEST.MF',
  content: `Manifest-Version: 1.0\n${text}\n\n`,
});
const jar = (path: string, ...entries: ZipFixtureEntry[]) => ({ path, content: makeZip(entries) });

describe('what Maven built', () => {
  const libraries = [
    'pkg:maven/aopalliance/aopalliance@1.0',
    'pkg:maven/com.google.errorprone/error_prone_annotations@2.28.0',
    'pkg:maven/javax.inject/javax.inject@1',
    'pkg:maven/org.apache.maven/maven-builder-support@3.9.6',
    'pkg:maven/org.apiguardian/apiguardian-api@1.1.2',
    'pkg:maven/org.jspecify/jspecify@1.0.0',
  ];
  test('a web archive gives itself and the jars inside it, and where they lie', async () => {
    const inventory = await take([[fixture('demo-war.war')]]);
    expect(inventory.missing).toEqual([]);
    expect(purls(inventory).sort()).toEqual([...libraries, 'pkg:maven/org.example.demo/demo-war@1.2.0'].sort());
    expect(inventory.packages.find((each) => each.name === 'org.jspecify:jspecify')).toMatchObject({
      licenses: ['Apache-2.0'],
      paths: ['app/demo-war.war!/WEB-INF/lib/jspecify-1.0.0.jar'],
    });
    expect(inventory.packages.find((each) => each.name === 'org.example.demo:demo-war')).toMatchObject({
      licenses: ['Apache-2.0'],
      paths: ['app/demo-war.war'],
    });
  });

  test('an executable jar that begins with a script gives its nested jars', async () => {
    const inventory = await take([[fixture('demo-boot.jar')]]);
    expect(inventory.missing).toEqual([]);
    expect(purls(inventory).sort()).toEqual(
      [
        ...libraries,
        'pkg:maven/org.example.demo/demo-boot@1.2.0',
        'pkg:maven/org.springframework.boot/spring-boot-jarmode-layertools@2.7.18',
      ].sort(),
    );
  });

  test('a shaded jar gives all whose poms went into it', async () => {
    const inventory = await take([[fixture('demo-shaded.jar')]]);
    expect(inventory.packages.map((each) => [each.name, each.paths[0]])).toEqual([
      [
        'com.google.errorprone:error_prone_annotations',
        'app/demo-shaded.jar!/META-INF/maven/com.google.errorprone/error_prone_annotations/pom.properties',
      ],
      [
        'org.apache.maven:maven-builder-support',
        'app/demo-shaded.jar!/META-INF/maven/org.apache.maven/maven-builder-support/pom.properties',
      ],
      ['org.example.demo:demo-shaded', 'app/demo-shaded.jar'],
    ]);
  });
});

describe('a jar without a pom', () => {
  test.each<[string, string, string, string[], string[]]>([
    [
      'of a known family',
      'spring-core-6.1.2.jar',
      'Implementation-Title: spring-core',
      ['pkg:maven/org.springframework/spring-core@6.1.2'],
      [],
    ],
    [
      'of Tomcat',
      'catalina.jar',
      'Implementation-Title: Apache Tomcat\nImplementation-Version: 10.1.16',
      ['pkg:maven/org.apache.tomcat/tomcat-catalina@10.1.16'],
      [],
    ],
    ['whose group moved, after', 'groovy-4.0.15.jar', '', ['pkg:maven/org.apache.groovy/groovy@4.0.15'], []],
    ['whose group moved, before', 'groovy-3.0.9.jar', '', ['pkg:maven/org.codehaus.groovy/groovy@3.0.9'], []],
    [
      'with a symbolic name',
      'tool-1.2.jar',
      'Bundle-SymbolicName: org.acme.tool;singleton:=true',
      ['pkg:maven/org.acme/tool@1.2'],
      ['unreadable jar-coordinates'],
    ],
    ['with a name and version alone', 'tool-1.2.jar', '', ['generic'], ['unreadable jar-coordinates']],
    [
      'with a title and version',
      'x.jar',
      'Implementation-Title: tool\nImplementation-Version: 1.2',
      ['generic'],
      ['unreadable jar-coordinates'],
    ],
    ['without anything', 'x.jar', '', [], ['unreadable jar-coordinates']],
  ])('%s', async (_name, file, text, expected, missing) => {
    const inventory = await take([[jar(`lib/${file}`, manifest(text))]]);
    const found = purls(inventory).map((each) =>
      each.startsWith('pkg:generic/tool@1.2?checksum=sha1') ? 'generic' : each,
    );
    expect([found, gaps(inventory)]).toEqual([expected, missing.map((each) => `${each} lib/${file}`)]);
  });

  test('that says what it is and holds others of which poms speak gives both', async () => {
    const inventory = await take([
      [jar('lib/grpc-netty-shaded-1.59.0.jar', manifest(''), properties('io.netty', 'netty-common', '4.1.97.Final'))],
    ]);
    expect(purls(inventory)).toEqual([
      'pkg:maven/io.grpc/grpc-netty-shaded@1.59.0',
      'pkg:maven/io.netty/netty-common@4.1.97.Final',
    ]);
  });

  test.each<[string, string, string | null]>([
    ['guava-31.1-jre.jar', 'guava', '31.1-jre'],
    ['log4j-1.2-api-2.17.1.jar', 'log4j-1.2-api', '2.17.1'],
    ['zstd-jni-1.5.5-1.jar', 'zstd-jni', '1.5.5-1'],
    ['bcprov-jdk18on-1.76.jar', 'bcprov-jdk18on', '1.76'],
    ['a-1.0-20240102.030405-6.jar', 'a', '1.0-20240102.030405-6'],
    ['app.jar', 'app', null],
  ])('%s is %s %s', (file, name, version) => expect(splitFileName(file)).toEqual({ name, version }));
});

test('a renamed jar is what its one pom says', async () => {
  expect(purls(await take([[jar('app.jar', properties('a.b', 'c', '1'))]]))).toEqual(['pkg:maven/a.b/c@1']);
});

test('a pom.xml alone is read, with what it inherits and its own properties', () => {
  const xml = `<?xml version="1.0"?><!-- <groupId>no</groupId> --><project><parent><groupId>a.b</groupId><version>1</version></parent>
    <artifactId>c&amp;</artifactId></project>`;
  expect(parsePomXml(Buffer.from(xml))).toBeNull();
  const text = xml
    .replace('c&amp;', 'c')
    .replace(
      '</artifactId>',
      '</artifactId><version>${rev}-${project.parent.version}</version><properties><rev>2</rev></properties><dependencies><dependency><version>9</version></dependency></dependencies><licenses><license><name>MIT</name></license></licenses>',
    );
  expect(parsePomXml(Buffer.from(text))).toEqual({ group: 'a.b', artifact: 'c', version: '2-1', licences: ['MIT'] });
  expect(parsePomXml(Buffer.from(text.replace('<rev>2</rev>', '<rev>${rev}</rev>')))).toBeNull();
});

test('an unpacked application says what it is', async () => {
  const content = 'groupId=a.b\nartifactId=c\nversion=1\n';
  expect(purls(await take([[{ path: 'app/META-INF/maven/a.b/c/pom.properties', content }]]))).toEqual([
    'pkg:maven/a.b/c@1',
  ]);
});

test('a lock of Gradle counts where its jars are not there', async () => {
  const lock = {
    path: 'app/gradle.lockfile',
    content: '# x\na.b:c:1=compileClasspath\na.b:d:2.0=x,y\nempty=z\nrubbish\n',
  };
  const alone = await take([[lock]]);
  expect([purls(alone), alone.missing.map((each) => each.detail)]).toEqual([
    ['pkg:maven/a.b/c@1', 'pkg:maven/a.b/d@2.0'],
    ['line "rubbish" names no group, artifact and version'],
  ]);
  expect(purls(await take([[lock, jar('app/c-1.jar', properties('a.b', 'c', '1'))]]))).toEqual(['pkg:maven/a.b/c@1']);
});

test('a lock of Gradle marks what only tests are compiled or run with', async () => {
  const content =
    'a.b:c:1=compileClasspath,testCompileClasspath\na.b:t:1=integrationTestRuntimeClasspath,testCompileClasspath\n';
  expect(purls(await take([[{ path: 'gradle.lockfile', content }]]))).toEqual([
    'pkg:maven/a.b/c@1',
    'pkg:maven/a.b/t@1?scope=development',
  ]);
});

test('a jar nested in a file of an operating-system package belongs to that package', async () => {
  const inner = makeZip([properties('a.b', 'c', '1')]);
  const inventory = await take([
    [
      OS,
      status(record('tool', '1')),
      { path: 'var/lib/dpkg/info/tool.list', content: '/.\n/usr/share/java/x.war\n' },
      jar('usr/share/java/x.war', { name: 'WEB-INF/lib/c-1.jar', content: inner, method: 0 }),
    ],
  ]);
  expect(inventory.packages.find((each) => each.type === 'maven')?.owner).toContain('pkg:deb/debian/tool@1');
});

test('what cannot be told of a jar is no gap where an operating-system package owns it, nor is a part of the runtime', async () => {
  const list = { path: 'var/lib/dpkg/info/tool.list', content: '/.\n/usr/share/java/x.jar\n' };
  const owned = await take([[OS, status(record('tool', '1')), list, jar('usr/share/java/x.jar', manifest(''))]]);
  expect(owned.missing).toEqual([]);
  expect((await take([[jar('opt/java/lib/jrt-fs.jar', manifest(''))]])).missing).toEqual([]);
});

describe('hostile archives', () => {
  const deep = (levels: number): Buffer => {
    let bytes = makeZip([properties('a.b', 'c', '1')]);
    for (let level = 1; level < levels; level += 1)
      bytes = makeZip([{ name: 'x.jar', content: bytes, method: level % 2 === 0 ? 0 : 8 }]);
    return bytes;
  };
  test('nested 30 deep are read as far as anybody nests, and then named', async () => {
    expect(purls(await take([[{ path: 'x.jar', content: deep(10) }]]))).toEqual(['pkg:maven/a.b/c@1']);
    const { packages, missing } = await take([[{ path: 'x.jar', content: deep(30) }]]);
    expect([packages, missing.map((each) => [each.kind, each.path.split('!/').length, each.detail])]).toEqual([
      [],
      [['limit', 11, 'archives nested more than 10 deep are not read']],
    ]);
  });

  const zeros = deflateRawSync(Buffer.alloc(8 * 1024 * 1024));
  test.each<[string, ZipFixtureEntry, string]>([
    [
      'declares 5 GB',
      { name: 'l/x.jar', raw: zeros, size: 5_000_000_000 },
      'limit it says that it has 5000000000 bytes, more than 268435456',
    ],
    [
      'expands to more than it declares',
      { name: 'l/x.jar', raw: zeros, size: 1000 },
      'limit it expands to more bytes than it says, or than are read',
    ],
    ['is encrypted', { name: 'l/x.jar', content: 'x', flags: 1 }, 'unreadable it is encrypted'],
    [
      'uses another compression',
      { name: 'l/x.jar', content: 'x', method: 14 },
      'unreadable it uses compression method 14',
    ],
    [
      'is damaged',
      { name: 'l/x.jar', raw: Buffer.from('rubbish'), size: 99 },
      'unreadable its compressed bytes are damaged',
    ],
    ['is no archive', { name: 'l/x.jar', content: 'rubbish' }, 'unreadable it is no zip archive, or is cut off'],
  ])('a nested jar that %s is named, and what lies beside it is read', async (_name, entry, detail) => {
    const inventory = await take([[jar('a.war', entry, properties('a.b', 'c', '1'))]]);
    expect(purls(inventory)).toEqual(['pkg:maven/a.b/c@1']);
    expect(inventory.missing.map((each) => [each.path, `${each.kind} ${each.detail}`])).toEqual([
      ['a.war!/l/x.jar', detail],
    ]);
  });

  test('entries that share their bytes stop costing when the file has cost enough', async () => {
    const bomb = deflateRawSync(makeZip([{ name: 'x', content: Buffer.alloc(200 * 1024 * 1024), method: 0 }]));
    const entries = Array.from({ length: 8 }, (_, at) => ({
      name: `l/${at}.jar`,
      raw: bomb,
      size: 200 * 1024 * 1024 + 200,
    }));
    const { missing } = await take([[jar('a.war', ...entries)]]);
    expect(
      missing.some(
        (each) =>
          (each.kind === 'limit' && each.detail.includes('more than is read')) || each.detail.includes('than are read'),
      ),
    ).toBe(true);
  });

  test.each<[string, Buffer]>([
    ['cut in the middle', makeZip([properties('a.b', 'c', '1')]).subarray(0, 100)],
    ['that is empty of entries but not of bytes', Buffer.alloc(100)],
    ['with a directory that is somewhere else', Buffer.concat([makeZip([properties('a.b', 'c', '1')]).subarray(-22)])],
  ])('a jar %s is named', async (_name, content) => {
    expect(gaps(await take([[{ path: 'x.jar', content }]]))).toEqual(['unreadable jar x.jar']);
  });

  test('the wide form of the directory is read, with and without bytes before the archive', async () => {
    const wide = makeZip([properties('a.b', 'c', '1')], { zip64: true });
    for (const content of [wide, Buffer.concat([Buffer.from('#!/bin/sh\nexec java\n'), wide])])
      expect(purls(await take([[{ path: 'x.jar', content }]]))).toEqual(['pkg:maven/a.b/c@1']);
  });

  test('names in invalid UTF-8 and poms that name nothing are named, not thrown', async () => {
    const inventory = await take([
      [
        jar(
          'x.jar',
          { name: Buffer.from('META-INF/maven/\xff/\xfe/pom.properties', 'latin1'), content: 'groupId=\xff' },
          { name: Buffer.from('\xff.jar', 'latin1'), content: 'x' },
        ),
      ],
    ]);
    expect([inventory.packages, new Set(inventory.missing.map((each) => each.kind))]).toEqual([
      [],
      new Set(['unreadable']),
    ]);
  });
});
