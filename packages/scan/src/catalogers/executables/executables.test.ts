import { createReadStream } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ELF, gaps, OS, purls, record, status, take } from '../../inventory/image.fixture.ts';
import { mutate, randomOf } from '../mutate.fixture.ts';
import { newRustBudget } from '../rust/find-audit.ts';
import { readFindings } from './findings.ts';
import { Passing } from './passing.ts';
import { readProgram } from './read-program.ts';
import { parseGoToolchain, parseJavaRelease } from './toolchains.ts';

const SYSTEM = [OS, status(record('a', '1'))];
const generic = (inventory: Awaited<ReturnType<typeof take>>) =>
  purls(inventory).filter((each) => each.startsWith('pkg:generic'));
const program = (path: string, text: string) => ({
  path,
  content: Buffer.concat([ELF, Buffer.alloc(20_000), Buffer.from(text, 'latin1'), Buffer.alloc(100)]),
  mode: 0o755,
});

// Texts as they stand in the programs of Debian 12, or (erlang, mysql, perl) in those that their authors publish.
test.each<[string, string, string]>([
  ['bin/bash', '@(#)Bash version 5.2.15(1) release GNU\0', 'bash@5.2.15'],
  ['bin/busybox', 'BusyBox v1.35.0 (Debian 1:1.35.0-4)\0', 'busybox@1.35.0'],
  ['usr/local/bin/curl', '\0curl 7.88.1 (x86_64-pc-linux-gnu) %s\0', 'curl@7.88.1'],
  ['usr/local/lib/libcurl.so.4.8.0', 'libcurl/7.88.1\0', 'curl@7.88.1'],
  ['opt/git', '\0git/2.39.5\0', 'git@2.39.5'],
  ['usr/sbin/haproxy', 'since HAProxy version 2.5.\0\x002.6.12-1+deb12u4\0', 'haproxy@2.6.12'],
  ['usr/local/apache2/bin/httpd', 'Apache/2.4\0Apache/2.4.71\0', 'httpd@2.4.71'],
  ['usr/sbin/mariadbd', '\x0010.11.19-MariaDB\0', 'mariadb@10.11.19'],
  ['usr/bin/memcached', 'memcached 1.6.18\0', 'memcached@1.6.18'],
  ['usr/sbin/mysqld', '/build/mysql-8.0.34/sql/x.cc\0', 'mysql@8.0.34'],
  ['usr/sbin/nginx', 'nginx version: nginx/1.22.1\0', 'nginx@1.22.1'],
  ['usr/local/bin/node', 'node.js/v20.11.0\0', 'node@20.11.0'],
  ['usr/local/bin/openssl', 'OpenSSL 1.1.1w  11 Sep 2023\0', 'openssl@1.1.1w'],
  ['opt/lib/libcrypto.so.3', 'OpenSSL 3.0.22 25 Aug 2026\0', 'openssl@3.0.22'],
  ['usr/local/bin/perl', '/usr/local/lib/perl5/5.36.0/x86_64-linux-gnu\0', 'perl@5.36.0'],
  ['usr/local/bin/php', 'X-Powered-By: PHP/8.2.36\0', 'php@8.2.36'],
  ['usr/local/bin/postgres', 'postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n\0', 'postgresql@15.20'],
  ['usr/local/lib/libpython3.11.so.1.0', '\x003.11.2\0', 'python@3.11.2'],
  ['usr/local/bin/python3.13t', '\x003.13.0rc2\0', 'python@3.13.0rc2'],
  ['usr/local/bin/redis-server', 'A7.0.151790282056000000000\0', 'redis@7.0.15'],
  ['usr/local/bin/redis-check-rdb', '\x007.2.4buildkitsandbox-1706000000000000000\0', 'redis@7.2.4'],
  [
    'usr/local/lib/libruby-3.1.so.3.1',
    'ruby 3.1.7p261 (2025-03-26 revision 0a3704f218) [x86_64-linux-gnu]\0',
    'ruby@3.1.7',
  ],
])('%s says what it is', async (path, text, expected) => {
  const inventory = await take([[...SYSTEM, program(path, text)]]);
  expect([generic(inventory), inventory.missing]).toEqual([[`pkg:generic/${expected}`], []]);
  expect(inventory.packages.find((each) => each.type === 'generic')?.paths).toEqual([path]);
});

test('a program that a package owns is that package, also after it was moved into another folder by a link', async () => {
  const list = { path: 'var/lib/dpkg/info/a.list', content: '/.\n/bin/busybox\n' };
  const busybox = program('usr/bin/busybox', 'BusyBox v1.35.0\0');
  expect(generic(await take([[...SYSTEM, list, { path: 'bin', link: 'usr/bin' }, busybox]]))).toEqual([]);
  expect(generic(await take([[...SYSTEM, list, { path: 'bin', link: 'usr/bin' }], [busybox]]))).toEqual([
    'pkg:generic/busybox@1.35.0',
  ]);
});

test('an image of one known program and nothing else is explained, one of an unknown program is not', async () => {
  expect(gaps(await take([[program('busybox', 'BusyBox v1.35.0\0')]]))).toEqual([]);
  expect(gaps(await take([[program('thing', 'BusyBox v1.35.0\0')]]))).toEqual(['no-cataloger executable thing']);
});

test('a packed program is named', async () => {
  const content = Buffer.concat([ELF, Buffer.from('UPX!'), Buffer.alloc(9000)]);
  expect(gaps(await take([[...SYSTEM, { path: 'app/x', content, mode: 0o755 }]]))).toEqual([
    'no-cataloger packed-executable app/x',
  ]);
});

test('the program that runs this test is found out', async () => {
  const reader = readProgram('node', newRustBudget());
  for await (const piece of createReadStream(process.execPath, { highWaterMark: 1024 * 1024 }))
    reader.data(piece as Buffer);
  const programs = readFindings(reader.end().content ?? Buffer.alloc(0)).programs;
  expect(programs).toContainEqual({ name: 'node', version: process.versions.node });
});

describe('toolchains', () => {
  test('say their versions in files', async () => {
    const inventory = await take([
      [
        ...SYSTEM,
        { path: 'usr/local/go/VERSION', content: 'go1.22.1\ntime 2024-02-29T18:18:48Z\n' },
        {
          path: 'opt/java/release',
          content:
            'IMPLEMENTOR="Eclipse Adoptium"\nJAVA_RUNTIME_VERSION="17.0.9+9"\nJAVA_VERSION="17.0.9"\nMODULES="java.base java.compiler jdk.compiler"\n',
        },
        { path: 'opt/jre/release', content: 'JAVA_VERSION="21.0.1"\nMODULES="java.base"\n' },
        { path: 'usr/local/lib/erlang/releases/25/OTP_VERSION', content: '25.2.3\n' },
        { path: 'etc/release', content: 'something else' },
      ],
    ]);
    expect(purls(inventory)).toContain('pkg:golang/toolchain@1.22.1');
    expect(generic(inventory)).toEqual([
      'pkg:generic/erlang@25.2.3',
      'pkg:generic/jdk@17.0.9+9',
      'pkg:generic/jre@21.0.1',
    ]);
    expect(inventory.missing).toEqual([]);
  });

  test('are read from damaged files without throwing', () => {
    const random = randomOf(2);
    const release = Buffer.from(
      'IMPLEMENTOR="Eclipse Adoptium"\nJAVA_RUNTIME_VERSION="17.0.9+9"\nJAVA_VERSION="17.0.9"\n',
    );
    for (let round = 0; round < 200; round += 1) {
      parseJavaRelease(mutate(release, random));
      parseGoToolchain(mutate(Buffer.from('go1.22.1\ntime 2024-02-29T18:18:48Z\n'), random));
    }
  });
});

test('a string is found with what surrounds it, however the bytes are cut', () => {
  const content = Buffer.from(`${'x'.repeat(400)}before-NEEDLE-after${'y'.repeat(400)}NEEDLE`);
  for (let size = 1; size < 60; size += 1) {
    const found: string[] = [];
    const passing = new Passing();
    passing.seek({
      bytes: Buffer.from('NEEDLE'),
      before: 7,
      after: 12,
      most: 9,
      found: (around, at, offset) => void found.push(`${around.toString()} ${at} ${offset}`),
    });
    for (let at = 0; at < content.length; at += size) passing.data(Buffer.from(content.subarray(at, at + size)));
    passing.end();
    expect(found).toEqual(['before-NEEDLE-after 7 407', 'yyyyyyyNEEDLE 7 819']);
  }
});
