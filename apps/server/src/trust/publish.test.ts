import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { openBlobStore } from '../blobs/store.ts';
import { asSystem } from '../db/connect.ts';
import type { Repository } from '../registry/cache.ts';
import { findRepositoryById } from '../registry/find-repository.ts';
import type { Signer } from '../signer/client.ts';
import { publish } from './publish.ts';

const { db } = await testDatabase();
const root = await mkdtemp(join(tmpdir(), 'pratique-publish-'));
afterAll(() => rm(root, { recursive: true, force: true }));
const store = await openBlobStore(root);
const digest = `sha256:${'b'.repeat(64)}`;

const { repository, keyId } = await asSystem(db, async (tx) => {
  const { rows } = await sql<{ repository_id: string; key: string }>`
    with a as (insert into account (name) values ('acme') returning account_id),
         c as (insert into chain (account_id, name, version, definition, created_by) select account_id, 'c', 1, '{}', 'x' from a returning chain_id, account_id),
         r as (insert into repository (account_id, name) select account_id, 'app' from a returning repository_id, account_id),
         run as (insert into run (account_id, repository_id, chain_id, subject_digest, trigger, requested_by, state)
                 select r.account_id, r.repository_id, c.chain_id, ${digest}, 'push', 'x', 'running' from r, c returning run_id, account_id, repository_id),
         v as (insert into verdict (account_id, repository_id, digest, decision, state, reasons, inputs, input_hash, run_id, valid_until)
               select account_id, repository_id, ${digest}, 'allow', 'valid', '[]', '{}', 'x', run_id, now() + interval '1 day' from run),
         k as (insert into signing_key (account_id, public_pem, wrapped) select account_id, 'x', '{}' from a returning signing_key_id)
    select r.repository_id, k.signing_key_id as key from r, k`.execute(tx);
  const found = await findRepositoryById(tx, rows[0]?.repository_id ?? '');
  return { repository: found as Repository, keyId: rows[0]?.key ?? '' };
});

/** @param meanwhile what happens while the signer signs */
function signerWith(meanwhile: () => Promise<unknown>): Signer {
  const sha = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const config = Buffer.from('{}');
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const empty = { mediaType: 'application/vnd.oci.empty.v1+json', digest: sha(config), size: config.length };
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config: empty, layers: [empty] }));
  return {
    key: async () => ({ keyId, publicPem: 'x' }),
    sign: async () => {
      await meanwhile();
      return {
        keyId,
        manifest: { digest: sha(manifest), mediaType, base64: manifest.toString('base64') },
        blobs: [{ ...empty, base64: config.toString('base64') }],
        tag: null,
      };
    },
  } as unknown as Signer;
}

const publication = {
  repository,
  subject: { digest, size: 1, mediaType: 'application/vnd.oci.image.manifest.v1+json' },
  form: 'signature' as const,
  predicateType: 'x',
  predicates: [],
  inputHash: digest,
  created: new Date(),
};

test('an image that is denied while it is signed gets no signature', async () => {
  const decide = (decision: string) => sql`update verdict set decision = ${decision}`.execute(db);
  const signer = signerWith(() => decide('deny'));
  await expect(publish({ db, store, signer }, publication)).rejects.toMatchObject({ code: 'conflict' });
  expect((await sql`select from repository_manifest`.execute(db)).rows).toEqual([]);
  await decide('allow');
  await publish({ db, store, signer: signerWith(async () => {}) }, publication);
  expect((await sql`select from repository_manifest`.execute(db)).rows).toHaveLength(1);
});
