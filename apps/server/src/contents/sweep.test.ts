import type { ExaminedContents } from '@pratique/contract';
import { sql } from 'kysely';
import { pino } from 'pino';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { asSystem } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { configStore, makeAccount, makeImage, makeVerdict } from '../gate/account.fixture.ts';
import type { ScanOrder, ScanResult } from '../inventory/scanner.ts';
import { publishContentRevision, type SweepDeps, sweepContents } from './sweep.ts';

const { db } = await testDatabase();
const log = pino({ level: 'silent' });
const IMAGES = 20;
const digestOf = (n: number) => `sha256:${String(n).padStart(64, '0')}`;
const clean: ExaminedContents = { secrets: [], malware: [], unexamined: [], baseline: [] };
const odd: ExaminedContents = { ...clean, unexamined: [{ path: 'a', kind: 'limit', detail: 'too large' }] };

let scanned = 0;
function deps(revision: string, scan: (order: ScanOrder) => Promise<ScanResult>): SweepDeps {
  return {
    db,
    store: configStore(),
    memory: { of: async () => undefined },
    contents: { key: Buffer.alloc(32), revision },
    scan: async (order, lane) => {
      expect([lane, order.contents?.alone]).toEqual(['background', true]);
      scanned++;
      return scan(order);
    },
  };
}
const finds = (contents: ExaminedContents) => async () => ({ inventory: null, contents, failure: null });
async function sweepAll(with_: SweepDeps): Promise<void> {
  while ((await sweepContents(with_, log)) !== null);
}
const count = async (where: string) =>
  asSystem(db, async (tx) => {
    const { rows } = await sql.raw<{ n: number }>(`select count(*)::int as n from ${where}`).execute(tx);
    return rows[0]?.n;
  });

beforeAll(() =>
  asSystem(db, async (tx) => {
    const vendor = await makeAccount(tx, 'vendor');
    for (let n = 1; n <= IMAGES; n++) {
      await makeImage(tx, vendor, digestOf(n));
      await makeVerdict(tx, vendor, digestOf(n));
    }
  }),
);
beforeEach(async () => {
  scanned = 0;
});

test('other rules look into every image once, and only verdicts on what changed are due', async () => {
  await publishContentRevision(db, 'r1');
  await sweepAll(deps('r1', finds(clean)));
  expect(scanned).toBe(IMAGES);
  expect(await count("content_examination where newest and revision = 'r1'")).toBe(IMAGES);
  // A first look that found nothing is no news to anybody.
  const told = "outbox where type = 'contents.examined'";
  expect(await count(told)).toBe(0);
  await sweepAll(deps('r1', finds(clean)));
  await publishContentRevision(db, 'r1');
  await sweepAll(deps('r1', finds(clean)));
  expect(scanned).toBe(IMAGES);

  await asSystem(db, (tx) => sql`update verdict set renew_at = now() + interval '9 days'`.execute(tx));
  await publishContentRevision(db, 'r2');
  let n = 0;
  await sweepAll(deps('r2', async () => await finds(n++ === 3 ? odd : clean)()));
  expect(scanned).toBe(2 * IMAGES);
  expect(await count('verdict where renew_at <= now()')).toBe(1);
  expect(await count(told)).toBe(1);
});

test('what was stopped in the middle goes on there, and one process is at it at a time', async () => {
  await publishContentRevision(db, 'r3');
  let left = 5;
  const breaking = deps('r3', async () => {
    if (left-- <= 0) throw new Error('the database is gone');
    return finds(clean)();
  });
  await expect(sweepContents(breaking, log)).rejects.toThrow('the database is gone');
  const done = (await count("content_examination where revision = 'r3'")) ?? 0;
  expect(done).toBeGreaterThanOrEqual(4);
  scanned = 0;
  const both = deps('r3', finds(clean));
  const [one, other] = await Promise.all([sweepContents(both, log), sweepContents(both, log)]);
  expect([one, other]).toContain(null);
  await sweepAll(both);
  expect(scanned).toBe(IMAGES - done);
});

test('an image that cannot be examined is noted, and is not read for ever', async () => {
  await publishContentRevision(db, 'r4');
  const ended = new ServerError('scan-failed', 'the scanner took longer than 1 s and was ended', {
    details: { permanent: true, ended: true },
  });
  const failing = deps('r4', async () => Promise.reject(ended));
  const again = () =>
    asSystem(db, async (tx) => {
      await sql`update setting set value = value || jsonb_build_object('until', now()) where key = 'contents.sweep'`.execute(
        tx,
      );
      await sql`update content_examination set retry_at = now() where retry_at is not null`.execute(tx);
    });
  for (const expected of [IMAGES, IMAGES, IMAGES, 0]) {
    scanned = 0;
    await sweepAll(failing);
    expect(scanned).toBe(expected);
    await again();
  }
  expect(await count("content_examination where newest and failure ~ 'took longer'")).toBe(IMAGES);
});

test('a process with other rules leaves the sweep alone', async () => {
  await publishContentRevision(db, 'r5');
  expect(await sweepContents(deps('r1', finds(clean)), log)).toBeNull();
});
