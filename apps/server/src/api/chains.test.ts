/** Chains by the API: what is wrong with a draft, and two who change one chain at a time. */
import { ChainVersion } from '@pratique/contract';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { asSystem } from '../db/connect.ts';
import { openApp } from './app.fixture.ts';

const { db, openSession, ask } = await openApp();
const token = await openSession();
const VALIDATION = '/api/v1/accounts/vendor/chains/validation';
const definition = {
  name: 'web',
  repositories: ['web/**'],
  steps: [
    { name: 'gate', kind: 'gate' },
    { name: 'sign', kind: 'sign', needs: ['gate'] },
  ],
};
const examine = async (draft: unknown): Promise<unknown> =>
  (await ask('POST', VALIDATION, token, { definition: draft })).json();

describe('a draft', () => {
  test('that is a chain comes back whole, from YAML as well, and nothing is stored', async () => {
    const whole = { valid: true, definition: { ...definition, steps: [{ kind: 'gate' }, { needs: ['gate'] }] } };
    expect(await examine(definition)).toMatchObject(whole);
    expect(await examine(JSON.stringify(definition))).toMatchObject(whole);
    const { rows } = await asSystem(db, (tx) =>
      sql`select 1 from chain where name = 'web' union all select 1 from audit where action like 'chain%'`.execute(tx),
    );
    expect(rows).toEqual([]);
  });

  test.each<[string, unknown, RegExp, string | null, boolean]>([
    [
      'a signature that no gate precedes',
      { ...definition, steps: [{ name: 'sign', kind: 'sign' }] },
      /must need a gate/,
      'sign',
      true,
    ],
    [
      'a kind that is none',
      { ...definition, steps: [...definition.steps, { name: 'fly', kind: 'fly' }] },
      /steps\.2\.kind/,
      'fly',
      false,
    ],
    [
      'two steps of a name',
      {
        ...definition,
        steps: [
          { name: 'a', kind: 'scan' },
          { name: 'a', kind: 'gate' },
        ],
      },
      /same name/,
      'a',
      true,
    ],
    [
      'a parameter that is none',
      { ...definition, steps: [{ name: 'ask', kind: 'approval', with: { approvals: 0 } }] },
      /with\.approvals/,
      'ask',
      true,
    ],
    ['text that is no YAML', 'name: [', /not valid YAML/, null, false],
    ['nothing at all', '', /invalid at its root/, null, false],
    ['no steps', { name: 'web', repositories: ['**'], steps: [] }, /invalid at steps/, null, false],
  ])('%s is told in words, at its step', async (_case, draft, error, step, shaped) => {
    const answer = await examine(draft);
    expect(answer).toMatchObject({ valid: false, error: expect.stringMatching(error) as string, step });
    expect((answer as { definition: unknown }).definition !== null).toBe(shaped);
  });

  test('of another account is nobody’s business', async () => {
    expect((await ask('POST', VALIDATION.replace('vendor', 'strangers'), token, { definition })).statusCode).toBe(404);
  });
});

test('whoever changed an older version is told of the newer one, replaces nothing, and each change is an event', async () => {
  const put = (more: object) => ask('PUT', '/api/v1/accounts/vendor/chains/web', token, { definition, ...more });
  expect(ChainVersion.parse((await put({ ifVersion: 0 })).json()).version).toBe(1);
  expect((await put({ ifVersion: 0 })).statusCode).toBe(409);
  expect(ChainVersion.parse((await put({ ifVersion: 1 })).json()).version).toBe(2);
  const late = await put({ ifVersion: 1 });
  expect([late.statusCode, late.body]).toEqual([409, expect.stringContaining('version 2 by now')]);
  expect(ChainVersion.parse((await put({})).json()).version).toBe(3);
  expect((await ask('DELETE', '/api/v1/accounts/vendor/chains/web', token)).statusCode).toBe(204);
  const { rows } = await asSystem(db, (tx) =>
    sql<{ said: string }>`
      select type || ' ' || coalesce(data->>'version', '') as said from outbox where subject = 'chain/web' order by seq`.execute(
      tx,
    ),
  );
  expect(rows.map((row) => row.said)).toEqual([
    'chain.defined 1',
    'chain.defined 2',
    'chain.defined 3',
    'chain.retired ',
  ]);
});
