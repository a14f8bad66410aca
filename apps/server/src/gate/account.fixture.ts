/** Accounts, images and verdicts for tests, written straight into the tables. */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { createBundle } from '@pratique/policy';
import { sql } from 'kysely';
import type { BlobStore } from '../blobs/store.ts';
import { DEFAULT_CHAIN } from '../chain/default-chain.ts';
import type { Tx } from '../db/connect.ts';
import type { Repository } from '../registry/cache.ts';

export async function makeAccount(tx: Tx, account: string): Promise<Repository & { chainId: string }> {
  const { rows } = await sql<{ account_id: string; repository_id: string; chain_id: string }>`
    with a as (insert into account (name) values (${account}) returning account_id),
         c as (insert into chain (account_id, name, version, definition, created_by) select account_id, 'c', 1, ${JSON.stringify(DEFAULT_CHAIN)}::jsonb, 't' from a returning chain_id),
         r as (insert into repository (account_id, name) select account_id, 'app' from a returning repository_id)
    select account_id, repository_id, chain_id from a, c, r`.execute(tx);
  const row = rows[0];
  if (!row) throw new Error('no account was made');
  return {
    repositoryId: row.repository_id,
    accountId: row.account_id,
    account,
    name: 'app',
    immutableTags: false,
    chainId: row.chain_id,
  };
}

export type VerdictOptions = { decision?: 'allow' | 'deny'; state?: string; validFor?: string; renewIn?: string };

/** A verdict of a finished run; times are PostgreSQL intervals from now. */
export async function makeVerdict(
  tx: Tx,
  repository: Repository & { chainId: string },
  digest: string,
  options: VerdictOptions = {},
): Promise<void> {
  const { decision = 'allow', state = 'valid', validFor = '15 days', renewIn = '7 days' } = options;
  const runId = randomUUID();
  await sql`
    insert into run (run_id, account_id, repository_id, chain_id, subject_digest, trigger, requested_by, state, finished_at)
    values (${runId}, ${repository.accountId}, ${repository.repositoryId}, ${repository.chainId}, ${digest}, 'push', 't', 'succeeded', now())`.execute(
    tx,
  );
  await sql`
    insert into verdict (account_id, repository_id, digest, decision, state, reasons, inputs, input_hash, run_id, decided_at, valid_until, renew_at)
    values (${repository.accountId}, ${repository.repositoryId}, ${digest}, ${decision}, ${state}, '[]', '{}', 'h', ${runId},
            now() - interval '1 day', now() + ${validFor}::interval, now() + ${renewIn}::interval)`.execute(tx);
}

export async function makeException(
  tx: Tx,
  repository: Repository,
  name: string,
  kind: string,
  endsIn: string,
): Promise<void> {
  const selector = kind === 'finding' ? { id: 'CVE-2026-1', repositories: ['**'] } : {};
  await sql`
    insert into exception (account_id, name, kind, selector, owner, reason, approver, approved_at, created_at, expires_at)
    values (${repository.accountId}, ${name}, ${kind}, ${JSON.stringify(selector)}::jsonb, 'ann', 'a good reason', 'bob', now(), now() - interval '1 day', now() + ${endsIn}::interval)`.execute(
    tx,
  );
}

const CONFIG = Buffer.from('{"os":"linux","architecture":"amd64","config":{"User":"nobody"}}');
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';

/** A blob store that holds the images' one configuration; `meanwhile` comes to pass while it is read. */
export function configStore(meanwhile: () => Promise<void> = async () => {}): BlobStore {
  const read = () =>
    Readable.from(
      (async function* () {
        await meanwhile();
        yield CONFIG;
      })(),
    );
  return { read } as unknown as BlobStore;
}

/** A pushed image that was examined, without packages. */
export async function makeImage(tx: Tx, repository: Repository, digest: string, bytes?: string): Promise<void> {
  const config = {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: `sha256:${'0'.repeat(64)}`,
    size: CONFIG.length,
  };
  const manifest = bytes ?? JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [] });
  await putManifest(tx, repository, digest, MANIFEST, manifest);
  await sql`
    with i as (insert into inventory (manifest_digest, revision, missing, package_count, file_count) values (${digest}, 1, '[]', 0, 0) returning inventory_id)
    insert into scan (inventory_id, snapshot, uncovered) select inventory_id, 's', '[]' from i`.execute(tx);
}

export async function makeIndex(tx: Tx, repository: Repository, digest: string, platforms: string[]): Promise<void> {
  const manifests = platforms.map((platform, n) => ({
    mediaType: MANIFEST,
    digest: platform,
    size: 1,
    platform: { os: 'linux', architecture: `a${n}` },
  }));
  const bytes = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests });
  await putManifest(tx, repository, digest, INDEX, bytes);
  await sql`insert into manifest_edge (parent, child, kind, ordinal, media_type, size) select ${digest}, child, 'manifest', n, ${MANIFEST}, 1 from unnest(${platforms}::text[]) with ordinality as c (child, n)`.execute(
    tx,
  );
}

async function putManifest(tx: Tx, repository: Repository, digest: string, type: string, bytes: string): Promise<void> {
  await sql`
    with made as (insert into manifest (digest, media_type, runnable, size, bytes) values (${digest}, ${type}, true, 1, ${Buffer.from(bytes)}) returning digest)
    insert into repository_manifest (repository_id, account_id, digest, pushed_by) select ${repository.repositoryId}, ${repository.accountId}, digest, 't' from made`.execute(
    tx,
  );
}

/** What every account's rules need: a bundle without constraints, and advisories. */
export async function makeRules(tx: Tx, repository: Repository): Promise<void> {
  const { digest, ...content } = createBundle([], []);
  await sql`insert into policy_bundle (account_id, version, digest, content, created_by) values (${repository.accountId}, 1, ${digest}, ${JSON.stringify(content)}::jsonb, 't')`.execute(
    tx,
  );
  await sql`insert into setting (key, value) values ('advisories.snapshot', '"s"'), ('cataloger.revision', '1') on conflict do nothing`.execute(
    tx,
  );
}
