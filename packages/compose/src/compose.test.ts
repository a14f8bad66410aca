import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compose } from './compose.ts';
import { type Deb, makeArchive, makeDeb, type SignedArchive } from './fixture/signed-archive.ts';
import type { ComposeRequest } from './request.ts';
import { readTar } from './unpack/read-tar.ts';

const NOW = new Date('2026-08-02T00:00:00Z');
const BASE: Deb = {
  name: 'base-files',
  fields: { Essential: 'yes', Priority: 'required' },
  files: [
    { path: './etc/', type: 'directory' },
    { path: './etc/passwd', content: 'root:x:0:0:root:/root:/bin/sh\nwww:x:33:33::/:/bin/false\n' },
    { path: './bin/', type: 'directory' },
    { path: './bin/hello', content: '#!/bin/sh\n', mode: 0o755 },
  ],
};

let archive: SignedArchive | undefined;
let cacheDir = '';

beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'pratique-compose-test-'));
});
afterEach(async () => {
  await archive?.close();
  archive = undefined;
  await rm(cacheDir, { recursive: true });
});

async function run(
  debs: Deb[],
  request: Partial<ComposeRequest> = {},
  attack?: (archive: SignedArchive) => Promise<void> | void,
) {
  archive ??= await makeArchive(debs);
  await attack?.(archive);
  const { mirror, keyring } = archive;
  return compose(
    { suite: 'test', include: [], security: false, architecture: 'amd64', mirror, keyring, ...request },
    { fetch, cacheDir: join(cacheDir, 'cache'), now: () => NOW },
  );
}

async function listing(image: Awaited<ReturnType<typeof compose>>, layer = 0) {
  const manifest = JSON.parse(image.manifest.bytes.toString()) as {
    layers: { digest: string; size: number; mediaType: string }[];
  };
  const descriptor = manifest.layers[layer];
  if (!descriptor) throw new Error('no such layer');
  const packed = await buffer(await image.source.blob(descriptor));
  expect(`sha256:${createHash('sha256').update(packed).digest('hex')}`).toBe(descriptor.digest);
  const tar = gunzipSync(packed);
  const entries = new Map(
    [...readTar((offset, size) => tar.subarray(offset, offset + size), tar.length, 'layer')].map((entry) => [
      entry.path,
      entry,
    ]),
  );
  const text = (path: string) => {
    const entry = entries.get(path);
    return entry ? tar.toString('latin1', entry.offset, entry.offset + entry.size) : null;
  };
  return { entries, text };
}

describe('an archive in order', () => {
  test('gives the same digest twice, with every package file in the provenance', async () => {
    const debs = [BASE, { name: 'tool', fields: { Depends: 'lib' } }, { name: 'lib' }];
    const [first, second] = [await run(debs, { include: ['tool'] }), await run(debs, { include: ['tool'] })];
    expect(second.manifest.digest).toBe(first.manifest.digest);
    expect(first.packages.map((entry) => entry.name)).toEqual(['base-files', 'lib', 'tool']);
    const named = first.provenance.predicate.buildDefinition.resolvedDependencies;
    for (const entry of first.packages)
      expect(named).toContainEqual(expect.objectContaining({ digest: { sha256: entry.sha256 } }));
    expect(named[0]?.uri).toBe(`${archive?.mirror}/dists/test/InRelease`);
    await first.close();
    await second.close();
  });

  test('is laid out with a merged /usr, and files go through the links', async () => {
    const image = await run([BASE]);
    const { entries, text } = await listing(image);
    expect(entries.get('bin')).toMatchObject({ type: 'symlink', target: 'usr/bin' });
    expect(entries.get('usr/bin/hello')).toMatchObject({ type: 'file', mode: 0o755, mtime: 1_700_000_000 });
    expect(text('var/lib/dpkg/status')).toMatch(/^Package: base-files\nEssential: yes\nStatus: install ok installed\n/);
    expect(text('var/lib/dpkg/info/base-files.list')).toContain('/bin/hello\n');
    await image.close();
  });

  test('puts added files into a second layer that leaves the directories of the first as they are', async () => {
    const from = join(cacheDir, 'app');
    await mkdir(from);
    await writeFile(join(from, 'main'), 'x', { mode: 0o755 });
    const image = await run([BASE], { add: [{ from, to: '/bin' }], user: 'www', entrypoint: ['/bin/main'] });
    const { entries } = await listing(image, 1);
    expect([...entries.keys()]).toEqual(['usr', 'usr/bin', 'usr/bin/main']);
    expect(entries.get('usr/bin/main')).toMatchObject({ uid: 0, gid: 0, mode: 0o755 });
    await image.close();
  });

  test('makes what a maintainer script makes, and lists what it cannot make', async () => {
    const postinst =
      '#!/bin/sh\nset -e\nif [ "$1" = configure ]; then mkdir -p /var/lib/demo; chown www /var/lib/demo; fi\n';
    const image = await run(
      [
        BASE,
        { name: 'demo', control: { postinst } },
        {
          name: 'odd',
          control: { postinst: '#!/bin/sh\n/usr/bin/odd-tool --build /var/odd\n' },
          files: [{ path: './usr/bin/odd-tool', content: '\x7fELF', mode: 0o755 }],
        },
      ],
      { include: ['demo', 'odd'] },
    );
    const { entries } = await listing(image);
    expect(entries.get('var/lib/demo')).toMatchObject({ type: 'directory', uid: 33 });
    expect(image.scripts).toEqual([
      { package: 'demo', script: 'postinst', status: 'built-in', why: 'files' },
      {
        package: 'odd',
        script: 'postinst',
        status: 'not-covered',
        why: 'all but this was carried out: /usr/bin/odd-tool --build /var/odd',
      },
    ]);
    await image.close();
  });
});

describe('an archive that is not in order is refused', () => {
  const packages = '/dists/test/main/binary-amd64/Packages.gz';
  const change = (path: string, edit: (bytes: Buffer) => Buffer) => (target: SignedArchive) => {
    target.files.set(path, edit(target.files.get(path) ?? Buffer.alloc(0)));
  };
  test.each<[string, string, RegExp, Partial<ComposeRequest>, (archive: SignedArchive) => Promise<void> | void]>([
    [
      'when its release file was changed after signing',
      'release-signature',
      /no signature is good/,
      {},
      change('/dists/test/InRelease', (bytes) =>
        Buffer.from(bytes.toString().replace('Components: main', 'Components: evil')),
      ),
    ],
    [
      'when another key signed it',
      'release-signature',
      /no signature is good/,
      {},
      (target) => target.sign({}, 'other'),
    ],
    [
      'when text stands before the signed part',
      'release-signature',
      /first line/,
      {},
      change('/dists/test/InRelease', (bytes) => Buffer.concat([Buffer.from('Suite: evil\n'), bytes])),
    ],
    [
      'when it has expired',
      'release-expired',
      /was valid until 2026-08-01/,
      {},
      (target) => target.sign({ 'Valid-Until': 'Sat, 01 Aug 2026 12:00:00 UTC' }),
    ],
    [
      'when it is from the future',
      'release-expired',
      /after now/,
      {},
      (target) => target.sign({ Date: 'Sun, 01 Aug 2027 12:00:00 UTC' }),
    ],
    [
      'when it is another suite',
      'release-mismatch',
      /of suite other/,
      {},
      (target) => target.sign({ Suite: 'other', Codename: 'other' }),
    ],
    [
      'when its index was changed',
      'hash-mismatch',
      /Packages\.gz has/,
      {},
      change(packages, (bytes) => Buffer.concat([bytes.subarray(0, -1), Buffer.from([1])])),
    ],
    [
      'when its index is longer than signed',
      'too-large',
      /more than/,
      {},
      change(packages, (bytes) => Buffer.concat([bytes, bytes])),
    ],
    [
      'when a package was replaced',
      'hash-mismatch',
      /pool\/base-files\.deb has SHA-256/,
      {},
      change('/pool/base-files.deb', (bytes) => Buffer.from(bytes).fill(0, 8, 9)),
    ],
    [
      'when a package is cut short',
      'hash-mismatch',
      /bytes/,
      {},
      change('/pool/base-files.deb', (bytes) => bytes.subarray(0, 100)),
    ],
    [
      'when a package is missing',
      'archive-invalid',
      /does not have it/,
      {},
      (target) => void target.files.delete('/pool/base-files.deb'),
    ],
    ['when there is no such suite', 'archive-invalid', /right suite/, { suite: 'nowhere' }, () => {}],
    [
      'when there is no such package',
      'package-unknown',
      /no package nothing-here/,
      { include: ['nothing-here'] },
      () => {},
    ],
    ['when the user is nobody it knows', 'user-unknown', /the user ghost/, { user: 'ghost' }, () => {}],
    ['when the request is not well-formed', 'request-invalid', /include/, { include: ['../etc'] }, () => {}],
  ])('%s', async (_, code, message, request, attack) => {
    await expect(run([BASE], request, attack)).rejects.toMatchObject({
      name: 'ComposeError',
      code,
      message: expect.stringMatching(message),
    });
  });

  test('when it cannot be reached, even though everything is in the cache', async () => {
    await (await run([BASE])).close();
    await expect(
      compose(
        { suite: 'test', include: [], security: false, mirror: 'http://127.0.0.1:9', keyring: archive?.keyring ?? '' },
        { fetch, cacheDir: join(cacheDir, 'cache'), now: () => NOW },
      ),
    ).rejects.toMatchObject({ code: 'archive-unreachable' });
  });

  test('when a package of the cache was tampered with, it is fetched again', async () => {
    const first = await run([BASE]);
    const [entry] = first.packages;
    await writeFile(join(cacheDir, 'cache', 'sha256', entry?.sha256.slice(0, 2) ?? '', entry?.sha256 ?? ''), 'evil');
    const second = await run([BASE]);
    expect(second.manifest.digest).toBe(first.manifest.digest);
    await first.close();
    await second.close();
  });
});

describe('packages that cannot be installed are refused', () => {
  test.each<[string, string, RegExp, Deb[]]>([
    [
      'when a dependency is not there, naming the chain',
      'unsatisfiable',
      /^tool -> lib needs ghost \(>= 2\)/,
      [
        { name: 'tool', fields: { Depends: 'lib' } },
        { name: 'lib', fields: { Depends: 'ghost (>= 2)' } },
      ],
    ],
    [
      'when a dependency is too old',
      'unsatisfiable',
      /^tool needs lib \(>= 2\)/,
      [
        { name: 'tool', fields: { Depends: 'lib (>= 2)' } },
        { name: 'lib', version: '1.9' },
      ],
    ],
    [
      'when two conflict',
      'conflict',
      /tool needs rival, which conflicts with/,
      [{ name: 'tool', fields: { Depends: 'rival', Conflicts: 'rival' } }, { name: 'rival' }],
    ],
    [
      'when a path leaves the root',
      'package-invalid',
      /leaves the root/,
      [{ name: 'tool', files: [{ path: './../etc/evil', content: 'x' }] }],
    ],
    [
      'when a name means deletion in a layer',
      'package-invalid',
      /a name that layers cannot hold/,
      [{ name: 'tool', files: [{ path: './etc/.wh.passwd', content: '' }] }],
    ],
    [
      'when a path is absolute',
      'package-invalid',
      /leaves the root/,
      [{ name: 'tool', files: [{ path: '/etc/evil', content: 'x' }] }],
    ],
    [
      'when two bring the same file',
      'file-conflict',
      /both bring \/same/,
      [
        { name: 'tool', fields: { Depends: 'lib' }, files: [{ path: './same' }] },
        { name: 'lib', files: [{ path: './same' }] },
      ],
    ],
  ])('%s', async (_, code, message, debs) => {
    await expect(run([BASE, ...debs], { include: ['tool'] })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test('when the file holds another package than the index says', async () => {
    const swapped = makeDeb({ name: 'other' });
    await expect(
      run([BASE, { name: 'tool' }], { include: ['tool'] }, async (target) => {
        const path = '/dists/test/main/binary-amd64/Packages.gz';
        const old = target.files.get('/pool/tool.deb') ?? Buffer.alloc(0);
        const sum = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
        target.files.set('/pool/tool.deb', swapped);
        const text = gunzipSync(target.files.get(path) ?? Buffer.alloc(0)).toString();
        target.files.set(
          path,
          gzipSync(
            text
              .replace(sum(old), sum(swapped))
              .replace(
                `Size: ${old.length}\nSHA256: ${sum(swapped)}`,
                `Size: ${swapped.length}\nSHA256: ${sum(swapped)}`,
              ),
          ),
        );
        await target.sign();
      }),
    ).rejects.toMatchObject({ code: 'package-invalid', message: expect.stringMatching(/the file holds other 1\.0/) });
  });

  test('a link in a package cannot lead a later file out of the image', async () => {
    const image = await run(
      [
        BASE,
        {
          name: 'tool',
          files: [
            { path: './srv', type: 'symlink', target: '../../../../tmp' },
            { path: './srv/planted', content: 'x' },
          ],
        },
      ],
      { include: ['tool'] },
    );
    const { entries } = await listing(image);
    expect(entries.has('tmp/planted')).toBe(true); // the image's own /tmp
    await image.close();
  });
});
