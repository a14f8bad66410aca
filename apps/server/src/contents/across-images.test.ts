import type { ExaminedContents, Secret } from '@pratique/contract';
import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { asSystem, asTenant } from '../db/connect.ts';
import { makeAccount, makeImage, makeVerdict } from '../gate/account.fixture.ts';
import type { Repository } from '../registry/cache.ts';
import { countContents, listHeldMalware, listHeldSecrets, listSecretHolders, readHeldSecret } from './across-images.ts';
import { storeContents } from './store-contents.ts';

const { db } = await testDatabase();
const digestOf = (n: number) => `sha256:${String(n).padStart(64, '0')}`;
const fingerprintOf = (n: number) => n.toString(16).padStart(64, 'f');
const secret = (n: number, over: Partial<Secret> = {}): Secret => ({
  id: 'npm-token',
  title: 'npm token',
  severity: 'high',
  redacted: 'npm_…',
  fingerprint: fingerprintOf(n),
  state: 'reachable',
  places: [{ where: 'file', path: `srv/${n}`, line: 1, column: 1, layer: null, state: 'reachable' }],
  placeCount: 1,
  ...over,
});
const contents = (secrets: Secret[], malware: ExaminedContents['malware'] = []): ExaminedContents => ({
  secrets,
  malware,
  unexamined: [],
  baseline: [],
});
const MINER: ExaminedContents['malware'][number] = {
  id: 'miner',
  title: 'Miner',
  family: 'miner',
  severity: 'high',
  confidence: 'high',
  engine: 'rules',
  source: 'pratique',
  path: 'usr/bin/x',
  layer: null,
  reference: null,
  evidence: [],
};
let mine: Repository & { chainId: string };
let theirs: Repository & { chainId: string };

beforeAll(() =>
  asSystem(db, async (tx) => {
    mine = await makeAccount(tx, 'mine');
    theirs = await makeAccount(tx, 'theirs');
    for (let n = 1; n <= 5; n++) await makeImage(tx, mine, digestOf(n));
    await makeImage(tx, theirs, digestOf(6));
    await makeVerdict(tx, mine, digestOf(1), { decision: 'deny' });
    await sql`insert into tag (account_id, repository_id, name, digest) values (${mine.accountId}, ${mine.repositoryId}, 'v1', ${digestOf(1)})`.execute(
      tx,
    );
    const store = (n: number, all: ExaminedContents) => storeContents(tx, digestOf(n), 'r', { contents: all });
    await store(
      1,
      contents([secret(1), secret(2, { severity: 'critical' })], [MINER, { ...MINER, path: 'usr/bin/y' }]),
    );
    await store(2, contents([secret(1, { state: 'removed-later' }), secret(3, { severity: 'low' })]));
    await store(3, contents([]));
    await storeContents(tx, digestOf(4), 'r', { failure: 'it took too long' });
    // Of the fifth nobody knows anything yet.
    await store(6, contents([secret(1), secret(9)], [MINER]));
  }),
);
const asMine = <T>(work: Parameters<typeof asTenant<T>>[2]) => asTenant(db, [mine.accountId], work);

describe('secrets of an account', () => {
  test('are each told once, the worst first, and none of other accounts', async () => {
    const { secrets, next } = await asMine((tx) => listHeldSecrets(tx, mine.accountId, { limit: 10 }));
    expect(next).toBeNull();
    expect(secrets.map((one) => [one.fingerprint, one.severity, one.state, one.images])).toEqual([
      [fingerprintOf(2), 'critical', 'reachable', 1],
      [fingerprintOf(1), 'high', 'reachable', 2],
      [fingerprintOf(3), 'low', 'reachable', 1],
    ]);
  });

  test('come in pages that neither repeat nor leave out', async () => {
    const seen: string[] = [];
    for (let after: string | undefined, turn = 0; turn < 4; turn++) {
      const page = await asMine((tx) => listHeldSecrets(tx, mine.accountId, { limit: 1, ...(after ? { after } : {}) }));
      seen.push(...page.secrets.map((one) => one.fingerprint));
      if (page.next === null) break;
      after = page.next;
    }
    expect(seen).toEqual([2, 1, 3].map(fingerprintOf));
  });

  test.each([
    [{ severity: 'low' as const }, [3]],
    [{ state: 'removed-later' as const }, []],
    [{ kind: 'other' }, []],
    [{ repository: 'app' }, [2, 1, 3]],
    [{ repository: 'none' }, []],
  ])('are narrowed by %o', async (filter, expected) => {
    const { secrets } = await asMine((tx) => listHeldSecrets(tx, mine.accountId, { limit: 10, ...filter }));
    expect(secrets.map((one) => one.fingerprint)).toEqual(expected.map(fingerprintOf));
  });

  test('are recognised in all images that hold them, with their places', async () => {
    expect(await asMine((tx) => readHeldSecret(tx, mine.accountId, fingerprintOf(1)))).toMatchObject({ images: 2 });
    expect(await asMine((tx) => readHeldSecret(tx, mine.accountId, fingerprintOf(9)))).toBeNull();
    const list = (after?: string) =>
      asMine((tx) => listSecretHolders(tx, mine.accountId, fingerprintOf(1), { limit: 1, after }));
    const first = await list();
    expect(first.images).toMatchObject([
      { repository: 'app', digest: digestOf(1), tags: ['v1'], decision: 'deny', verdictState: 'valid', placeCount: 1 },
    ]);
    const second = await list(first.next ?? '');
    expect(second).toMatchObject({ images: [{ digest: digestOf(2), state: 'removed-later', tags: [] }], next: null });
  });
});

test('malware of an account is told by image and file', async () => {
  const list = (after?: string) => asMine((tx) => listHeldMalware(tx, mine.accountId, { limit: 1, after }));
  const first = await list();
  const second = await list(first.next ?? '');
  expect([...first.malware, ...second.malware].map((one) => `${one.tags} ${one.match.path}`)).toEqual([
    'v1 usr/bin/x',
    'v1 usr/bin/y',
  ]);
  expect(second.next).toBeNull();
});

test('what was not examined is counted as such', async () => {
  expect(await asSystem(db, (tx) => countContents(tx, mine.accountId))).toEqual({
    withSecrets: 2,
    withReachableSecrets: 2,
    withMalware: 1,
    notExamined: 2,
  });
});
