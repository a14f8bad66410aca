import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { chooseSources } from './choose-sources.ts';

let apt = '';
beforeEach(async () => {
  apt = await mkdtemp(join(tmpdir(), 'pratique-apt-'));
  await mkdir(join(apt, 'sources.list.d'));
  await mkdir(join(apt, 'trusted.gpg.d'));
  await writeFile(join(apt, 'trusted.gpg.d', 'a.gpg'), 'trusted');
  await writeFile(join(apt, 'own.gpg'), 'own');
});
afterEach(() => rm(apt, { recursive: true }));

const summary = (sources: Awaited<ReturnType<typeof chooseSources>>) =>
  sources.map(({ mirror, suite, keyring }) => `${mirror} ${suite} ${keyring.bytes.toString()}`);
const wanted = { suite: 'bookworm', security: true, updates: true };

test('reads one-line sources, with apt’s own keyrings where the source names none', async () => {
  await writeFile(
    join(apt, 'sources.list'),
    `# a comment\ndeb-src http://a.example/debian bookworm main\ndeb http://a.example/debian/ bookworm main contrib # x\ndeb [arch=amd64 signed-by=${apt}/own.gpg] http://b.example/sec bookworm-security main\n`,
  );
  expect(summary(await chooseSources(wanted, apt))).toEqual([
    'http://a.example/debian bookworm trusted',
    'http://a.example/debian bookworm-updates trusted',
    'http://b.example/sec bookworm-security own',
  ]);
});

test('reads deb822 sources, with an embedded key, and passes over disabled ones', async () => {
  await writeFile(
    join(apt, 'sources.list.d', 'x.sources'),
    'Types: deb\nURIs: http://off.example\nSuites: bookworm\nComponents: main\nEnabled: no\n\nTypes: deb deb-src\nURIs: http://a.example/debian\nSuites: bookworm bookworm-updates\nComponents: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n -----END PGP PUBLIC KEY BLOCK-----\n',
  );
  const [base, , security] = await chooseSources(wanted, apt);
  expect(base?.keyring.bytes.toString()).toContain('-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc\n-----END');
  expect(security?.mirror).toBe('http://a.example/debian-security');
});

test('a mirror and keyring that are given need no configuration', async () => {
  const sources = await chooseSources(
    { suite: 'x', security: false, updates: false, mirror: 'https://m.example/', keyring: join(apt, 'own.gpg') },
    join(apt, 'nowhere'),
  );
  expect(summary(sources)).toEqual(['https://m.example x own']);
});

test.each([
  ['nothing says where the archive is', {}, ''],
  ['the security archive is unknown', { mirror: 'https://m.example/os', keyring: '/dev/null' }, ''],
  ['the archive is not on the web', {}, 'deb file:/srv/debian bookworm main\n'],
  ['a line cannot be read', {}, 'deb only\n'],
])('is refused when %s', async (_, given, list) => {
  await writeFile(join(apt, 'sources.list'), list);
  await expect(chooseSources({ ...wanted, ...given }, apt)).rejects.toMatchObject({ code: 'sources-invalid' });
});
