/** What stays wrong is on the first page from when it happens until somebody mends it, in whichever way. */
import { randomUUID } from 'node:crypto';
import { Overview } from '@pratique/contract';
import { sql } from 'kysely';
import { beforeEach, describe, expect, test } from 'vitest';
import { SILENT_AFTER_S, takeReport } from '../cluster/take-report.ts';
import { asSystem } from '../db/connect.ts';
import { openApp } from './app.fixture.ts';

const { db, openSession, ask } = await openApp();
const admin = await openSession();
const own = '/api/v1/accounts/vendor';

type Troubles = Pick<Overview, 'deadLetters' | 'breakGlass' | 'silentClusters'>;
async function troubles(account = 'vendor'): Promise<Troubles> {
  const { deadLetters, breakGlass, silentClusters } = Overview.parse(
    (await ask('GET', `/api/v1/accounts/${account}/overview`, admin)).json(),
  );
  return { deadLetters, breakGlass, silentClusters };
}
const NONE: Troubles = { deadLetters: [], breakGlass: [], silentClusters: [] };
const change = async (method: 'POST' | 'DELETE', path: string, payload?: object): Promise<void> => {
  const { statusCode, body } = await ask(method, `${own}/${path}`, admin, payload);
  expect([statusCode < 300, body]).toEqual([true, body]);
};
const run = async (statement: ReturnType<typeof sql>): Promise<void> => {
  await asSystem(db, (tx) => statement.execute(tx));
};

beforeEach(async () => {
  for (const table of ['webhook_delivery', 'webhook', 'exception', 'cluster_agent', 'cluster'])
    await sql`delete from ${sql.table(table)}`.execute(db);
  expect(await troubles()).toEqual(NONE);
});

/** Shown with its facts to its own account, and to no other. */
async function stands(expected: Partial<Troubles>): Promise<void> {
  expect(await troubles()).toEqual({ ...NONE, ...expected });
  expect(await troubles('customer')).toEqual(NONE);
}

describe('events that a webhook gave up', () => {
  const hook = (states: string[]) =>
    run(sql`
      with w as (
        insert into webhook (account_id, name, origin, sealed, types, cursor_seq, created_by)
        select account_id, 'pager', 'https://pager.example', '{}', '{**}', 0, 'admin' from account where name = 'vendor'
        returning webhook_id, account_id)
      insert into webhook_delivery (account_id, webhook_id, seq, type, event, state, finished_at)
      select account_id, webhook_id, n, 'tag.pushed', '{}', state, case when state <> 'due' then now() end
      from w, unnest(${states}::text[]) with ordinality as s (state, n)`);

  test('are counted by webhook; what is due or arrived is no trouble', async () => {
    await hook(['due', 'delivered']);
    await stands({});
    await run(sql`update webhook_delivery set state = 'dead', finished_at = now()`);
    await stands({ deadLetters: [{ webhook: 'pager', count: 2 }] });
  });

  test.each<[string, () => Promise<void>]>([
    ['they are sent again', () => change('POST', 'webhooks/pager/redelivery', {})],
    ['the webhook is removed', () => change('DELETE', 'webhooks/pager')],
  ])('are gone when %s', async (_, mend) => {
    await hook(['dead', 'delivered']);
    await stands({ deadLetters: [{ webhook: 'pager', count: 1 }] });
    await mend();
    await stands({});
  });
});

describe('an emergency', () => {
  const open = () =>
    change('POST', 'break-glass', {
      name: 'checkout',
      namespaces: ['shop'],
      reason: 'checkout is down since 02:40',
      hours: 2,
    });
  const shown = {
    name: 'checkout',
    by: 'admin',
    reason: 'checkout is down since 02:40',
    namespaces: ['shop'],
    until: expect.stringMatching(/^\d{4}-/) as string,
  };

  test.each<[string, () => Promise<void>]>([
    ['it is closed', () => change('DELETE', 'exceptions/checkout')],
    ['its hours are over', () => run(sql`update exception set expires_at = now() - interval '1 second'`)],
  ])('stands until %s', async (_, mend) => {
    await open();
    await stands({ breakGlass: [shown] });
    await mend();
    await stands({});
  });

  test('is not what an accepted risk is', async () => {
    await change('POST', 'exceptions', {
      kind: 'finding',
      selector: { id: 'CVE-2026-1' },
      reason: 'nobody listens there',
    });
    await stands({});
  });
});

describe('a cluster', () => {
  let clusterId = '';
  const join = async (reportedSecondsAgo: number | null): Promise<void> => {
    const { rows } = await sql<{ id: string }>`
      with c as (
        insert into cluster (account_id, name) select account_id, 'production' from account where name = 'vendor'
        returning cluster_id, account_id)
      insert into cluster_agent (cluster_id, account_id, serial, reported_at)
      select cluster_id, account_id, 'aa', now() - make_interval(secs => ${reportedSecondsAgo}) from c
      returning cluster_id as id`.execute(db);
    clusterId = rows[0]?.id ?? '';
  };
  const silent = { name: 'production', heardAt: expect.stringMatching(/^\d{4}-/) as string };

  test.each<[string, number | null]>([
    ['that reported in time', SILENT_AFTER_S - 20],
    ['whose agent never reported', null],
  ])('%s is no trouble', async (_, seconds) => {
    await join(seconds);
    await stands({});
  });

  test.each<[string, () => Promise<void>]>([
    [
      'its agent reports',
      async () => {
        const report = { version: '1', generation: randomUUID(), sequence: 0, kind: 'snapshot', last: true } as const;
        const outcome = await takeReport(
          db,
          { clusterId, serial: 'aa' },
          { ...report, clock: new Date().toISOString(), pods: [], ended: [] },
          new Date(),
        );
        expect(outcome).toBe('taken');
      },
    ],
    ['it is removed', () => change('DELETE', 'clusters/production')],
  ])('that fell silent is named until %s', async (_, mend) => {
    await join(SILENT_AFTER_S + 20);
    await stands({ silentClusters: [silent] });
    await mend();
    await stands({});
  });
});
