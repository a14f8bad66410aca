import { generateMasterKey } from '@pratique/sign';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { asSystem, asTenant } from '../db/connect.ts';
import { issueServerCertificate } from './authority.ts';
import { currentKey, rewrapKeys, rotateKey } from './keys.ts';
import { openSecret, type SealedSecret, sealSecret } from './sealed-secret.ts';

const { db } = await testDatabase();
const master = generateMasterKey();
const [account = ''] = await asSystem(db, async (tx) =>
  (
    await sql<{ account_id: string }>`insert into account (name) values ('a') returning account_id`.execute(tx)
  ).rows.map((row) => row.account_id),
);

test('two processes that ask for the first key at once get the same one', async () => {
  const keys = await Promise.all(Array.from({ length: 8 }, () => currentKey(db, master, account)));
  expect(new Set(keys.map((key) => key.keyId)).size).toBe(1);
});

test('a rotated key is another one, and the old public key stays', async () => {
  const before = await currentKey(db, master, account);
  const after = await rotateKey(db, master, account);
  expect(after.publicPem).not.toBe(before.publicPem);
  const { rows } = await asTenant(db, [account], (tx) =>
    sql<{
      public_pem: string;
      retired: boolean;
    }>`select public_pem, retired_at is not null as retired from signing_key`.execute(tx),
  );
  expect(rows).toContainEqual({ public_pem: before.publicPem, retired: true });
});

test('a tenant reads public keys and never the encrypted private ones', async () => {
  await expect(asTenant(db, [account], (tx) => sql`select wrapped from signing_key`.execute(tx))).rejects.toThrow(
    /permission denied/,
  );
  await expect(asTenant(db, [account], (tx) => sql`select wrapped from authority`.execute(tx))).rejects.toThrow(
    /permission denied/,
  );
});

test('under a new master key everything opens as before, and nothing with the old one', async () => {
  const before = await currentKey(db, master, account);
  const { caPem } = await issueServerCertificate(db, master, ['localhost'], new Date());
  const next = generateMasterKey();
  expect(await rewrapKeys(db, master, next)).toBeGreaterThanOrEqual(3);
  expect((await currentKey(db, next, account)).publicPem).toBe(before.publicPem);
  expect((await issueServerCertificate(db, next, ['localhost'], new Date())).caPem).toBe(caPem);
  await expect(currentKey(db, master, account)).rejects.toMatchObject({ code: 'key-locked' });
  expect(await rewrapKeys(db, master, next)).toBe(0);
});

test('the salt of fingerprints comes along: the same secret is the same one under a new master key', async () => {
  const [before, next] = [generateMasterKey(), generateMasterKey()];
  const [empty] = [await testDatabase()];
  const purpose = 'installation/fingerprint-salt';
  const sealed = sealSecret(before, purpose, 'of this installation');
  await asSystem(empty.db, (tx) =>
    sql`update installation set fingerprint_salt = ${JSON.stringify(sealed)}::jsonb`.execute(tx),
  );
  expect(await rewrapKeys(empty.db, before, next)).toBe(1);
  const { rows } = await asSystem(empty.db, (tx) =>
    sql<{ salt: SealedSecret }>`select fingerprint_salt as salt from installation`.execute(tx),
  );
  expect(openSecret([next], purpose, rows[0]?.salt as SealedSecret)).toBe('of this installation');
  expect(await rewrapKeys(empty.db, before, next)).toBe(0);
});
