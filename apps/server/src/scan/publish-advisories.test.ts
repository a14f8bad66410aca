import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImageManifest } from '@pratique/oci';
import { importAdvisories } from '@pratique/scan';
import { ADVISORIES_PREDICATE_TYPE, SHARD_TYPE } from '@pratique/scan/advisories/artifact';
import {
  attestImage,
  BUNDLE_MEDIA_TYPE,
  createSigner,
  generateKey,
  parseStatement,
  readBundle,
  requireSubject,
  verifyEnvelope,
} from '@pratique/sign';
import { sql } from 'kysely';
import { afterAll, expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { openBlobStore } from '../blobs/store.ts';
import { asSystem } from '../db/connect.ts';
import type { Signer } from '../signer/client.ts';
import { SignOrder } from '../signer/protocol.ts';
import { publishAdvisories } from './publish-advisories.ts';

const { db } = await testDatabase();
const root = await mkdtemp(join(tmpdir(), 'pratique-advisories-'));
afterAll(() => rm(root, { recursive: true, force: true }));
const store = await openBlobStore(join(root, 'blobs'));
const dir = join(root, 'advisories');
const key = createSigner(generateKey());
/** What the signer process does with an order. */
const signer = {
  key: async () => ({ keyId: 'k', publicPem: key.publicKey.pem }),
  sign: async (order: unknown) => {
    const { accountId, subject, predicates, created } = SignOrder.parse(order);
    expect(accountId).toBeNull();
    const artifact = await attestImage(predicates[0] ?? { type: '', body: {} }, {
      subject,
      signer: key,
      created: new Date(created),
    });
    const blobs = artifact.blobs.map(({ descriptor, bytes }) => ({ ...descriptor, base64: bytes.toString('base64') }));
    return { keyId: 'k', manifest: { digest: '', mediaType: '', base64: '' }, blobs, tag: null };
  },
} as unknown as Signer;
const publish = (now: string) => publishAdvisories({ db, store, signer, dir, now: () => new Date(now) });

async function feed(ecosystem: string, id: string): Promise<void> {
  const file = join(root, 'feed.json');
  const ranges = [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '2' }] }];
  await writeFile(file, JSON.stringify({ id, affected: [{ package: { ecosystem, name: 'x' }, ranges }] }));
  await importAdvisories(dir, 'osv', file);
}

async function read(digest: string): Promise<ImageManifest> {
  const { rows } = await asSystem(db, (tx) =>
    sql<{ bytes: Buffer }>`select bytes from manifest where digest = ${digest}`.execute(tx),
  );
  return ImageManifest.parse(JSON.parse(rows[0]?.bytes.toString('utf8') ?? '{}'));
}
async function blob(digest: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of store.read(digest)) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
const held = async () =>
  (
    await asSystem(db, (tx) =>
      sql<{ digest: string; tag: string | null }>`
        select m.digest, t.name as tag from repository_manifest m join repository r using (repository_id) join account a on a.account_id = r.account_id
        left join tag t on t.repository_id = r.repository_id and t.digest = m.digest where a.name = 'pratique' and r.name = 'advisories'`.execute(
        tx,
      ),
    )
  ).rows;

test('the advisories are published signed, once for each snapshot, with serials that grow and shards that are reused', async () => {
  await feed('npm', 'A-1');
  await feed('PyPI', 'B-1');
  const first = await publish('2026-11-20T00:00:00Z');
  const manifest = await read(first.manifest);
  const bundle = manifest.layers.find((layer) => layer.mediaType === BUNDLE_MEDIA_TYPE);
  const { envelope } = readBundle(await blob(bundle?.digest ?? ''));
  const statement = parseStatement(verifyEnvelope(envelope, [key.publicKey]).payload);
  requireSubject(statement, manifest.config.digest);
  expect(statement).toMatchObject({ predicateType: ADVISORIES_PREDICATE_TYPE, predicate: { serial: first.serial } });
  expect(manifest.config.digest).toBe(first.snapshot);
  expect(
    `sha256:${createHash('sha256')
      .update(await blob(first.snapshot))
      .digest('hex')}`,
  ).toBe(first.snapshot);
  expect(await publish('2026-11-20T01:00:00Z')).toEqual(first);

  await feed('npm', 'A-2');
  // The clock has gone back: the serial does not.
  const second = await publish('2020-01-01T00:00:00Z');
  expect(second.serial).toBe(first.serial + 1);
  const shards = (one: ImageManifest) =>
    one.layers.filter((layer) => layer.mediaType === SHARD_TYPE).map((layer) => layer.digest);
  const again = new Set(shards(manifest));
  expect(shards(await read(second.manifest)).filter((digest) => again.has(digest))).toHaveLength(1);
  await feed('npm', 'A-3');
  const third = await publish('2026-11-22T00:00:00Z');
  // The one before stays for who is reading it, those before go.
  expect((await held()).sort((a, b) => ((a.tag ?? '') < (b.tag ?? '') ? 1 : -1))).toEqual([
    { digest: third.manifest, tag: 'latest' },
    { digest: second.manifest, tag: null },
  ]);
});

test('nothing is published into an account of that name that people have made', async () => {
  await asSystem(db, async (tx) => {
    await sql`delete from setting where key = 'advisories.published'`.execute(tx);
  });
  await feed('npm', 'A-4');
  await expect(publish('2026-11-23T00:00:00Z')).rejects.toThrow(/people have an account pratique/);
});
