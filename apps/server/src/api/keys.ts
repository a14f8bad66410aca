/** Public keys of an account, and their rotation. */
import { createHash, createPublicKey } from 'node:crypto';
import { SigningKey } from '@pratique/contract';
import { sql } from 'kysely';
import { z } from 'zod';
import { recordAudit } from '../auth/audit.ts';
import { asTenant, type Db, type Tx } from '../db/connect.ts';
import type { Signer } from '../signer/client.ts';
import { actorOf, wholeGrantOf } from './access.ts';
import type { App } from './app.ts';

const AccountPath = z.object({ account: z.string() });

export function keyRoutes(app: App, deps: { db: Db; signer: Signer }): void {
  app.get(
    '/api/v1/accounts/:account/keys',
    { config: { access: 'reader' }, schema: { params: AccountPath, response: { 200: z.array(SigningKey) } } },
    async (request) => {
      const { accountId, account } = wholeGrantOf(request);
      // Asking makes the first key, so that a customer can have it before the first image.
      await deps.signer.key(accountId);
      return asTenant(deps.db, [accountId], (tx) => readKeys(tx, account));
    },
  );

  app.post(
    '/api/v1/accounts/:account/keys/rotation',
    { config: { access: 'owner' }, schema: { params: AccountPath, response: { 200: z.array(SigningKey) } } },
    async (request) => {
      const { accountId, account } = wholeGrantOf(request);
      // Before, not after: the signer commits by itself, and no rotation may be missing from the audit.
      await asTenant(deps.db, [accountId], (tx) =>
        recordAudit(tx, { accountId, actor: actorOf(request), action: 'key.rotate', subject: account }),
      );
      await deps.signer.rotate(accountId);
      return asTenant(deps.db, [accountId], (tx) => readKeys(tx, account));
    },
  );
}

async function readKeys(tx: Tx, account: string): Promise<SigningKey[]> {
  const { rows } = await sql<{ signing_key_id: string; public_pem: string; created_at: Date; retired_at: Date | null }>`
    select signing_key_id, public_pem, created_at, retired_at from signing_key order by created_at desc`.execute(tx);
  return rows.map((row) => ({
    id: row.signing_key_id,
    account,
    publicPem: row.public_pem,
    fingerprint: fingerprint(row.public_pem),
    createdAt: row.created_at.toISOString(),
    retiredAt: row.retired_at?.toISOString() ?? null,
  }));
}

/** sha256 over the DER of the public key, as `openssl pkey -pubin -outform der | sha256sum` prints it. */
function fingerprint(pem: string): string {
  return createHash('sha256')
    .update(createPublicKey(pem).export({ type: 'spki', format: 'der' }))
    .digest('hex');
}
