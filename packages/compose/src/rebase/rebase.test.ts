/** An application on another base: what is made, and everything that speaks against it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OCI_INDEX } from '@pratique/oci';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { judgeMissing, runInContainer, unpackImage } from '../fixture/native-judge.ts';
import { type Image, type Over, Scenario } from '../fixture/repair-scenario.ts';
import { readElfLinks } from './elf.ts';
import { type RebaseOptions, rebaseImage } from './rebase.ts';
import { rebaseIndex } from './rebase-index.ts';

let scenario: Scenario;
let base: Image;

const STATUS = '/var/lib/dpkg/status';
const IDENTITY = { digest: `sha256:${'a'.repeat(64)}`, name: 'registry.example/base:2' };

beforeAll(async () => {
  scenario = await Scenario.make([{ name: 'tool', files: [{ path: './usr/bin/tool', content: 'one' }] }], []);
  base = await scenario.image(['tool']);
});
afterAll(() => scenario.close());

type Files = Record<string, Over>;
type Manifest = { layers: { digest: string }[]; config: { digest: string }; annotations: Record<string, string> };
const manifestOf = ({ manifest }: Pick<Image, 'manifest'>) => JSON.parse(manifest.bytes.toString()) as Manifest;

/** Both bases begin alike and differ in what lies over that. */
async function rebased(files: { old?: Files; now: Files; own: Files }, options: Partial<RebaseOptions> = {}) {
  const old = await scenario.over(base, { '/etc/base-release': '1', ...files.old });
  const now = await scenario.over(base, { '/etc/base-release': '2', ...files.now });
  const own = await scenario.over(old, files.own);
  const place = ({ source, manifest }: Image) => ({ source, reference: manifest.digest });
  const result = await rebaseImage({
    ...place(own),
    oldBase: place(old),
    newBase: place(now),
    identity: IDENTITY,
    ...options,
  });
  return { old, now, own, ...result };
}

test('the application’s layers are kept byte for byte on those of the new base, and the same digest is made again', async () => {
  const files = { now: { '/usr/lib/new.txt': 'new' }, own: { '/app/run': 'mine', '/usr/bin/tool': 'mine too' } };
  const made = await rebased(files);
  expect(made.result).toMatchObject({
    conflicts: [],
    to: made.manifest.digest,
    layers: { replaced: 2, with: 2, kept: 1 },
  });
  const [before, after] = [manifestOf(made.own), manifestOf(made)];
  expect(after.layers).toEqual([...manifestOf(made.now).layers, before.layers.at(-1)]);
  expect(after.annotations).toEqual({
    'org.opencontainers.image.base.name': IDENTITY.name,
    'org.opencontainers.image.base.digest': IDENTITY.digest,
  });
  const tree = await scenario.tree(made);
  expect(
    ['/etc/base-release', '/usr/lib/new.txt', '/app/run', '/usr/bin/tool'].map((path) => tree.readText(path)),
  ).toEqual(['2', 'new', 'mine', 'mine too']);
  expect((await rebased(files)).manifest.digest).toBe(made.manifest.digest);
});

test('an image that stands on the base already stays', async () => {
  const made = await rebased({ now: {}, own: { '/app': 'x' } });
  const place = { source: made.now.source, reference: made.now.manifest.digest };
  const again = await rebaseImage({
    source: made.source,
    reference: made.manifest.digest,
    oldBase: place,
    newBase: place,
    identity: IDENTITY,
  });
  expect(again).toMatchObject({ manifest: { digest: made.manifest.digest }, result: { to: null, conflicts: [] } });
});

const ELF = readFileSync(process.execPath);
const program = readElfLinks(ELF);
const interpreter = program?.interpreter ?? '/lib64/ld-linux-x86-64.so.2';
/** Small real programs and libraries of this machine. */
const realFile = (...paths: string[]): Over | null => {
  for (const path of paths) {
    try {
      return { content: readFileSync(path, 'latin1'), mode: 0o755 };
    } catch {
      // The next place is tried.
    }
  }
  return null;
};
const TRUE = realFile('/usr/bin/true', '/bin/true');
const LIBC = realFile('/lib/x86_64-linux-gnu/libc.so.6', '/lib/aarch64-linux-gnu/libc.so.6', '/lib64/libc.so.6');
const OTHER = realFile('/lib/x86_64-linux-gnu/libdl.so.2', '/lib/aarch64-linux-gnu/libdl.so.2', '/lib64/libdl.so.2');

const libcPath = '/usr/lib/libc.so.6';
const PASSWD = 'root:x:0:0::/:/bin/sh\n';

describe('refused is', () => {
  test.for<[string, { old?: Files; now: Files; own: Files }, string[]]>([
    [
      'another package database under packages of the application',
      {
        now: { [STATUS]: 'Package: newer\n' },
        own: { [STATUS]: 'Package: mine\n', '/var/lib/dpkg/info/x.list': '/x' },
      },
      ['package-database /var/lib/dpkg'],
    ],
    [
      'a database of apk',
      {
        old: { '/lib/apk/db/installed': 'P:a' },
        now: { '/lib/apk/db/installed': 'P:b' },
        own: { '/lib/apk/db/installed': 'P:c' },
      },
      ['package-database /lib/apk'],
    ],
    [
      'a file of the base that both changed',
      { now: { '/etc/base-release': '3' }, own: { '/etc/base-release': 'x' } },
      ['file /etc/base-release'],
    ],
    [
      'a file of the base that the application deletes',
      { now: {}, own: { '/etc/base-release': null } },
      ['file /etc/base-release'],
    ],
    ['a file that both bring', { now: { '/opt/x': 'a' }, own: { '/opt/x': 'b' } }, ['file /opt/x']],
    [
      'what is new in a folder that the application deletes',
      { old: { '/opt/d/a': '1' }, now: { '/opt/d/a': '2' }, own: { '/opt/d': null } },
      ['file /opt/d/a'],
    ],
    [
      'a folder that becomes a link',
      {
        old: { '/opt/lib': { directory: true } },
        now: { '/opt/lib': { link: 'other' }, '/opt/other': { directory: true } },
        own: { '/opt/lib/mine': 'x' },
      },
      ['file /opt/lib/mine', 'folder-became-link /opt/lib'],
    ],
    [
      'another C library',
      {
        old: { [interpreter]: 'x' },
        now: { '/lib/ld-musl-x86_64.so.1': 'y', [interpreter]: null },
        own: { '/app': 'x' },
      },
      ['libc -'],
    ],
    [
      'another minor version of Python',
      {
        old: { '/usr/bin/python3.11': 'x' },
        now: { '/usr/bin/python3.12': 'x' },
        own: { '/usr/local/lib/python3.11/dist-packages/a.py': 'x' },
      },
      ['python /usr/local/lib/python3.11'],
    ],
    [
      'a script without its interpreter',
      {
        old: { '/usr/bin/perl': 'x' },
        now: {},
        own: { '/app/run': { content: '#!/usr/bin/env perl\n', mode: 0o755 }, '/usr/bin/env': 'x' },
      },
      ['interpreter /app/run'],
    ],
    [
      'a link that leads nowhere',
      { old: { '/opt/data': 'x' }, now: {}, own: { '/app/data': { link: '/opt/data' } } },
      ['link /app/data'],
    ],
    [
      'a number that is somebody else’s',
      {
        old: { '/etc/passwd': `${PASSWD}app:x:500:500::/:/bin/sh\n` },
        now: { '/etc/passwd': `${PASSWD}other:x:500:500::/:/bin/sh\n` },
        own: { '/app/mine': { content: 'x', uid: 500 } },
      },
      ['user /app/mine'],
    ],
    [
      'users of the new base that the application’s file would lose',
      {
        now: { '/etc/passwd': `${PASSWD}www:x:33:33::/:/bin/false\nfresh:x:600:600::/:/bin/sh\n` },
        own: { '/etc/passwd': `${PASSWD}www:x:33:33::/:/bin/false\nmine:x:700:700::/:/bin/sh\n` },
      },
      ['user /etc/passwd'],
    ],
  ])('%s', async ([, files, expected]) => {
    const { result, manifest, own } = await rebased(files);
    expect(result.conflicts.map(({ kind, path }) => `${kind} ${path ?? '-'}`)).toEqual(expected);
    expect([result.to, manifest.digest]).toEqual([null, own.manifest.digest]);
  });

  test('an image that was not built on the base that is named', async () => {
    const { old, now } = await rebased({ now: {}, own: {} });
    const { result } = await rebaseImage({
      source: old.source,
      reference: old.manifest.digest,
      oldBase: { source: now.source, reference: now.manifest.digest },
      newBase: { source: now.source, reference: now.manifest.digest },
      identity: IDENTITY,
    });
    expect(result.conflicts).toMatchObject([
      { kind: 'not-the-base', detail: expect.stringContaining('was not built on it') },
    ]);
  });
});

describe('a program', () => {
  test('without its loader or library in the new base is refused', async (ctx) => {
    if (!TRUE || !LIBC) return ctx.skip('this machine has no dynamic program and glibc at the usual places');
    const loader = { [interpreter]: 'x' };
    const own = { '/app/run': TRUE };
    const without = await rebased({ old: { ...loader, [libcPath]: LIBC }, now: loader, own });
    expect(without.result.conflicts).toMatchObject([
      { kind: 'library', path: '/app/run', detail: expect.stringContaining('libc.so.6') },
    ]);
    const bare = await rebased({ old: { ...loader, [libcPath]: LIBC }, now: { [libcPath]: LIBC }, own });
    expect(bare.result.conflicts).toMatchObject([{ kind: 'interpreter', path: '/app/run' }]);
    const whole = await rebased({
      old: { ...loader, [libcPath]: LIBC },
      now: { ...loader, '/opt/lib/libc.so.6': LIBC, '/etc/ld.so.conf': '/opt/lib\n' },
      own,
    });
    expect(whole.result.conflicts).toEqual([]);
  });

  test('that asks for symbol versions which the new base’s library has not is refused', async (ctx) => {
    if (!TRUE || !LIBC || !OTHER)
      return ctx.skip('this machine has no dynamic program, glibc and libdl at the usual places');
    const files = { old: { [libcPath]: LIBC }, now: { [libcPath]: OTHER }, own: { '/app/run': TRUE } };
    const { result } = await rebased(files);
    expect(result.conflicts).toMatchObject([
      { kind: 'symbol-version', detail: expect.stringMatching(/GLIBC_.* of libc\.so\.6/) },
    ]);
  });
});

test('the rebased image starts under runc, with the new base’s files', async (ctx) => {
  const missing = await judgeMissing(['runc', 'tar']);
  const sh = realFile('/bin/dash');
  if (missing !== null || !sh || !LIBC)
    return ctx.skip(missing ?? 'this machine has no dash and glibc at the usual places');
  const loader = realFile(interpreter) ?? '';
  const system = { '/bin/sh': sh, [libcPath]: LIBC, [interpreter]: loader };
  const script = '#!/bin/sh\nread release < /etc/base-release\necho "base $release, $(echo app)"\n';
  const made = await rebased({ old: system, now: system, own: { '/app/run': { content: script, mode: 0o755 } } });
  expect(made.result.conflicts).toEqual([]);
  const root = join(scenario.folder, 'rootfs');
  await unpackImage(made, root);
  expect(await runInContainer(root, ['/app/run'], `pratique-rebase-${process.pid}`)).toBe('base 2, app\n');
});

describe('allowed is', () => {
  test.for<[string, { old?: Files; now: Files; own: Files }]>([
    ['the same change on both sides', { now: { '/opt/x': 'a' }, own: { '/opt/x': 'a' } }],
    [
      'caches and logs',
      {
        now: { '/var/log/dpkg.log': 'a', '/var/cache/x': '1' },
        own: { '/var/log/dpkg.log': 'b', '/var/cache/x': '2' },
      },
    ],
    ['a database that both bases have alike', { now: {}, own: { [STATUS]: 'Package: mine\n' } }],
    ['a file of a folder that both add', { now: { '/opt/d/a': '1' }, own: { '/opt/d/b': '2' } }],
    [
      'a user that the application brings to bases with the same users',
      { now: {}, own: { '/etc/passwd': `${PASSWD}mine:x:700:700::/:/bin/sh\n`, '/app/x': { content: 'x', uid: 700 } } },
    ],
  ])('%s', async ([, files]) => {
    const { result } = await rebased(files);
    expect(result.conflicts).toEqual([]);
    expect(result.to).not.toBeNull();
  });
});

test('images of an index are put on the base’s images of their platforms, or none is', async () => {
  const made = await rebased({ now: {}, own: { '/app': 'x' } });
  const indexOf = (image: Image, architectures: string[]) => {
    const manifests = architectures.map((architecture) => ({
      mediaType: image.manifest.mediaType,
      digest: image.manifest.digest,
      size: image.manifest.bytes.length,
      platform: { os: 'linux', architecture },
    }));
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
    const raw = { digest: `index-${architectures.join()}`, mediaType: OCI_INDEX, bytes };
    const source = {
      ...image.source,
      manifest: async (wanted: string) => (wanted === raw.digest ? raw : image.source.manifest(wanted)),
    };
    return { source, reference: raw.digest };
  };
  const oldBase = indexOf(made.old, ['amd64', 'arm64']);
  const both = await rebaseIndex({
    ...indexOf(made.own, ['amd64']),
    oldBase,
    newBase: indexOf(made.now, ['amd64']),
    identity: IDENTITY,
  });
  const index = JSON.parse(both.manifest.bytes.toString()) as { manifests: { digest: string }[] };
  expect(both.changed).toBe(true);
  expect(index.manifests.map(({ digest }) => digest)).toEqual([made.manifest.digest]);
  expect((await both.source.manifest(made.manifest.digest)).digest).toBe(made.manifest.digest);
  const lacking = await rebaseIndex({
    ...indexOf(made.own, ['amd64', 'arm64']),
    oldBase,
    newBase: indexOf(made.now, ['amd64']),
    identity: IDENTITY,
  });
  expect(lacking.changed).toBe(false);
  expect(lacking.results.flatMap(({ conflicts }) => conflicts)).toMatchObject([{ kind: 'platform' }]);
});

test('what is no ELF file, or a damaged one, says nothing', () => {
  expect(readElfLinks(Buffer.from('#!/bin/sh\n'))).toBeNull();
  for (let cut = 0; cut < 4096; cut += 61) expect(() => readElfLinks(ELF.subarray(0, cut))).not.toThrow();
  const head = Buffer.from(ELF.subarray(0, 65_536));
  for (let at = 16; at < 4096; at += 7) {
    const before = head[at] ?? 0;
    head[at] = 0xff;
    expect(() => readElfLinks(head)).not.toThrow();
    head[at] = before;
  }
});
