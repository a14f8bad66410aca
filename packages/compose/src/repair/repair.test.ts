/** The repaired image as a whole: its one layer, its history, repairs of repairs, and archives that are not in order. */
import { createHash } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { OCI_INDEX } from '@pratique/oci';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { NOW, type Over, pathsOf, Scenario } from '../fixture/repair-scenario.ts';
import { type Deb, RELEASE_DATE } from '../fixture/signed-archive.ts';
import { describeRepair } from './provenance.ts';
import type { RepairOptions } from './repair.ts';
import { repairIndex } from './repair-index.ts';

const tool = (version: string, content: string, more: Partial<Deb> = {}): Deb => ({
  name: 'tool',
  version,
  files: [{ path: './usr/bin/tool', content, mode: 0o755 }],
  ...more,
});

const other = (version: string): Deb => ({ name: 'other', version, fields: { Priority: 'required' } });

let scenario: Scenario;
beforeAll(async () => {
  scenario = await Scenario.make([tool('1.0', 'one'), other('1.0')], []);
});
beforeEach(() => scenario.archive.publish('test-security', [tool('2.0', 'two')]));
afterAll(() => scenario.close());

type Json = {
  layers: { digest: string; mediaType: string }[];
  annotations?: Record<string, string>;
  config: { digest: string; mediaType: string; size: number };
};
const parsed = (image: { manifest: { bytes: Buffer } }) => JSON.parse(image.manifest.bytes.toString()) as Json;

async function repaired(over: Record<string, Over> = {}, options: Partial<RepairOptions> = {}) {
  const image = await scenario.image(['tool']);
  const subject = Object.keys(over).length > 0 ? await scenario.over(image, over) : image;
  return { image: subject, repair: await scenario.repair(subject, options) };
}

describe('a repair', () => {
  test('adds one layer to those of the original, and says where it comes from', async () => {
    const { image, repair } = await repaired();
    const [before, after] = [parsed(image), parsed(repair)];
    expect(after.layers.slice(0, -1)).toEqual(before.layers);
    expect(after.layers).toHaveLength(before.layers.length + 1);
    expect(after.annotations?.['dev.pratique.repaired-from']).toBe(image.manifest.digest);
    expect(repair.result).toMatchObject({
      from: image.manifest.digest,
      to: repair.manifest.digest,
      original: image.manifest.digest,
      layer: { digest: after.layers.at(-1)?.digest, replaces: null },
    });
    expect(repair.result.upgraded).toEqual([
      expect.objectContaining({ name: 'tool', from: '1.0', to: '2.0', suite: 'test-security', files: 1 }),
    ]);
    expect(repair.result.sources.map(({ suite }) => suite)).toEqual(['test', 'test-updates', 'test-security']);
  });

  test('makes the same bytes from the same image and packages, whenever it is made', async () => {
    const { image, repair } = await repaired();
    const again = await scenario.repair(image, { now: () => new Date(NOW.getTime() + 60_000) });
    expect(again.manifest.digest).toBe(repair.manifest.digest);
  });

  test('of a repaired image changes nothing and adds no layer', async () => {
    const { repair } = await repaired();
    const second = await scenario.repair(repair);
    expect(second.result).toMatchObject({ from: repair.manifest.digest, to: null, upgraded: [], layer: null });
    expect(second.result.original).toBe(repair.result.original);
    expect(second.manifest.digest).toBe(repair.manifest.digest);
  });

  test('replaces the layer of an earlier one, and makes what a first repair would make now', async () => {
    const { image, repair } = await repaired();
    await scenario.archive.publish('test-security', [tool('3.0', 'three')]);
    const second = await scenario.repair(repair);
    expect(parsed(second).layers).toHaveLength(parsed(repair).layers.length);
    expect(second.result.layer?.replaces).toBe(repair.result.layer?.digest);
    expect(second.result.original).toBe(image.manifest.digest);
    expect(second.result.upgraded).toEqual([expect.objectContaining({ from: '1.0', to: '3.0' })]);
    const fresh = await scenario.repair(image);
    expect(second.manifest.digest).toBe(fresh.manifest.digest);
    expect((await scenario.tree(second)).readText('/usr/bin/tool')).toBe('three');
  });

  test('drops no layer on the word of a label, where it is known which images are repairs', async () => {
    const { repair } = await repaired();
    await scenario.archive.publish('test-security', [tool('3.0', 'three')]);
    const asked: string[] = [];
    const isRepair = (digest: string) => asked.push(digest) === 0;
    const second = await scenario.repair(repair, { isRepair });
    expect(asked).toEqual([repair.manifest.digest]);
    expect(parsed(second).layers.slice(0, -1)).toEqual(parsed(repair).layers);
    expect(second.result).toMatchObject({ original: repair.manifest.digest, layer: { replaces: null } });
  });

  test('is stated with the original, the lists of packages and every package by its hash', async () => {
    const { image, repair } = await repaired();
    const { from, to, upgraded, sources } = repair.result;
    const statement = describeRepair({
      digest: to ?? '',
      name: 'registry.example/tool',
      original: from,
      results: [repair.result],
      onlyFindings: false,
      started: NOW,
      finished: NOW,
    });
    expect(statement.subject).toEqual([{ name: 'image', digest: { sha256: to?.slice(7) } }]);
    const { externalParameters, resolvedDependencies } = statement.predicate.buildDefinition;
    expect(externalParameters).toEqual({ image: `registry.example/tool@${image.manifest.digest}`, upgrades: 'all' });
    expect(resolvedDependencies.map(({ digest }) => digest.sha256)).toEqual([
      from.slice(7),
      ...sources.map(({ digest }) => digest.slice(7)),
      ...upgraded.map(({ sha256 }) => sha256),
    ]);
  });

  test('takes nothing back that an earlier one brought and the archive no longer has', async () => {
    await scenario.archive.publish('test-security', [tool('2.0', 'two'), other('2.0')]);
    const { repair } = await repaired({}, { onlyFindings: [{ name: 'tool' }] });
    await scenario.archive.publish('test-security', [other('2.0')]);
    const second = await scenario.repair(repair);
    expect(second.result.upgraded.map(({ name }) => name)).toEqual(['other']);
    expect(parsed(second).layers).toHaveLength(parsed(repair).layers.length);
    expect((await scenario.tree(second)).readText('/usr/bin/tool')).toBe('two');
  });

  test('keeps what is built on a repaired image', async () => {
    const { repair } = await repaired();
    const child = await scenario.over(repair, { '/srv/app': 'mine' });
    await scenario.archive.publish('test-security', [tool('3.0', 'three')]);
    const second = await scenario.repair(child);
    expect(parsed(second).layers).toHaveLength(parsed(child).layers.length + 1);
    const tree = await scenario.tree(second);
    expect([tree.readText('/srv/app'), tree.readText('/usr/bin/tool')]).toEqual(['mine', 'three']);
  });

  test('of a part leaves the rest for later, and a later one keeps the part', async () => {
    await scenario.archive.publish('test-security', [tool('2.0', 'two'), other('2.0')]);
    const { repair } = await repaired({}, { onlyFindings: [{ name: 'other' }] });
    expect(repair.result.upgraded.map(({ name }) => name)).toEqual(['other']);
    const second = await scenario.repair(repair, { onlyFindings: [{ name: 'tool' }] });
    expect(parsed(second).layers).toHaveLength(parsed(repair).layers.length);
    const status = (await scenario.tree(second)).readText('/var/lib/dpkg/status');
    expect(status?.match(/^Version: .*$/gm)).toEqual(['Version: 1.0', 'Version: 2.0', 'Version: 2.0']);
  });

  test('unpacks no documentation where dpkg is told to leave it out, but lists it', async () => {
    const files = [
      { path: './usr/share/doc/tool/', type: 'directory' as const },
      { path: './usr/share/doc/tool/NEWS', content: 'news' },
      { path: './usr/share/doc/tool/copyright', content: 'free' },
    ];
    await scenario.archive.publish('test-security', [tool('2.0', 'two', { files })]);
    const { repair } = await repaired({
      '/etc/dpkg/dpkg.cfg.d/docker': 'path-exclude /usr/share/doc/*\npath-include=/usr/share/doc/*/copyright\n',
    });
    const tree = await scenario.tree(repair);
    expect(pathsOf(tree).filter((path) => path.includes('/doc/'))).toEqual(['/usr/share/doc/tool/copyright']);
    expect(tree.readText('/var/lib/dpkg/info/tool.list')).toContain('/usr/share/doc/tool/NEWS\n');
  });

  test('writes below real directories where the root is not merged', async () => {
    const library = (version: string) =>
      tool(version, version, { files: [{ path: './lib/tool.so', content: version }] });
    await scenario.archive.publish('test-security', [library('2.0')]);
    const { repair } = await repaired({ '/lib': { directory: true }, '/lib/tool.so': '1.0', '/usr/bin/tool': 'one' });
    const tree = await scenario.tree(repair);
    expect(tree.lfind('/lib')).toMatchObject({ kind: 'directory' });
    expect(tree.readText('/lib/tool.so')).toBe('2.0');
    expect(tree.lfind('/usr/lib/tool.so')).toBeNull();
  });
});

describe('an image without dpkg and shell', () => {
  const control = (version: string) =>
    `Package: tool\nVersion: ${version}\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: a test\n`;
  const bare = {
    '/var/lib/dpkg/status': null,
    '/var/lib/dpkg/info/tool.list': null,
    '/var/lib/dpkg/status.d/tool': control('1.0'),
    '/var/lib/dpkg/status.d/tool.md5sums':
      'f97c5d29941bfb1b2fdab0874906ab82  usr/bin/tool\n00000000000000000000000000000000  usr/lib/libtool.so.1.0\n00000000000000000000000000000000  usr/share/man/man1/tool.1.gz\n',
    '/usr/lib/libtool.so.1.0': 'one',
    '/usr/lib/libtool.so.1': { link: 'libtool.so.1.0' },
    '/etc/tool.conf': 'packaged 1.0\n',
  };
  const newer = tool('2.0', 'two', {
    files: [
      { path: './usr/bin/tool', content: 'two', mode: 0o755 },
      { path: './usr/lib/libtool.so.2.0', content: 'two' },
      { path: './usr/lib/libtool.so.2', type: 'symlink', target: 'libtool.so.2.0' },
      { path: './usr/share/man/man1/tool.1.gz', content: 'manual' },
      { path: './etc/tool.conf', content: 'packaged 2.0\n' },
    ],
    control: {
      conffiles: '/etc/tool.conf\n',
      md5sums: 'b8a9f715dbb64fd5c56e7783c6820a61  usr/bin/tool\n',
      postinst: '#!/bin/sh\nrm -rf /\n',
    },
  });

  test('is repaired in its own form: stanza, checksums and files, no scripts, no manuals it never had', async () => {
    await scenario.archive.publish('test-security', [newer]);
    const { repair } = await repaired(bare);
    const tree = await scenario.tree(repair);
    expect(tree.readText('/var/lib/dpkg/status.d/tool')).toBe(control('2.0'));
    expect(tree.readText('/var/lib/dpkg/status.d/tool.md5sums')).toContain('b8a9f715dbb64fd5c56e7783c6820a61');
    expect(tree.lfind('/var/lib/dpkg/status')).toBeNull();
    expect(pathsOf(tree).filter((path) => /tool/.test(path) && !path.startsWith('/var'))).toEqual([
      '/etc/tool.conf',
      '/usr/bin/tool',
      '/usr/lib/libtool.so.2',
      '/usr/lib/libtool.so.2.0',
    ]);
    expect(tree.readText('/etc/tool.conf')).toBe('packaged 2.0\n');
    expect(repair.result.scripts).toEqual([
      expect.objectContaining({ package: 'tool', script: 'postinst', handled: 'not-needed' }),
    ]);
    expect((await scenario.repair(repair)).result.to).toBeNull();
  });

  test('keeps a configuration that came in a layer above', async () => {
    await scenario.archive.publish('test-security', [newer]);
    const image = await scenario.over(await scenario.image(['tool']), bare);
    const changed = await scenario.over(image, { '/etc/tool.conf': 'mine\n' });
    const tree = await scenario.tree(await scenario.repair(changed));
    expect(tree.readText('/etc/tool.conf')).toBe('mine\n');
    expect(tree.readText('/etc/tool.conf.dpkg-dist')).toBe('packaged 2.0\n');
  });
});

describe('an archive that is not in order is refused', () => {
  const security = '/dists/test-security/main/binary-amd64/Packages.gz';
  const change = (path: string, edit: (text: string) => string) => {
    const text = gunzipSync(scenario.archive.files.get(path) ?? Buffer.alloc(0)).toString();
    scenario.archive.files.set(path, gzipSync(Buffer.from(edit(text))));
  };

  test.each<[string, () => Promise<void>, string, RegExp]>([
    [
      'when its release file has expired',
      () => scenario.archive.sign({ 'Valid-Until': RELEASE_DATE }, 'own', 'test-security'),
      'release-expired',
      /test-security\/InRelease was valid until/,
    ],
    [
      'when another key signed it',
      () => scenario.archive.sign({}, 'other', 'test-security'),
      'release-signature',
      /test-security\/InRelease/,
    ],
    [
      'when its list of packages is another than what was signed',
      async () => change(security, (text) => text.replace('Version: 2.0', 'Version: 9.0')),
      'hash-mismatch',
      /test-security.*Packages/,
    ],
    [
      'when a package is another than the list says',
      async () => {
        const name = '/pool/test-security/tool_2.0.deb';
        const bytes = Buffer.from(scenario.archive.files.get(name) ?? '');
        bytes[bytes.length - 1] = 1 ^ (bytes.at(-1) ?? 0);
        scenario.archive.files.set(name, bytes);
      },
      'hash-mismatch',
      /tool_2.0.deb/,
    ],
    [
      'when it is older than what was seen before',
      async () => undefined,
      'release-rollback',
      /older than the one of 2026-08-01T12/,
    ],
  ])('%s', async (_, attack, code, message) => {
    const { mirror } = scenario.archive;
    const image = await scenario.image(['tool']);
    await attack();
    const seen = [{ uri: `${mirror}/dists/test-security/InRelease`, date: '2026-08-01T12:00:00.000Z' }];
    // Nothing of what was fetched before: the cache holds what was verified, and would do.
    const cacheDir = await mkdtemp(join(scenario.folder, 'cold-'));
    const promise = scenario.repair(image, { cacheDir, ...(code === 'release-rollback' ? { seen } : {}) });
    await expect(promise).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
  });

  test('unless it was carried here and is known to be old', async () => {
    await scenario.archive.sign({ 'Valid-Until': RELEASE_DATE }, 'own', 'test-security');
    expect((await repaired({}, { allowExpired: true })).repair.result.upgraded).toHaveLength(1);
  });
});

test('an index gets its repaired images in place, without statements about the originals', async () => {
  const image = await scenario.image(['tool']);
  const foreign = { mediaType: image.manifest.mediaType, digest: `sha256:${'a'.repeat(64)}`, size: 1 };
  const statement = { ...foreign, annotations: { 'vnd.docker.reference.digest': image.manifest.digest } };
  const child = { ...foreign, digest: image.manifest.digest, size: image.manifest.bytes.length };
  const platform = (os: string, architecture: string) => ({ platform: { os, architecture } });
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: [
        { ...child, ...platform('linux', 'amd64') },
        { ...foreign, ...platform('windows', 'amd64') },
        { ...statement, ...platform('unknown', 'unknown') },
      ],
    }),
  );
  const index = { digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, mediaType: OCI_INDEX, bytes };
  const source = {
    ...image.source,
    manifest: async (wanted: string) => (wanted === index.digest ? index : image.source.manifest(wanted)),
  };
  const { mirror, keyring } = scenario.archive;
  const options = {
    fetch,
    cacheDir: join(scenario.folder, 'cache'),
    now: () => NOW,
    archives: { mirror, keyring },
  };
  const repaired = await repairIndex({ ...options, source, reference: index.digest });
  const [first] = repaired.children;
  const after = JSON.parse(repaired.manifest.bytes.toString()) as { manifests: { digest: string; size: number }[] };
  expect(after.manifests.map(({ digest }) => digest)).toEqual([first?.repaired?.manifest.digest, foreign.digest]);
  expect(repaired.children.map(({ skipped }) => skipped)).toEqual([null, 'it is for windows', expect.any(String)]);
  const served = await repaired.source.manifest(after.manifests[0]?.digest ?? '');
  expect(served.bytes.length).toBe(after.manifests[0]?.size);
  const again = await repairIndex({ ...options, source: repaired.source, reference: repaired.manifest.digest });
  expect([again.changed, again.manifest.digest]).toEqual([false, repaired.manifest.digest]);
  await repaired.close();
  await again.close();
});

test('an image whose layer is not what its manifest says is refused', async () => {
  const image = await scenario.image(['tool']);
  const other = await scenario.over(image, { '/x': 'x' });
  const source = {
    ...other.source,
    blob: (descriptor: Parameters<typeof other.source.blob>[0]) =>
      other.source.blob(
        descriptor.mediaType.includes('layer') ? (parsed(image).layers[0] as typeof descriptor) : descriptor,
      ),
  };
  await expect(scenario.repair({ ...other, source })).rejects.toThrow(/sha256:/);
});

test('a repair that is called off stops', async () => {
  const image = await scenario.image(['tool']);
  await expect(scenario.repair(image, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
});
