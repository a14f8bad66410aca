import type { PolicyEngine } from '@pratique/policy';
import { beforeAll, expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { SYSTEM_ACTOR } from '../auth/audit.ts';
import { asSystem } from '../db/connect.ts';
import { revokeImage } from '../revocation/revoke.ts';
import { configStore, makeAccount, makeImage, makeIndex, makeRules } from './account.fixture.ts';
import { type Judgement, judgeSubject } from './judge.ts';
import { readRules } from './rules.ts';

const { db } = await testDatabase();
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const deps = {
  db,
  store: configStore(),
  // No constraint, so nobody asks it.
  engine: {} as PolicyEngine,
  bundles: new Map(),
  vex: new Map(),
  publicUrl: 'http://localhost',
  now: () => new Date(),
};
const account = await asSystem(db, (tx) => makeAccount(tx, 'acme'));

beforeAll(() =>
  asSystem(db, async (tx) => {
    await makeRules(tx, account);
    for (const letter of ['a', 'b', 'c', 'd', 'e']) await makeImage(tx, account, digest(letter));
    await makeIndex(tx, account, digest('1'), [digest('b'), digest('c')]);
    await makeIndex(tx, account, digest('2'), [digest('d'), digest('e')]);
    for (const revoked of ['a', '1', 'e'])
      await revokeImage(tx, {
        accountId: account.accountId,
        account: 'acme',
        digest: digest(revoked),
        repository: null,
        reason: 'it leaks',
        actor: SYSTEM_ACTOR,
      });
  }),
);

async function judge(letter: string): Promise<Judgement | null> {
  const rules = await asSystem(db, (tx) => readRules(tx, account.accountId, deps));
  return judgeSubject(deps, rules, account, digest(letter));
}
const denials = (ruling: Judgement['whole'] | undefined) =>
  ruling?.reasons.map((reason) => `${reason.action} ${reason.constraint}`);

test.each([
  ['of an image is one reason', 'a', 1, [1]],
  ['of an index is one of its own, and one of each platform that it took with it', '1', 3, [1, 1]],
  ['of one platform denies the index that lists it', '2', 1, [0, 1]],
])('a revocation %s', async (_, letter, whole, platforms) => {
  const judged = await judge(letter);
  expect(judged?.whole).toMatchObject({ decision: 'deny', revoked: true });
  expect(denials(judged?.whole)).toEqual(Array.from({ length: whole }, () => 'deny revocation'));
  expect(judged?.platforms.map((one) => one.reasons.length)).toEqual(platforms);
});

test('an image that nothing is against is allowed; one that is not there is not judged', async () => {
  expect((await judge('b'))?.platforms[0]).toMatchObject({ decision: 'deny', revoked: true });
  expect((await judge('d'))?.whole).toEqual({
    digest: digest('d'),
    decision: 'allow',
    reasons: [],
    reviewAt: null,
    revoked: false,
  });
  expect(await judge('f')).toBeNull();
});
