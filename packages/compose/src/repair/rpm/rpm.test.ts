/** Images of rpm repaired from repositories that the machine's own tools make and sign; rpm itself is the judge. */
import { appendFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { judgeMissing } from '../../fixture/native-judge.ts';
import { RpmScenario, type RpmSpec } from '../../fixture/rpm-scenario.ts';
import type { RepairOptions } from '../repair.ts';
import { openRuncSandbox } from '../sandbox/runc.ts';

const BASE: RpmSpec = {
  name: 'base',
  version: '1',
  lines: ['Provides: /bin/sh'],
  files: [
    { path: '/usr', folder: true },
    { path: '/usr/bin', folder: true },
    { path: '/bin', link: 'usr/bin' },
    { path: '/etc/os-release', content: 'ID=testos\nVERSION_ID=1\n' },
    { path: '/etc/passwd', content: 'root:x:0:0:root:/root:/bin/sh\n' },
    { path: '/etc/group', content: 'root:x:0:\n' },
    { path: '/var/log', folder: true },
    { path: '/var/tmp', folder: true },
  ],
};
const tool = (version: string, more: Partial<RpmSpec> = {}): RpmSpec => ({
  name: 'tool',
  version,
  lines: ['Requires: libtool-test', 'Requires: /bin/sh', 'Requires(post): /bin/sh'],
  files: [
    { path: '/usr/bin/tool', content: `tool ${version}`, mode: 0o755 },
    { path: '/usr/bin/tool-alias', hard: '/usr/bin/tool' },
    { path: '/usr/bin/tool-link', link: 'tool' },
    { path: '/etc/tool', folder: true, mode: 0o750 },
    { path: '/etc/tool/kept.conf', content: `kept ${version}`, attributes: '%config(noreplace)' },
    { path: '/etc/tool/taken.conf', content: `taken ${version}`, attributes: '%config' },
    { path: '/etc/tool/plain.conf', content: `plain ${version}`, attributes: '%config(noreplace)' },
    { path: '/etc/tool/same.conf', content: 'same', attributes: '%config(noreplace)' },
    { path: `/usr/share/tool/${version}`, content: 'only here' },
    { path: '/usr/share/doc/tool/readme', content: `read ${version}`, attributes: '%doc' },
    { path: '/var/lib/tool-state', content: '', attributes: '%ghost' },
  ],
  sections: {
    '%pre': `echo "pre $1 ${version}" >> /var/log/scripts`,
    '%post': `echo "post $1 ${version}" >> /var/log/scripts`,
    '%preun': `echo "preun $1 ${version}" >> /var/log/scripts`,
    '%postun': `echo "postun $1 ${version}" >> /var/log/scripts`,
    '%posttrans': `echo "posttrans $1 ${version}" >> /var/log/scripts`,
  },
  ...more,
});
const lib = (version: string, more: Partial<RpmSpec> = {}): RpmSpec => ({
  name: 'libtool-test',
  version,
  files: [{ path: '/usr/share/lib-test', content: `lib ${version}` }],
  sections: {
    '%triggerin -- tool': `echo "trigger $1 $2 lib ${version}" >> /var/log/scripts`,
    '%transfiletriggerin -- /usr/bin': 'while read -r path; do echo "file $path" >> /var/log/files; done',
  },
  ...more,
});
const V1 = [
  BASE,
  tool('1.0'),
  lib('1.0'),
  { name: 'old-name', version: '1', files: [{ path: '/usr/share/old-name', content: 'old' }] },
];
const NEW_NAME: RpmSpec = {
  name: 'new-name',
  version: '2',
  lines: ['Obsoletes: old-name < 2', 'Provides: old-name = 2'],
  files: [{ path: '/usr/share/new-name', content: 'new' }],
};
const V2 = [BASE, tool('2.0', { payload: 'w19.zstdio' }), lib('1.5', { payload: 'w6.xzdio' }), NEW_NAME];

let scenario: RpmScenario;
let missing: string | null;
let repository = '';
beforeAll(async () => {
  missing = await judgeMissing(['rpm', 'rpmbuild', 'rpmsign', 'createrepo_c', 'gpg', 'dash']);
  if (missing) return;
  scenario = await RpmScenario.make();
  repository = await scenario.publish('v2', V2);
}, 120_000);
afterAll(async () => {
  if (!missing) await scenario.close();
});

const layers = ({ manifest }: { manifest: { bytes: Buffer } }) =>
  (JSON.parse(manifest.bytes.toString()) as { layers: unknown[] }).layers.length;

describe('an image of rpm', () => {
  test('becomes what rpm itself makes of it: files, records, indexes, scripts', async (ctx) => {
    if (missing) return ctx.skip(missing);
    const root = await scenario.root(V1);
    await writeFile(join(root, 'etc/tool/kept.conf'), 'mine');
    await writeFile(join(root, 'etc/tool/taken.conf'), 'mine too');
    await writeFile(join(root, 'etc/tool/same.conf'), 'changed');
    await rm(join(root, 'etc/tool/plain.conf'));
    const repaired = await scenario.repair(await scenario.image(root), repository);
    expect(repaired.result.upgraded.map(({ name, from, to }) => `${name} ${from} ${to}`)).toEqual([
      'libtool-test 1.0-1 1.5-1',
      'new-name null 2-1',
      'tool 1.0-1 2.0-1',
    ]);
    expect(repaired.result.upgraded[1]?.replaces).toEqual([{ name: 'old-name', version: '1-1' }]);
    const ours = await scenario.unpack(repaired);
    await scenario.rpm(root, [
      '-U',
      '--nodeps',
      '--nosignature',
      ...(await Promise.all(V2.slice(1).map((spec) => scenario.build(spec)))),
    ]);
    expect(await scenario.judge(ours)).toEqual(await scenario.judge(root));
    expect(await scenario.rpm(ours, ['--verifydb'])).toBe('');
    expect(await scenario.rpm(ours, ['-qf', '/usr/bin/tool'])).toBe('tool-2.0-1.noarch\n');
    for (const log of ['var/log/scripts', 'var/log/files'])
      expect((await readFile(join(ours, log), 'utf8')).split('\n')).toEqual(
        (await readFile(join(root, log), 'utf8')).split('\n'),
      );
    expect((await scenario.files(ours)).split('\n')).toEqual((await scenario.files(root)).split('\n'));
    expect(await readFile(join(ours, 'etc/tool/kept.conf.rpmnew'), 'utf8')).toBe('kept 2.0');
    expect(await readFile(join(ours, 'etc/tool/taken.conf.rpmsave'), 'utf8')).toBe('mine too');
    expect(repaired.result.scripts.every(({ handled }) => handled === 'built-in' || handled === 'not-needed')).toBe(
      true,
    );
  }, 60_000);

  test('with files that move, change their kind, are shared or guarded, becomes what rpm makes of it', async (ctx) => {
    if (missing) return ctx.skip(missing);
    const left = (version: string, files: RpmSpec['files'] & {}, more: Partial<RpmSpec> = {}): RpmSpec => ({
      name: 'left',
      version,
      files: [{ path: '/usr/share/shared', content: 'the same' }, ...files],
      ...more,
    });
    const right = (version: string, files: RpmSpec['files'] & {}): RpmSpec => ({
      name: 'right',
      version,
      files: [
        { path: '/usr/share/shared', content: 'the same' },
        { path: '/etc/right.conf', content: version, attributes: '%config' },
        ...files,
      ],
    });
    const before = [
      BASE,
      left('1', [
        { path: '/bin/moved', content: 'one', mode: 0o4755 },
        { path: '/usr/share/left/deep/er', content: 'gone' },
        { path: '/usr/share/wanders', content: 'one' },
        { path: '/usr/share/kind', content: 'a file' },
        { path: '/etc/plain', content: 'no configuration yet' },
        { path: '/etc/dropped.conf', content: 'dropped', attributes: '%config(noreplace)' },
      ]),
      right('1', []),
    ];
    const after = [
      BASE,
      left(
        '2',
        [
          { path: '/usr/bin/moved', content: 'two', mode: 0o4755, attributes: '%caps(cap_net_raw=ep)' },
          { path: '/usr/share/kind', link: 'elsewhere' },
          { path: '/etc/plain', content: 'configuration now', attributes: '%config(noreplace)' },
          { path: '/etc/fresh.conf', content: 'fresh', attributes: '%config' },
          {
            path: '/usr/share/left-empty',
            folder: true,
            mode: 0o700,
            attributes: '%attr(0700, nobody-here, nobody-here)',
          },
        ],
        {
          sections: {
            '%filetriggerin -P 5000 -- /usr/share /etc':
              'while read -r path; do echo "left $path" >> /var/log/files; done',
            '%triggerin -- base, right': 'true',
            '%triggerun -- right, nobody': 'true',
          },
        },
      ),
      right('2', [{ path: '/usr/share/wanders', content: 'two' }]),
    ];
    const root = await scenario.root(before);
    await writeFile(join(root, 'etc/dropped.conf'), 'mine');
    await writeFile(join(root, 'etc/plain'), 'mine');
    await writeFile(join(root, 'etc/fresh.conf'), 'mine');
    await writeFile(join(root, 'etc/right.conf'), 'mine');
    const repaired = await scenario.repair(await scenario.image(root), await scenario.publish('moving', after));
    const ours = await scenario.unpack(repaired);
    await scenario.rpm(root, [
      '-U',
      '--nodeps',
      '--nosignature',
      ...(await Promise.all(after.slice(1).map((spec) => scenario.build(spec)))),
    ]);
    // rpm calls a trigger with several paths once for each, in an order of its own.
    const seen = async (at: string) => {
      const lines = (await readFile(join(at, 'var/log/files'), 'utf8')).split('\n');
      await rm(join(at, 'var/log/files'));
      return [...new Set(lines)].sort();
    };
    expect(await seen(ours)).toEqual(await seen(root));
    expect((await scenario.files(ours)).split('\n')).toEqual((await scenario.files(root)).split('\n'));
    expect(await scenario.judge(ours)).toEqual(await scenario.judge(root));
    expect(await scenario.capabilities(ours, '/usr/bin/moved')).toBe(
      await scenario.capabilities(root, '/usr/bin/moved'),
    );
  }, 60_000);

  test('is repaired once: again nothing changes, and a newer version takes the place of the layer', async (ctx) => {
    if (missing) return ctx.skip(missing);
    const image = await scenario.image(await scenario.root(V1));
    const first = await scenario.repair(image, repository);
    const again = await scenario.repair(first, repository);
    expect([again.result.to, again.manifest.digest, layers(again)]).toEqual([null, first.manifest.digest, 2]);
    expect((await scenario.repair(image, repository)).manifest.digest).toBe(first.manifest.digest);
    const third = await scenario.publish('v3', [BASE, tool('3.0'), lib('1.5', { payload: 'w6.xzdio' }), NEW_NAME]);
    const newer = await scenario.repair(first, third);
    expect([layers(newer), newer.result.original]).toEqual([2, image.manifest.digest]);
    const root = await scenario.unpack(newer);
    expect(await scenario.rpm(root, ['-q', 'tool', 'libtool-test', 'new-name'])).toBe(
      'tool-3.0-1.noarch\nlibtool-test-1.5-1.noarch\nnew-name-2-1.noarch\n',
    );
    expect(await scenario.rpm(root, ['--verifydb'])).toBe('');
  }, 60_000);

  test('says what it leaves, and why', async (ctx) => {
    if (missing) return ctx.skip(missing);
    const plain = (name: string, version: string, more: Partial<RpmSpec> = {}): RpmSpec => ({
      name,
      version,
      files: [],
      ...more,
    });
    const names = ['locked', 'excluded', 'stranger', 'needy', 'rude', 'lua', 'program', 'clash'];
    const root = await scenario.root([BASE, lib('1.0'), ...names.map((name) => plain(name, '1'))]);
    await writeFile(join(root, 'etc/yum.conf'), '[main]\nexclude=exclu*\n');
    await mkdir(join(root, 'etc/dnf/plugins'), { recursive: true });
    await writeFile(join(root, 'etc/dnf/plugins/versionlock.list'), '# by hand\nlocked-0:1-1.*\n');
    const base = await scenario.publish('left', [
      BASE,
      lib('1.0'),
      plain('locked', '2'),
      plain('excluded', '2'),
      plain('needy', '2', { lines: ['Requires: nobody > 2'] }),
      plain('rude', '2', { lines: ['Conflicts: base'] }),
      plain('lua', '2', { sections: { '%post -p <lua>': 'os.remove("/etc/passwd")' } }),
      plain('program', '2', { sections: { '%post': '/usr/libexec/nobody-has-this' } }),
      plain('clash', '2', { files: [{ path: '/usr/share/lib-test', content: 'other' }] }),
    ]);
    const { result } = await scenario.repair(await scenario.image(root), base);
    expect(result.left.map(({ name, reason }) => `${name} ${reason}`)).toEqual([
      'clash file-conflict',
      'excluded held',
      'locked held',
      'lua script',
      'needy not-offered',
      'program script',
      'rude conflict',
      'stranger third-party',
    ]);
    expect([result.to, result.upgraded]).toEqual([null, []]);
  }, 60_000);

  test('runs in the sandbox what cannot be carried out here', async (ctx) => {
    if (missing) return ctx.skip(missing);
    const sandbox = await openRuncSandbox();
    if (!sandbox) return ctx.skip('runc is not installed');
    const strange = (version: string): RpmSpec => ({
      name: 'strange',
      version,
      files: [{ path: '/usr/share/strange', content: version }],
      sections: { '%post': `/usr/bin/strange -c 'echo "made by $0" > /var/log/made' "$1"` },
    });
    const root = await scenario.root([BASE, strange('1')]);
    await cp(join(root, 'usr/bin/sh'), join(root, 'usr/bin/strange'));
    const address = await scenario.publish('strange', [BASE, strange('2')]);
    const image = await scenario.image(root);
    const without = await scenario.repair(image, address);
    expect(without.result.left).toEqual([expect.objectContaining({ name: 'strange', reason: 'script' })]);
    const repaired = await scenario.repair(image, address, { sandbox });
    expect(repaired.result.scripts).toEqual([expect.objectContaining({ script: 'post 2', handled: 'sandbox' })]);
    const ours = await scenario.unpack(repaired);
    expect(await readFile(join(ours, 'var/log/made'), 'utf8')).toBe('made by 2\n');
    expect(await scenario.files(ours)).not.toContain('pratique');
    expect(await scenario.rpm(ours, ['-V', 'strange'])).toBe('');
  }, 60_000);

  test('is brought only to security updates where the repository says which these are', async (ctx) => {
    if (missing) return ctx.skip(missing);
    const updateinfo = `<?xml version="1.0"?><updates><update type="security"><id>X-1</id><pkglist><collection><package name="libtool-test" version="1.5" release="1" epoch="0" arch="noarch"><filename>x</filename></package></collection></pkglist></update></updates>`;
    const base = await scenario.publish('secure', V2, { updateinfo });
    const { result } = await scenario.repair(await scenario.image(await scenario.root(V1.slice(0, 3))), base);
    expect(result.upgraded.map(({ name }) => name)).toEqual(['libtool-test']);
  }, 60_000);
});

describe('a repository of rpm that is not in order', () => {
  const outcome = async (address: string, options: Partial<RepairOptions> = {}) => {
    const image = await scenario.image(await scenario.root([BASE, lib('1.0')]));
    const cacheDir = join(scenario.folder, `cache-${Math.random()}`);
    return scenario.repair(image, address, { cacheDir, ...options }).then(
      ({ result }) => result.upgraded.map(({ name }) => name).join(),
      (error: { code?: string }) => error.code ?? 'a fault',
    );
  };
  const publish = (name: string, how: Parameters<RpmScenario['publish']>[2]) =>
    scenario.publish(name, [BASE, lib('1.5')], how);

  test('signed by another key is refused', async (ctx) => {
    if (missing) return ctx.skip(missing);
    expect(await outcome(await publish('other', { signer: 'other' }))).toBe('release-signature');
  }, 30_000);

  test('without a signature is taken only if its packages are signed', async (ctx) => {
    if (missing) return ctx.skip(missing);
    expect(await outcome(await publish('unsigned', { signer: null }))).toBe('release-signature');
    const signed = await publish('packages', { signer: null, packagesSigned: true });
    expect(await outcome(signed)).toBe('libtool-test');
    expect(await outcome(signed, { archives: { repositories: [signed], keyring: scenario.strangers } })).toBe(
      'release-signature',
    );
  }, 30_000);

  test('changed after it was signed is refused', async (ctx) => {
    if (missing) return ctx.skip(missing);
    const address = await publish('changed', {});
    await appendFile(join(scenario.folder, 'served/changed/repodata/repomd.xml'), '\n');
    expect(await outcome(address)).toBe('release-signature');
  }, 30_000);

  test('whose package is another than it lists is refused', async (ctx) => {
    if (missing) return ctx.skip(missing);
    const address = await publish('swapped', {});
    const path = join(scenario.folder, 'served/swapped/libtool-test-1.5-1.noarch.rpm');
    const bytes = await readFile(path);
    bytes[bytes.length - 9] = (bytes[bytes.length - 9] ?? 0) ^ 1;
    await writeFile(path, bytes);
    expect(await outcome(address)).toBe('hash-mismatch');
    await writeFile(path, bytes.subarray(0, 300));
    expect(await outcome(address)).toBe('hash-mismatch');
  }, 30_000);

  test('older than one that was seen is refused', async (ctx) => {
    if (missing) return ctx.skip(missing);
    const address = await publish('older', {});
    const seen = [{ uri: `${address}/repodata/repomd.xml`, date: new Date(Date.now() + 3_600_000).toISOString() }];
    expect(await outcome(address, { seen })).toBe('release-rollback');
  }, 30_000);

  test('is refused where nobody named keys, whatever keys the image has', async (ctx) => {
    if (missing) return ctx.skip(missing);
    const address = await publish('keyless', {});
    expect(['sources-invalid', 'release-signature']).toContain(
      await outcome(address, { archives: { repositories: [address] } }),
    );
  }, 30_000);
});
