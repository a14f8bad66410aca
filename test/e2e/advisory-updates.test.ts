/** The command line tells what an update of the advisories changed, and whom one advisory touches. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepSnapshot, openSnapshotOf } from '@pratique/scan';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHome, type TestHome } from '../../apps/cli/src/testing.ts';
import { openApp } from '../../apps/server/src/api/app.fixture.ts';
import { asSystem } from '../../apps/server/src/db/connect.ts';
import { makeAccount } from '../../apps/server/src/gate/account.fixture.ts';
import { rematch } from '../../apps/server/src/renewal/rematch.ts';
import { digestOf, sayOfDebian, scanDebianImage } from '../../apps/server/src/scan/debian-store.fixture.ts';

const data = await mkdtemp(join(tmpdir(), 'pratique-updates-'));
const { db, app, openSession } = await openApp({ PRATIQUE_DATA: data });
let home: TestHome;
let env: Record<string, string>;

beforeAll(async () => {
  home = await createHome();
  const dir = join(data, 'advisories');
  const history = {
    open: (snapshot: string) => openSnapshotOf(dir, snapshot),
    keep: (snapshot: string) => keepSnapshot(dir, snapshot),
  };
  const acme = await asSystem(db, (tx) => makeAccount(tx, 'acme'));
  await sql`insert into membership (account_id, person_id, role) select ${acme.accountId}, person_id, 'reader' from person where name = 'admin'`.execute(
    db,
  );
  const before = await sayOfDebian(dir, { zlib: [{ id: 'CVE-2026-1', fixed: '9' }] });
  await scanDebianImage(db, acme, digestOf(1), ['zlib', 'bash'], before);
  await rematch(db, before, history);
  before.close();
  const after = await sayOfDebian(dir, { bash: [{ id: 'CVE-2026-2', fixed: '6', title: 'A hole of the shell' }] });
  await rematch(db, after, history);
  after.close();
  env = { PRATIQUE_URL: await app.listen({ host: '127.0.0.1', port: 0 }), PRATIQUE_TOKEN: await openSession() };
});
afterAll(async () => {
  await app.close();
  await home.remove();
  await rm(data, { recursive: true, force: true });
});

test('updates are listed, and one is told by what it changed and for whom', async () => {
  const list = await home.run(['advisories', 'changes', 'acme', '--json'], { env });
  expect(JSON.parse(list.out)).toMatchObject({ updates: [{ affected: 1, cleared: 1, state: 'finished' }] });
  const latest = await home.run(['advisories', 'changes', 'acme', 'latest'], { env });
  expect([latest.code, latest.notes]).toEqual([0, '']);
  expect(latest.out).toMatch(/newly affected: 1 images, 0 containers/);
  expect(latest.out).toMatch(/affected +CVE-2026-2 +bash +1 +high +6 +1/);
  expect(latest.out).toMatch(/cleared +CVE-2026-1 +zlib/);
  const whole = await home.run(['advisories', 'changes', 'acme', 'latest', '--json'], { env });
  expect(JSON.parse(whole.out)).toMatchObject({
    affectedNow: { images: [{ repository: 'app', digest: digestOf(1) }] },
    clearedNow: { images: [{ digest: digestOf(1) }] },
    leftOut: false,
  });
});

test('an advisory is shown with whom it touches, also when that is nobody', async () => {
  const shown = await home.run(['advisories', 'show', 'acme', 'CVE-2026-2'], { env });
  expect(shown.out).toMatch(/^CVE-2026-2: high, by Debian urgency\nA hole of the shell\n/);
  expect(shown.out).toMatch(/it touches images of the account\n1 images/);
  const gone = await home.run(['advisories', 'show', 'acme', 'CVE-2026-1'], { env });
  expect(gone.out).toContain('it touched images of the account, and no longer does');
  const other = await home.run(['advisories', 'show', 'acme', 'CVE-1990-1003', '--json'], { env });
  expect(JSON.parse(other.out)).toMatchObject({ touches: 'none', affected: [] });
});

test.each([
  [['changes', 'acme', 'newest'], 2, 'newest is no number of an update'],
  [['changes', 'acme', '99'], 3, 'no update 99'],
  [['changes', 'nobody'], 3, 'there is no account nobody'],
  [['show', 'acme', 'CVE-1999-1'], 3, 'no source of advisories knows'],
])('%o ends with %i and says why', async (words, code, says) => {
  const ran = await home.run(['advisories', ...words], { env });
  expect([ran.code, ran.notes]).toEqual([code, expect.stringContaining(says)]);
});
