import type { ExaminedContents, Secret } from '@pratique/contract';
import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { asSystem, asTenant, type Tx } from '../db/connect.ts';
import { makeAccount, makeImage, makeVerdict } from '../gate/account.fixture.ts';
import type { Repository } from '../registry/cache.ts';
import { readFingerprintKey } from './fingerprint-key.ts';
import { readContents, readExamination } from './read-contents.ts';
import { contentsExist, storeContents } from './store-contents.ts';

const { db } = await testDatabase();
let vendor: Repository & { chainId: string };
let other: Repository;
const digestOf = (n: number) => `sha256:${String(n).padStart(64, '0')}`;
const LAYER = digestOf(999);

const SECRET: Secret = {
  id: 'github-personal-access-token',
  title: 'GitHub token',
  severity: 'critical',
  redacted: 'ghp_…',
  fingerprint: 'ab'.repeat(32),
  state: 'reachable',
  places: [{ where: 'file', path: 'srv/app.env', line: 1, column: 7, layer: LAYER, state: 'reachable' }],
  placeCount: 1,
};
const CONTENTS: ExaminedContents = {
  secrets: [SECRET],
  malware: [
    {
      id: 'eicar',
      title: 'EICAR test file',
      family: 'test-file',
      severity: 'high',
      confidence: 'high',
      engine: 'rules',
      source: 'pratique',
      path: 'srv/eicar.com',
      layer: LAYER,
      reference: null,
      sha256: 'cd'.repeat(32),
      evidence: [{ name: '$a', offset: 0, length: 68 }],
    },
  ],
  unexamined: [{ path: 'srv/a.7z', kind: 'unsupported', detail: '7z is not read' }],
  baseline: [
    check('user-is-root', 'failed', ['root']),
    check('file-capabilities', 'not-examined'),
    check('health-check', 'passed'),
    check('nginx', 'not-applicable'),
  ],
};

function check(id: string, status: 'failed' | 'passed' | 'not-examined' | 'not-applicable', evidence: string[] = []) {
  const detail = status === 'not-applicable' || status === 'not-examined' ? 'because' : null;
  const said = { title: id, reason: 'r', fix: 'f', severity: 'high' as const, profiles: [] };
  return { id, ...said, status, detail, evidence, evidenceCount: evidence.length };
}

const store = (n: number, revision: string, contents: ExaminedContents) =>
  asSystem(db, (tx) => storeContents(tx, digestOf(n), revision, { contents }));
const due = async (n: number) =>
  asSystem(db, async (tx) => {
    const { rows } = await sql<{ due: boolean }>`
      select renew_at <= now() as due from verdict where digest = ${digestOf(n)}`.execute(tx);
    return rows[0]?.due;
  });
const events = (tx: Tx) =>
  sql<{ data: Record<string, unknown> }>`select data from outbox where type = 'contents.examined' order by seq`.execute(
    tx,
  );

beforeAll(async () => {
  await asSystem(db, async (tx) => {
    vendor = await makeAccount(tx, 'vendor');
    other = await makeAccount(tx, 'other');
    for (let n = 1; n <= 6; n++) {
      await makeImage(tx, vendor, digestOf(n));
      await makeVerdict(tx, vendor, digestOf(n));
    }
  });
});

describe('contents', () => {
  test('come back as they were found, the checks that passed as well', async () => {
    await store(1, 'r1', CONTENTS);
    const read = await asTenant(db, [vendor.accountId], (tx) => readContents(tx, digestOf(1)));
    expect(read).toMatchObject({ ...CONTENTS, baseline: expect.any(Array) });
    expect(read?.baseline.map((one) => `${one.id} ${one.status} ${one.detail}`).sort()).toEqual([
      'file-capabilities not-examined because',
      'health-check passed null',
      'nginx not-applicable because',
      'user-is-root failed null',
    ]);
    expect(await asSystem(db, (tx) => contentsExist(tx, digestOf(1), 'r1'))).toBe(true);
    expect(await asSystem(db, (tx) => contentsExist(tx, digestOf(1), 'r2'))).toBe(false);
  });

  test('are told in numbers, and to nobody who does not hold the image', async () => {
    await store(2, 'r1', CONTENTS);
    const { rows } = await asTenant(db, [vendor.accountId], events);
    expect(rows.at(-1)?.data).toMatchObject({ digest: digestOf(2), secrets: 1, reachableSecrets: 1, malware: 1 });
    expect((await asTenant(db, [other.accountId], events)).rows).toEqual([]);
    const seen = async (tx: Tx) => [await readExamination(tx, digestOf(2)), await readContents(tx, digestOf(2))];
    expect(await asTenant(db, [other.accountId], seen)).toEqual([null, null]);
    for (const table of ['image_secret', 'image_malware', 'image_check', 'held_secret', 'held_malware'])
      expect(
        (await asTenant(db, [other.accountId], (tx) => sql.raw(`select * from ${table}`).execute(tx))).rows,
      ).toEqual([]);
    await expect(
      asTenant(db, [vendor.accountId], (tx) => sql`update content_examination set secret_count = 0`.execute(tx)),
    ).rejects.toThrow(/permission denied/);
  });

  test('of other rules have verdicts looked at again only where something else was found', async () => {
    await store(3, 'r1', CONTENTS);
    expect(await due(3)).toBe(true);
    await asSystem(db, (tx) => sql`update verdict set renew_at = now() + interval '1 day'`.execute(tx));
    await store(3, 'r2', CONTENTS);
    expect(await due(3)).toBe(false);
    await store(3, 'r3', { ...CONTENTS, secrets: [] });
    expect(await due(3)).toBe(true);
    expect((await asSystem(db, (tx) => readContents(tx, digestOf(3))))?.secrets).toEqual([]);
    const kept = await asSystem(db, (tx) =>
      sql<{ revision: string }>`
        select revision from content_examination where manifest_digest = ${digestOf(3)} order by examination_id`.execute(
        tx,
      ),
    );
    expect(kept.rows.map((row) => row.revision)).toEqual(['r2', 'r3']);
  });

  test('that could not be examined are not known, and are tried again twice', async () => {
    const fail = () =>
      asSystem(db, (tx) => storeContents(tx, digestOf(4), 'r1', { failure: 'it took longer than 1 s' }));
    const wait = () =>
      asSystem(db, (tx) =>
        sql`update content_examination set retry_at = now() where retry_at is not null and manifest_digest = ${digestOf(4)}`.execute(
          tx,
        ),
      );
    const exist = () => asSystem(db, (tx) => contentsExist(tx, digestOf(4), 'r1'));
    for (const again of [true, true, false]) {
      await fail();
      expect(await exist()).toBe(true);
      await wait();
      expect(await exist()).toBe(!again);
    }
    expect(await asSystem(db, (tx) => readContents(tx, digestOf(4)))).toBeNull();
    await store(4, 'r1', CONTENTS);
    expect((await asSystem(db, (tx) => readExamination(tx, digestOf(4))))?.failure).toBeNull();
  });

  test('of two that examined the same image at once are stored once', async () => {
    await Promise.all(Array.from({ length: 4 }, () => store(5, 'r1', CONTENTS)));
    const { rows } = await asSystem(db, (tx) =>
      sql`select from content_examination where manifest_digest = ${digestOf(5)}`.execute(tx),
    );
    expect(rows).toHaveLength(1);
  });

  test('with names that the database cannot hold are stored all the same', async () => {
    const path = `a${String.fromCharCode(0)}b\ud800c`;
    await store(6, 'r1', { ...CONTENTS, unexamined: [{ path, kind: 'limit', detail: path }] });
    const read = await asSystem(db, (tx) => readContents(tx, digestOf(6)));
    expect(read?.unexamined[0]?.path).toBe('a\ufffdb\ufffdc');
  });
});

test('the key of fingerprints is one for all processes, and the salt lies sealed', async () => {
  const purposes: string[] = [];
  const signer = {
    seal: async (purpose: string, plain: string) => {
      purposes.push(purpose);
      const said = { version: 1 as const, purpose, masterId: 'm', salt: '', nonce: '', tag: '' };
      return { ...said, ciphertext: Buffer.from(plain).toString('hex') };
    },
    open: async (_: string, sealed: unknown) =>
      Buffer.from((sealed as { ciphertext: string }).ciphertext, 'hex').toString(),
  };
  const keys = await Promise.all(Array.from({ length: 4 }, () => readFingerprintKey(db, signer)));
  expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1);
  expect(keys[0]).toHaveLength(32);
  expect(new Set(purposes)).toEqual(new Set(['installation/fingerprint-salt']));
});
