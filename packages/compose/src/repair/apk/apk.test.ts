/** Images of apk repaired from repositories that the test makes and signs, compared with a fresh installation. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { inMemory } from '../../files/content.ts';
import { type Node, Tree } from '../../files/tree.ts';
import { BASELAYOUT, describeTree, Images, installApks } from '../../fixture/apk-image.ts';
import { type ApkRepository, type ApkSpec, BUILT, buildApk, makeApkRepository } from '../../fixture/apk-repository.ts';
import type { TestImage } from '../../fixture/layered-image.ts';
import { type RepairedImage, type RepairOptions, repairImage } from '../repair.ts';

const directory = (path: string, more: object = {}) => ({ path, type: 'directory' as const, ...more });
const SHELL: ApkSpec = {
  name: 'busybox',
  version: '1.0-r0',
  files: [
    directory('bin'),
    { path: 'bin/busybox', content: 'busybox', mode: 0o755 },
    { path: 'bin/sh', type: 'symlink', target: '/bin/busybox' },
  ],
};
const web = (version: string, more: Partial<ApkSpec> = {}): ApkSpec => ({
  name: 'web',
  version,
  info: { depend: ['so:libweb.so.1'], provides: [`cmd:web=${version}`] },
  files: [
    directory('etc'),
    directory('etc/web'),
    { path: 'etc/web/web.conf', content: `version ${version}` },
    directory('usr'),
    directory('usr/bin'),
    { path: 'usr/bin/web', content: `web ${version}`, mode: 0o755 },
    { path: 'usr/bin/web-alias', type: 'hardlink', target: 'usr/bin/web' },
    directory(`usr/share`),
    directory(`usr/share/web-${version}`),
    { path: `usr/share/web-${version}/readme`, content: 'read me' },
    directory('var'),
    directory('var/web', { mode: 0o750, owner: { uid: 123, gid: 124, user: 'web', group: 'web' } }),
  ],
  ...more,
});
const lib = (version: string, more: Partial<ApkSpec> = {}): ApkSpec => ({
  name: 'libweb',
  version,
  info: { provides: [`so:libweb.so.1=${version.replace(/-.*/, '')}`] },
  files: [
    directory('usr'),
    directory('usr/lib'),
    { path: `usr/lib/libweb.so.1.${version}`, content: `lib ${version}`, mode: 0o755 },
    { path: 'usr/lib/libweb.so.1', type: 'symlink', target: `libweb.so.1.${version}` },
  ],
  ...more,
});

let images: Images;
let repository: ApkRepository;
beforeAll(async () => {
  images = await Images.make();
  repository = await makeApkRepository();
});
beforeEach(() => repository.publish([BASELAYOUT, SHELL, lib('1.1-r0'), web('2.0-r1')]));
afterAll(async () => {
  await repository.close();
  await images.close();
});

const V1 = [BASELAYOUT, SHELL, lib('1.0-r0'), web('2.0-r0')];
const install = (specs: readonly ApkSpec[], database?: string) =>
  installApks(
    specs.map((spec) => repository.build(spec)),
    database,
  );

async function repair(image: TestImage, options: Partial<RepairOptions> = {}): Promise<RepairedImage> {
  const repaired = await repairImage({
    source: image.source,
    reference: image.manifest.digest,
    fetch,
    cacheDir: join(images.folder, 'cache'),
    now: () => new Date(),
    archives: { mirror: repository.mirror, keyring: repository.keyring },
    ...options,
  });
  images.later(() => repaired.close());
  return repaired;
}

const layers = ({ manifest }: { manifest: { bytes: Buffer } }) =>
  (JSON.parse(manifest.bytes.toString()) as { layers: unknown[] }).layers.length;

function over(files: Record<string, string | null>): { tree: Tree; whiteouts: Set<Node> } {
  const tree = new Tree(BUILT);
  const whiteouts = new Set<Node>();
  for (const [path, content] of Object.entries(files)) {
    const node: Node = { kind: 'file', mode: 0o644, uid: 0, gid: 0, mtime: BUILT, content: inMemory(content ?? '') };
    if (content === null) whiteouts.add(node);
    tree.put(content === null ? path.replace(/([^/]*)$/, '.wh.$1') : path, node, false);
  }
  return { tree, whiteouts };
}

describe('an image of apk', () => {
  test('becomes what a fresh installation of the newer packages is, database included', async () => {
    const image = await images.of({ tree: install(V1) });
    const repaired = await repair(image);
    expect(repaired.result.upgraded.map(({ name, from, to }) => `${name} ${from} ${to}`)).toEqual([
      'libweb 1.0-r0 1.1-r0',
      'web 2.0-r0 2.0-r1',
    ]);
    const expected = install([BASELAYOUT, SHELL, lib('1.1-r0'), web('2.0-r1')]);
    expect(describeTree(await images.tree(repaired))).toEqual(describeTree(expected));
    expect(repaired.result.sources[0]).toMatchObject({ suite: 'v3.99/main', validUntil: null });
    expect(repaired.result.sources[0]?.signedBy[0]).toMatch(/^test-0001\.rsa\.pub [0-9a-f]{64}$/);
  });

  test('is repaired once: again nothing changes, and a newer version takes the place of the layer', async () => {
    const image = await images.of({ tree: install(V1) });
    const first = await repair(image);
    const again = await repair(first);
    expect([again.result.to, again.manifest.digest, layers(again)]).toEqual([null, first.manifest.digest, 2]);
    const same = await repair(image);
    expect(same.manifest.digest).toBe(first.manifest.digest);
    repository.publish([BASELAYOUT, SHELL, lib('1.1-r0'), web('2.0-r2', { built: BUILT + 50 })]);
    const newer = await repair(first);
    expect([layers(newer), newer.result.original]).toEqual([2, image.manifest.digest]);
    expect(newer.result.upgraded.map(({ to }) => to)).toEqual(['1.1-r0', '2.0-r2']);
  });

  test('keeps configuration that somebody changed, with the new one beside it', async () => {
    const image = await images.of(
      { tree: install(V1) },
      over({ '/etc/web/web.conf': 'mine', '/usr/bin/web': 'hacked' }),
    );
    const repaired = await repair(image);
    const tree = await images.tree(repaired);
    expect(tree.readText('/etc/web/web.conf')).toBe('mine');
    expect(tree.readText('/etc/web/web.conf.apk-new')).toBe('version 2.0-r1');
    expect(tree.readText('/usr/bin/web')).toBe('web 2.0-r1');
    expect(repaired.result.differences).toEqual([
      { package: 'web', path: '/etc/web/web.conf', was: 'configuration-modified', now: 'as-before' },
      { package: 'web', path: '/usr/bin/web', was: 'modified', now: 'as-packaged' },
    ]);
  });

  test('says what it leaves, and why', async () => {
    const more: ApkSpec[] = [
      { name: 'pinned', version: '1.0-r0' },
      { name: 'tagged', version: '1.0-r0' },
      { name: 'foreign', version: '1.0-r0', arch: 'aarch64' },
      { name: 'stranger', version: '1.0-r0' },
      { name: 'needy', version: '1.0-r0' },
      { name: 'rude', version: '1.0-r0' },
    ];
    const tree = install([...V1, ...more]);
    tree.write('/etc/apk/world', inMemory('web\npinned=1.0-r0\ntagged@edge\nstranger\n'));
    repository.publish([
      BASELAYOUT,
      SHELL,
      lib('1.0-r0'),
      web('2.0-r0'),
      { name: 'pinned', version: '1.1-r0' },
      { name: 'tagged', version: '1.1-r0' },
      { name: 'needy', version: '1.1-r0', info: { depend: ['nobody>2'] } },
      { name: 'rude', version: '1.1-r0', info: { depend: ['!web'] } },
    ]);
    const { result } = await repair(await images.of({ tree }));
    expect(result.to).toBeNull();
    expect(result.left.map(({ name, reason }) => `${name} ${reason}`)).toEqual([
      'foreign foreign-architecture',
      'needy not-offered',
      'pinned pinned',
      'rude conflict',
      'stranger third-party',
      'tagged pinned',
    ]);
  });

  test('adds what an upgrade needs, and moves files between packages that replace each other', async () => {
    const extra: ApkSpec = {
      name: 'web-extra',
      version: '1.0-r0',
      info: { replaces: ['web<2.0-r1'], provides: ['so:libextra.so.2=2.0'] },
      files: [directory('usr'), directory('usr/bin'), { path: 'usr/bin/web-alias', content: 'extra', mode: 0o755 }],
    };
    const newer = web('2.0-r1', { info: { depend: ['so:libweb.so.1', 'so:libextra.so.2'] } });
    newer.files = newer.files?.filter(({ path }) => path !== 'usr/bin/web-alias') ?? [];
    repository.publish([BASELAYOUT, SHELL, lib('1.1-r0'), newer, extra]);
    const repaired = await repair(await images.of({ tree: install(V1) }));
    expect(repaired.result.upgraded.map(({ name, from }) => `${name} ${from}`)).toContain('web-extra null');
    const expected = install([BASELAYOUT, SHELL, lib('1.1-r0'), newer, extra]);
    expected.write('/etc/apk/world', inMemory('alpine-baselayout\nbusybox\nweb\n'));
    expect(describeTree(await images.tree(repaired))).toEqual(describeTree(expected));
  });

  test('leaves a package that brings the file of another', async () => {
    const newer = lib('1.1-r0');
    newer.files = [...(newer.files ?? []), directory('bin'), { path: 'bin/busybox', content: 'evil' }];
    repository.publish([BASELAYOUT, SHELL, newer, web('2.0-r1')]);
    const { result } = await repair(await images.of({ tree: install(V1) }));
    expect(result.upgraded.map(({ name }) => name)).toEqual(['web']);
    expect(result.left).toEqual([expect.objectContaining({ name: 'libweb', reason: 'file-conflict' })]);
  });

  test('upgrades only what is asked for, and what that needs', async () => {
    const newer = web('2.0-r1', { info: { depend: ['so:libweb.so.1>=1.1'] } });
    repository.publish([BASELAYOUT, { ...SHELL, version: '1.0-r9' }, lib('1.1-r0'), newer]);
    const { result } = await repair(await images.of({ tree: install(V1) }), { onlyFindings: [{ name: 'web' }] });
    expect(result.upgraded.map(({ name }) => name)).toEqual(['libweb', 'web']);
  });

  test('of Wolfi’s kind, with its database below /usr and no shell, is repaired too', async () => {
    const release: ApkSpec = {
      name: 'wolfi-baselayout',
      version: '1-r0',
      files: [directory('etc'), { path: 'etc/os-release', content: 'ID=wolfi\nVERSION_ID="20230201"\n' }],
    };
    const scripts = { 'post-upgrade': '#!/bin/sh\ntouch /made\n' };
    repository.publish([release, lib('1.1-r0'), web('2.0-r1', { scripts })], { branch: 'os', component: '' });
    for (const [path, bytes] of repository.files) repository.files.set(path.replace('/os//', '/os/'), bytes);
    const database = '/usr/lib/apk/db';
    const image = await images.of({ tree: install([release, lib('1.0-r0'), web('2.0-r0')], database) });
    const repaired = await repair(image, {
      archives: { repositories: [`${repository.mirror}/os`], keyring: repository.keyring },
    });
    const expected = install([release, lib('1.1-r0'), web('2.0-r1', { scripts })], database);
    expect(describeTree(await images.tree(repaired))).toEqual(describeTree(expected));
    expect(repaired.result.scripts).toEqual([expect.objectContaining({ package: 'web', handled: 'not-needed' })]);
  });
});

describe('scripts of apk', () => {
  const ran = async (scripts: Record<string, string>, info: Record<string, string[]> = {}) => {
    const newer = web('2.0-r1', { scripts });
    Object.assign(newer, { info: { ...newer.info, ...info } });
    repository.publish([BASELAYOUT, SHELL, lib('1.0-r0'), newer]);
    const repaired = await repair(await images.of({ tree: install(V1) }));
    return { result: repaired.result, tree: await images.tree(repaired) };
  };

  test('are carried out on the tree with the versions as arguments', async () => {
    const { result, tree } = await ran({
      'pre-upgrade':
        '#!/bin/sh\naddgroup -S web2 2>/dev/null\nadduser -S -D -H -h /var/web -s /sbin/nologin -G web2 -g web2 web2 2>/dev/null\nexit 0\n',
      'post-upgrade': '#!/bin/busybox sh\necho "$1 $2" > /var/web/versions\n',
    });
    expect(tree.readText('/var/web/versions')).toBe('2.0-r1 2.0-r0\n');
    expect(tree.readText('/etc/passwd')).toContain('web2:x:100:100:web2:/var/web:/sbin/nologin');
    expect(result.scripts.map(({ script, handled }) => `${script}: ${handled}`)).toEqual([
      'pre-upgrade 2.0-r1: built-in',
      'post-upgrade 2.0-r1: built-in',
    ]);
  });

  test('of triggers get the folders that changed', async () => {
    const { result, tree } = await ran(
      { trigger: '#!/bin/sh\necho "$@" > /var/web/folders\n' },
      { triggers: ['/usr/share/*', '/nowhere'] },
    );
    expect(tree.readText('/var/web/folders')).toBe('/usr/share/web-2.0-r1\n');
    expect(result.scripts[0]).toMatchObject({ script: 'trigger /usr/share/web-2.0-r1', handled: 'built-in' });
  });

  test('of busybox link the commands that are new', async () => {
    const scripts = {
      'post-upgrade': '#!/bin/busybox sh\nexec /bin/busybox --install -s\n',
      trigger:
        '#!/bin/sh\nfor i in "$@"; do\n case "$i" in /lib/modules/*) /bin/busybox depmod;; *) all=yes;; esac\ndone\n[ -n "$all" ] && /bin/busybox --install -s\n',
    };
    const newer: ApkSpec = {
      ...SHELL,
      version: '1.1-r0',
      info: { triggers: ['/bin /usr/bin /lib/modules/*'] },
      files: [
        ...(SHELL.files ?? []),
        directory('etc'),
        directory('etc/busybox-paths.d'),
        { path: 'etc/busybox-paths.d/busybox', content: 'bin/sh\nbin/new-command\n' },
      ],
      scripts,
    };
    repository.publish([BASELAYOUT, newer, lib('1.0-r0'), web('2.0-r0')]);
    const repaired = await repair(await images.of({ tree: install(V1) }));
    const node = (await images.tree(repaired)).lfind('/bin/new-command');
    expect(node).toMatchObject({ kind: 'symlink', target: '/bin/busybox' });
    expect(repaired.result.scripts.map(({ script, handled }) => `${script}: ${handled}`)).toEqual([
      'post-upgrade 1.1-r0: built-in',
      'trigger /bin: not-needed',
    ]);
  });

  test('that cannot be carried out keep their package as it is, and nothing of it is in the image', async () => {
    const newer = web('2.0-r1', { scripts: { 'post-upgrade': '#!/usr/bin/perl\n' } });
    repository.publish([BASELAYOUT, SHELL, lib('1.1-r0'), newer]);
    const repaired = await repair(await images.of({ tree: install(V1) }));
    expect(repaired.result.left).toEqual([expect.objectContaining({ name: 'web', reason: 'script' })]);
    expect(repaired.result.scripts).toEqual([expect.objectContaining({ package: 'web', handled: 'not-done' })]);
    const expected = install([BASELAYOUT, SHELL, lib('1.1-r0'), web('2.0-r0')]);
    expect(describeTree(await images.tree(repaired))).toEqual(describeTree(expected));
  });
});

describe('a repository that is not in order', () => {
  const refused = async (options: Partial<RepairOptions> = {}) => {
    const image = await images.of({ tree: install(V1) });
    return repair(image, { cacheDir: join(images.folder, `cache-${Math.random()}`), ...options }).then(
      () => 'accepted',
      (error: { code?: string }) => error.code ?? 'a fault',
    );
  };
  const path = '/v3.99/main/x86_64';
  const tamper = async (name: string, change: (bytes: Buffer) => Buffer) => {
    const bytes = repository.files.get(`${path}/${name}`);
    if (!bytes) throw new Error(`there is no ${name}`);
    repository.files.set(`${path}/${name}`, change(Buffer.from(bytes)));
    return refused();
  };

  test.each(['RSA', 'RSA256', 'RSA512'])('is taken with a signature of %s', async (form) => {
    repository.publish([BASELAYOUT, SHELL, lib('1.1-r0'), web('2.0-r1')], { form });
    expect(await refused()).toBe('accepted');
  });

  test('signed by another key of the same name is refused', async () => {
    repository.publish([BASELAYOUT, lib('1.1-r0')], { key: 'other' });
    expect(await refused()).toBe('release-signature');
  });

  test('without a signature is refused', async () => {
    const index = repository.files.get(`${path}/APKINDEX.tar.gz`) ?? Buffer.alloc(0);
    const second = index.indexOf(Buffer.from([0x1f, 0x8b, 8, 0]), 10);
    expect(await tamper('APKINDEX.tar.gz', (bytes) => bytes.subarray(second))).toBe('release-signature');
  });

  test('older than one that was seen is refused', async () => {
    const uri = `${repository.mirror}${path}/APKINDEX.tar.gz`;
    expect(await refused({ seen: [{ uri, date: new Date((BUILT + 1) * 1000).toISOString() }] })).toBe(
      'release-rollback',
    );
    expect(await refused({ seen: [{ uri, date: new Date(BUILT * 1000).toISOString() }] })).toBe('accepted');
  });

  test.each([
    ['another control part', 'hash-mismatch', () => buildApk(web('2.0-r1', { info: { depend: ['x'] } })).bytes],
    ['data that was changed', 'hash-mismatch', (bytes: Buffer) => flip(bytes, bytes.length - 30)],
    ['bytes at its end', 'too-large', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('x')])],
    ['half of it', 'hash-mismatch', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
  ])('whose package has %s is refused', async (_what, code, change) => {
    expect(await tamper('web-2.0-r1.apk', change)).toBe(code);
  });

  test.each([
    ['a path out of the tree', '../../etc/passwd'],
    ['an absolute path', '/etc/passwd'],
    ['a line break in a name', 'usr/a\nP:evil'],
  ])('whose package has %s is refused', async (_what, hostile) => {
    const evil = web('2.0-r1');
    evil.files = [...(evil.files ?? []), { path: hostile, content: 'evil' }];
    repository.publish([BASELAYOUT, SHELL, lib('1.1-r0'), evil]);
    expect(await refused()).toBe('package-invalid');
  });

  test('whose package writes through a link of the image stays in the tree', async () => {
    const tree = install(V1);
    tree.remove('/usr/share/web-2.0-r0');
    tree.link('/usr/share/web-2.0-r1', '../../../../../../../../tmp/pratique-outside');
    const repaired = await repair(await images.of({ tree }));
    const inside = await images.tree(repaired);
    expect(inside.readText('/tmp/pratique-outside/readme') ?? 'left').toMatch(/read me|left/);
    await expect(readFile('/tmp/pratique-outside/readme')).rejects.toThrow(/ENOENT/);
  });

  test('of a branch that is gone is said to be at its end', async () => {
    const kept = repository.files.get(`${path}/APKINDEX.tar.gz`);
    repository.files.delete(`${path}/APKINDEX.tar.gz`);
    const { result } = await repair(await images.of({ tree: install(V1) }));
    if (kept) repository.files.set(`${path}/APKINDEX.tar.gz`, kept);
    expect(result.left).toEqual([expect.objectContaining({ reason: 'end-of-life', version: 'v3.99' })]);
  });

  test('and keys that the image brings itself do not count', async () => {
    const tree = install(V1);
    tree.write('/etc/apk/keys/test-0001.rsa.pub', inMemory(await readFile(repository.keyring)));
    const error = await repair(await images.of({ tree }), { archives: { mirror: repository.mirror } }).catch(
      (each: { code?: string }) => each.code,
    );
    expect(['sources-invalid', 'release-signature']).toContain(error);
    const empty = join(images.folder, 'no-key.rsa.pub');
    await writeFile(empty, 'no key');
    expect(await refused({ archives: { mirror: repository.mirror, keyring: empty } })).toBe('sources-invalid');
  });
});

function flip(bytes: Buffer, at: number): Buffer {
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  return bytes;
}
