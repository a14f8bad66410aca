/** Published advisories, taken over by the command line: signed, in order of their serials, and only what is missing. */
import { createHash } from 'node:crypto';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createLayout, OCI_MANIFEST } from '@pratique/oci';
import { importAdvisories } from '@pratique/scan';
import {
  ADVISORIES_PREDICATE_TYPE,
  ADVISORIES_TYPE,
  KEY_ANNOTATION,
  packShard,
  readSnapshotParts,
  SHARD_ANNOTATION,
  SHARD_TYPE,
  SNAPSHOT_TYPE,
} from '@pratique/scan/advisories/artifact';
import { attestImage, BUNDLE_MEDIA_TYPE, createSigner, generateKey, type Signer } from '@pratique/sign';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createHome, type TestHome } from '../testing.ts';

let home: TestHome;
let instance: Signer;
beforeEach(async () => {
  home = await createHome();
  instance = createSigner(generateKey());
});
afterEach(() => home.remove());

const sha = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const DATE = '2026-11-20T00:00:00.000Z';
type Edit = { serial: number; signer?: Signer; predicateType?: string; about?: string; spoil?: boolean };

/** The advisories of the server's folder, published into `oci:published`, as the server publishes them. */
async function publish({ serial, signer = instance, predicateType, about, spoil = false }: Edit): Promise<void> {
  const dir = join(home.dir, 'server');
  const layout = await createLayout(join(home.dir, 'published'));
  const put = async (mediaType: string, bytes: Buffer, annotations?: Record<string, string>) => {
    const descriptor = { mediaType, digest: sha(bytes), size: bytes.length, ...(annotations ? { annotations } : {}) };
    await layout.putBlob(descriptor, Readable.from([bytes]));
    return descriptor;
  };
  const snapshot = await readSnapshotParts(dir);
  const signed = await attestImage(
    { type: predicateType ?? ADVISORIES_PREDICATE_TYPE, body: { serial, date: DATE } },
    {
      subject: { mediaType: SNAPSHOT_TYPE, digest: about ?? snapshot.digest, size: 1 },
      signer,
      created: new Date(DATE),
    },
  );
  const bundle = signed.blobs.find((blob) => blob.descriptor.mediaType === BUNDLE_MEDIA_TYPE);
  const layers = [await put(BUNDLE_MEDIA_TYPE, bundle?.bytes ?? Buffer.alloc(0))];
  const other = snapshot.shards[0]?.digest ?? '';
  for (const shard of snapshot.shards)
    layers.push(
      await put(SHARD_TYPE, await packShard(dir, spoil ? other : shard.digest), { [SHARD_ANNOTATION]: shard.digest }),
    );
  const config = await put(SNAPSHOT_TYPE, snapshot.bytes);
  const annotations = { [KEY_ANNOTATION]: signer.publicKey.pem };
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      artifactType: ADVISORIES_TYPE,
      config,
      layers,
      annotations,
    }),
  );
  await layout.putManifest({ digest: sha(bytes), mediaType: OCI_MANIFEST, bytes }, 'latest');
}

/** The server imports a feed of one ecosystem. */
async function feed(ecosystem: string, id: string): Promise<void> {
  const file = join(home.dir, 'feed.json');
  const ranges = [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '2' }] }];
  await writeFile(file, JSON.stringify({ id, affected: [{ package: { ecosystem, name: 'x' }, ranges }] }));
  await importAdvisories(join(home.dir, 'server'), 'osv', file);
}

const update = (...more: string[]) =>
  home.run(['advisories', 'update', '--from', 'oci:published:latest', '--db', 'db', '--json', ...more]);
async function known(): Promise<string[]> {
  await writeFile(join(home.dir, 'purls'), 'pkg:npm/x@1.0.0\npkg:pypi/x@1\n');
  const ran = await home.run(['match', '--db', 'db', '--packages', 'purls', '--json']);
  return (JSON.parse(ran.out) as { findings: { id: string }[] }).findings.map((one) => one.id).sort();
}

test('the first update pins the key, the next ones fetch only what has changed', async () => {
  await feed('npm', 'A-1');
  await feed('PyPI', 'B-1');
  await publish({ serial: 5 });
  const first = await update();
  expect(first).toMatchObject({ code: 0, notes: '' });
  expect(JSON.parse(first.out)).toMatchObject({
    outcome: 'updated',
    serial: 5,
    pinned: true,
    shards: 2,
    fetched: 2,
    fingerprint: instance.publicKey.fingerprint,
  });
  expect(await known()).toEqual(['A-1', 'B-1']);
  await feed('npm', 'A-2');
  await publish({ serial: 6 });
  expect(JSON.parse((await update()).out)).toMatchObject({ outcome: 'updated', serial: 6, pinned: false, fetched: 1 });
  expect(await known()).toEqual(['A-2', 'B-1']);
  expect(JSON.parse((await update()).out)).toMatchObject({ outcome: 'current', fetched: 0 });
});

test.each<[string, Edit, RegExp]>([
  ['older ones', { serial: 4 }, /older than those here: serial 4 .* here is 5/],
  ['others under the same serial', { serial: 5 }, /claim the serial 5/],
  [
    'what another key has signed',
    { serial: 6, signer: createSigner(generateKey()) },
    /no trusted key|not its signature/,
  ],
  ['a statement about another snapshot', { serial: 6, about: `sha256:${'0'.repeat(64)}` }, /is about 0000/],
  [
    'another statement by the same key',
    { serial: 6, predicateType: 'https://slsa.dev/verification_summary/v1' },
    /says nothing of advisories/,
  ],
  ['shards with other bytes', { serial: 6, spoil: true }, /cannot be unpacked|others than the snapshot says/],
])('%s are not taken: the last good ones stay, and the status says why', async (_name, edit, reason) => {
  await feed('npm', 'A-1');
  await publish({ serial: 5 });
  await update();
  await feed('PyPI', 'B-1');
  await feed('npm', 'A-2');
  await publish(edit);
  const ran = await update();
  expect(ran.code).not.toBe(0);
  expect(ran.notes).toMatch(reason);
  expect(await known()).toEqual(['A-1']);
  const status = await home.run(['advisories', 'status', '--db', 'db']);
  expect(status.out).toMatch(/serial 5 of 2026-11-20/);
  expect(status.out).toMatch(/the last update failed at/);
  expect(status.out).toMatch(reason);
});

test('a key that is named counts, and a place that is gone changes nothing', async () => {
  await feed('npm', 'A-1');
  await publish({ serial: 5 });
  await writeFile(join(home.dir, 'other.pem'), createSigner(generateKey()).publicKey.pem);
  expect((await update('--key', 'other.pem')).code).not.toBe(0);
  await writeFile(join(home.dir, 'key.pem'), instance.publicKey.pem);
  expect(JSON.parse((await update('--key', 'key.pem')).out)).toMatchObject({ pinned: false });
  const gone = await home.run(['advisories', 'update', '--from', 'oci:nowhere:latest', '--db', 'db']);
  expect(gone.code).not.toBe(0);
  expect(await known()).toEqual(['A-1']);
});

test('a bundle carries them in one file, and is held to the same key and order', async () => {
  await feed('npm', 'A-1');
  await publish({ serial: 5 });
  const written = await home.run(['advisories', 'bundle', 'a.tar', '--from', 'oci:published:latest', '--json']);
  expect(JSON.parse(written.out)).toMatchObject({ serial: 5, fingerprint: instance.publicKey.fingerprint });
  const take = (file: string) => home.run(['advisories', 'import', file, '--source', 'bundle', '--db', 'db', '--json']);
  expect(JSON.parse((await take('a.tar')).out)).toMatchObject({ outcome: 'updated', pinned: true, serial: 5 });
  expect(await known()).toEqual(['A-1']);
  await feed('npm', 'A-2');
  await publish({ serial: 6 });
  await home.run(['advisories', 'bundle', 'b.tar', '--from', 'oci:published:latest']);
  expect((await take('b.tar')).code).toBe(0);
  expect(await take('a.tar')).toMatchObject({ code: 1, notes: expect.stringContaining('older than those here') });
  const bytes = await readFile(join(home.dir, 'b.tar'));
  await writeFile(join(home.dir, 'cut.tar'), bytes.subarray(0, bytes.length / 2));
  expect((await take('cut.tar')).code).not.toBe(0);
  expect(await known()).toEqual(['A-2']);
  expect((await readdir(home.dir)).filter((name) => name.includes('.part'))).toEqual([]);
});

test('the difference of two stores names packages and holes', async () => {
  await feed('npm', 'A-1');
  await cp(join(home.dir, 'server'), join(home.dir, 'before'), { recursive: true });
  await feed('npm', 'A-2');
  await feed('PyPI', 'B-1');
  const ran = await home.run(['advisories', 'diff', 'before', 'server', '--json']);
  expect(JSON.parse(ran.out)).toMatchObject({
    packages: [
      { ecosystem: 'PyPI', name: 'x', added: ['B-1'], removed: [] },
      { ecosystem: 'npm', name: 'x', added: ['A-2'], removed: ['A-1'] },
    ],
  });
  const { snapshot } = JSON.parse((await home.run(['advisories', 'status', '--db', 'before', '--json'])).out) as {
    snapshot: string;
  };
  const same = await home.run(['advisories', 'diff', snapshot, 'current', '--db', 'server']);
  expect(same.out).toContain('2 packages: 2 holes newly known, 1 gone');
});
