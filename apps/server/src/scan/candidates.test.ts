/** What suites offer, fetched by the child: signed, or the store stays as it was. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ensureSeed, openAdvisoryStore } from '@pratique/scan';
import * as openpgp from 'openpgp';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { readConfig } from '../config.ts';
import { updateFeeds } from './feeds.ts';

const { db } = await testDatabase();
const root = resolve(import.meta.dirname, '..', '..', '..', '..');
const dir = await mkdtemp(join(tmpdir(), 'pratique-candidates-'));
const KEY = 'Candidates:debian:12:amd64';
const files = new Map<string, Buffer>();
const server = createServer((request, response) => {
  const bytes = files.get(request.url ?? '');
  response.writeHead(bytes ? 200 : 404).end(bytes);
});
const keys = await Promise.all(
  ['archive', 'stranger'].map((name) =>
    openpgp.generateKey({ type: 'curve25519', userIDs: [{ name }], format: 'object' }),
  ),
);
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

async function put(suite: string, date: Date, packages: Record<string, string>, signer = 0): Promise<void> {
  const index = Buffer.from(
    Object.entries(packages)
      .map(([name, version]) => `Package: ${name}\nArchitecture: amd64\nVersion: ${version}\n`)
      .join('\n'),
  );
  const folder = `${suite.endsWith('-security') ? '/debian-security' : '/debian'}/dists/${suite}`;
  const text = `Suite: ${suite}\nDate: ${date.toUTCString()}\nSHA256:\n ${sha256(index)} ${index.length} main/binary-amd64/Packages\n`;
  const message = await openpgp.createCleartextMessage({ text });
  const signed = await openpgp.sign({ message, signingKeys: keys[signer]!.privateKey });
  files.set(`${folder}/InRelease`, Buffer.from(signed));
  files.set(`${folder}/main/binary-amd64/Packages`, index);
}
const ago = (days: number) => new Date(Date.now() - days * 86_400_000);

/** Fetches once. @returns why it failed, null where it did not */
async function update(): Promise<string | null> {
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { candidates } = readConfig(
    {
      PRATIQUE_CANDIDATES: 'debian:12',
      PRATIQUE_DEBIAN_MIRROR: `${at}/debian`,
      PRATIQUE_DEBIAN_KEYRING: join(dir, 'keyring.asc'),
      PRATIQUE_CACHE: join(dir, 'cache'),
    },
    root,
  );
  const deps = { db, dir: join(dir, 'store'), root, log: pino({ level: 'silent' }), fetch: globalThis.fetch };
  return (await updateFeeds(deps, candidates))['candidates-debian-12']?.error ?? null;
}

beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  await writeFile(join(dir, 'keyring.asc'), keys[0]!.publicKey.armor());
  await ensureSeed(join(dir, 'store'));
});
beforeEach(async () => {
  await put('bookworm', ago(30), { openssl: '3.0.9-1', bash: '5.2-1' });
  await put('bookworm-updates', ago(3), {});
  await put('bookworm-security', ago(2), { openssl: '3.0.22-1' });
});
afterAll(async () => {
  server.close();
  await rm(dir, { recursive: true, force: true });
});

test('a release’s suites are read into the store beside the advisories; architectures that it lacks are left out', async () => {
  expect(await update()).toBeNull();
  const store = await openAdvisoryStore(join(dir, 'store'));
  expect(store.candidate(KEY, 'openssl')).toEqual({ version: '3.0.22-1', suite: 'bookworm-security' });
  expect(store.candidate(KEY, 'bash')).toEqual({ version: '5.2-1', suite: 'bookworm' });
  expect(store.candidatesDate(KEY)?.slice(0, 10)).toBe(ago(2).toISOString().slice(0, 10));
  expect(store.candidatesDate('Candidates:debian:12:arm64')).toBeUndefined();
  expect(store.covers('Debian:12')).toBe(true);
  store.close();
});

test.each<[string, RegExp, () => Promise<void>]>([
  ['is signed by a stranger', /no signature is good/, () => put('bookworm-security', ago(1), { openssl: '9' }, 1)],
  [
    'is an older one, played back',
    /bookworm-security is of .* an older one is not taken/,
    () => put('bookworm-security', ago(20), { openssl: '3.0.10-1' }),
  ],
  [
    'is gone',
    /has no http.*bookworm-updates/,
    async () => void files.delete('/debian/dists/bookworm-updates/InRelease'),
  ],
  [
    'has another index than it has signed',
    /hash|SHA-256|bytes/i,
    async () => {
      await put('bookworm-security', ago(1), { openssl: '3.0.23-1' });
      const path = '/debian-security/dists/bookworm-security/main/binary-amd64/Packages';
      files.set(path, Buffer.from(files.get(path)!.toString().replace('3.0.23', '3.0.24')));
    },
  ],
])('what is here stays when one suite %s', async (_, reason, attack) => {
  expect(await update()).toBeNull();
  const before = await openAdvisoryStore(join(dir, 'store'));
  await attack();
  expect(await update()).toMatch(reason);
  const after = await openAdvisoryStore(join(dir, 'store'));
  expect(after.snapshot).toBe(before.snapshot);
  before.close();
  after.close();
});
