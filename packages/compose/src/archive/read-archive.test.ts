/** The suites of a release from a signed archive on this machine, and what an attacker in between may try. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as openpgp from 'openpgp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ArchivePlace, readArchive } from './read-archive.ts';

const NOW = new Date('2026-08-02T00:00:00Z');
const MIRROR = 'http://a.example/debian';
const SECURITY = 'http://a.example/debian-security';
const PATH = 'main/binary-amd64/Packages';
let folder = '';
let own: openpgp.PrivateKey;
let stranger: openpgp.PrivateKey;
let files: Map<string, Buffer>;

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const stanza = (version: string) => Buffer.from(`Package: a\nVersion: ${version}\nArchitecture: amd64\n`);

/** Puts a suite into the archive; fields replace those of the same name, null leaves one out. */
async function put(
  suite: string,
  version: string,
  {
    key = own,
    fields = {},
    index = stanza(version),
  }: { key?: openpgp.PrivateKey; fields?: Record<string, string>; index?: Buffer } = {},
): Promise<void> {
  const dists = `${suite.endsWith('-security') ? SECURITY : MIRROR}/dists/${suite}`;
  const packed = gzipSync(index);
  files.set(`${dists}/${PATH}.gz`, packed);
  const all = { Suite: suite, Codename: suite, Date: 'Sat, 01 Aug 2026 10:00:00 UTC', ...fields };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\n`);
  const text = `${head.join('')}SHA256:\n ${sha256(packed)} ${packed.length} ${PATH}.gz\n ${sha256(index)} ${index.length} ${PATH}\n`;
  const message = await openpgp.createCleartextMessage({ text });
  const signed = await openpgp.sign({ message, signingKeys: key, date: new Date('2026-08-01T10:00:00Z') });
  files.set(`${dists}/InRelease`, Buffer.from(signed));
}

const serve: typeof fetch = async (input) => {
  const bytes = files.get(input instanceof Request ? input.url : new URL(input).href);
  return new Response(bytes ? new Uint8Array(bytes) : null, { status: bytes ? 200 : 404 });
};
const read = (place: ArchivePlace = {}, more: { allowExpired?: boolean; aptDir?: string } = {}) =>
  readArchive(
    { distribution: 'debian', codename: 'test', mirror: MIRROR, keyring: join(folder, 'own.asc'), ...place },
    { fetch: serve, cacheDir: join(folder, 'cache'), now: () => NOW, aptDir: join(folder, 'nowhere'), ...more },
  );
const code = (work: Promise<unknown>) =>
  work.then(
    () => 'taken',
    (error: { code?: string }) => error.code,
  );

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-read-archive-'));
  const make = async (name: string) =>
    openpgp.readPrivateKey({
      armoredKey: (
        await openpgp.generateKey({
          type: 'ecc',
          curve: 'ed25519Legacy',
          userIDs: [{ name }],
          date: new Date('2026-01-01'),
          format: 'armored',
        })
      ).privateKey,
    });
  [own, stranger] = [await make('archive'), await make('stranger')];
  await writeFile(join(folder, 'own.asc'), own.toPublic().armor());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the suites of a release', () => {
  const whole = async () => {
    files = new Map();
    await put('test', '1');
    await put('test-updates', '2');
    await put('test-security', '3', { fields: { 'Valid-Until': 'Sat, 08 Aug 2026 10:00:00 UTC' } });
  };

  test('are read with their dates, from the mirror and the security archive beside it', async () => {
    await whole();
    const suites = await read();
    expect(suites.map(({ name, date }) => `${name} ${date.toISOString()}`)).toEqual([
      'test 2026-08-01T10:00:00.000Z',
      'test-updates 2026-08-01T10:00:00.000Z',
      'test-security 2026-08-01T10:00:00.000Z',
    ]);
    const indexes = await Promise.all(suites.map((suite) => suite.index('main', 'amd64')));
    expect(indexes.map((bytes) => /Version: (.*)/.exec(String(bytes))?.[1])).toEqual(['1', '2', '3']);
    expect(await suites[2]?.index('main', 's390x')).toBeNull();
    expect(await suites[0]?.index('contrib', 'amd64')).toBeNull();
  });

  test('are found by the apt configuration where nothing is named', async () => {
    await whole();
    const apt = join(folder, 'apt');
    await mkdir(join(apt, 'sources.list.d'), { recursive: true });
    const line = (uri: string, suite: string) => `deb [signed-by=${folder}/own.asc] ${uri} ${suite} main\n`;
    await writeFile(
      join(apt, 'sources.list'),
      `${line('http://other.example/x', 'nodistro')}${line(MIRROR, 'elder')}${line(SECURITY, 'elder-security')}`,
    );
    const suites = await read({ mirror: undefined, keyring: undefined }, { aptDir: apt });
    expect(suites.map((suite) => suite.url)).toEqual([
      `${MIRROR}/dists/test/InRelease`,
      `${MIRROR}/dists/test-updates/InRelease`,
      `${SECURITY}/dists/test-security/InRelease`,
    ]);
  });

  test.each<[string, string, () => Promise<void>]>([
    ['signed by a stranger', 'release-signature', () => put('test-security', '9', { key: stranger })],
    [
      'past its expiry',
      'release-expired',
      () => put('test-security', '3', { fields: { 'Valid-Until': 'Sat, 01 Aug 2026 12:00:00 UTC' } }),
    ],
    [
      'from the future',
      'release-expired',
      () => put('test-updates', '3', { fields: { Date: 'Sat, 08 Aug 2026 12:00:00 UTC' } }),
    ],
    [
      'of another suite under its name',
      'release-mismatch',
      () => put('test-security', '3', { fields: { Suite: 'elder-security', Codename: 'elder-security' } }),
    ],
    [
      'of a kind that apt takes nothing from by itself',
      'release-mismatch',
      () => put('test-updates', '9', { fields: { NotAutomatic: 'yes', ButAutomaticUpgrades: 'yes' } }),
    ],
    ['away', 'archive-invalid', async () => void files.delete(`${SECURITY}/dists/test-security/InRelease`)],
  ])('are refused as a whole when one is %s', async (_, expected, attack) => {
    await whole();
    await attack();
    expect(await code(read())).toBe(expected);
  });

  test('may be past their expiry in a copy that somebody carried here', async () => {
    await whole();
    await put('test-security', '3', { fields: { 'Valid-Until': 'Sat, 01 Aug 2026 12:00:00 UTC' } });
    expect(await code(read({}, { allowExpired: true }))).toBe('taken');
  });

  test('give no index but the one that is signed', async () => {
    await whole();
    files.set(`${SECURITY}/dists/test-security/${PATH}.gz`, gzipSync(stanza('9')));
    const suites = await read();
    await rm(join(folder, 'cache'), { recursive: true, force: true });
    expect(await code(suites[2]!.index('main', 'amd64'))).toMatch(/^(hash-mismatch|too-large|archive-unreachable)$/);
  });

  test.each([
    ['a codename that leaves the archive', { codename: '../x' }, 'request-invalid'],
    ['a mirror that is not on the web', { mirror: 'file:///srv' }, 'sources-invalid'],
    ['a keyring that is not there', { keyring: '/nowhere.gpg' }, 'sources-invalid'],
  ])('are not asked for with %s', async (_, given, expected) => {
    await whole();
    expect(await code(read(given as ArchivePlace))).toBe(expected);
  });
});
