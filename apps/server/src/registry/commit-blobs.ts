/** Records that repositories hold blobs: pushes that end while one transaction commits share the next one. */
import { sql } from 'kysely';
import { asTenant, type Db, type Tx } from '../db/connect.ts';
import { RegistryError } from './error.ts';

/** A blob whose bytes are durable already, and the repository that will hold it. */
export type HeldBlob = { repositoryId: string; accountId: string; digest: string; size: number };

export type BlobCommits = {
  /**
   * Resolves when the row is committed.
   * @throws RegistryError NAME_UNKNOWN when the repository went meanwhile; whatever the database throws
   */
  add(blob: HeldBlob): Promise<void>;
};

const MAX_BATCH = 256;
type Waiting = { blob: HeldBlob; done: () => void; failed: (error: unknown) => void };

/** One transaction at a time commits all that gathered while the one before it was under way; alone, a push waits for nobody. */
export function createBlobCommits(db: Db): BlobCommits {
  const waiting: Waiting[] = [];
  let running = false;

  async function run(): Promise<void> {
    running = true;
    while (waiting.length > 0) await commit(waiting.splice(0, MAX_BATCH));
    running = false;
  }

  async function commit(batch: Waiting[]): Promise<void> {
    try {
      const kept = await insertTogether(
        db,
        batch.map((one) => one.blob),
      );
      for (const one of batch) settle(one, kept);
    } catch (error) {
      if (batch.length === 1) batch[0]?.failed(error);
      // One that the database refuses must not take the others with it: each by itself, then.
      else if (isRefusal(error)) for (const one of batch) await commit([one]);
      else for (const one of batch) one.failed(error);
    }
  }

  return {
    add: (blob) =>
      new Promise<void>((done, failed) => {
        waiting.push({ blob, done, failed });
        if (!running) void run();
      }),
  };
}

/** A repository as its pusher means it: of that account. */
export const keyOf = (blob: Pick<HeldBlob, 'repositoryId' | 'accountId'>) => `${blob.repositoryId} ${blob.accountId}`;

function settle(one: Waiting, kept: ReadonlySet<string>): void {
  if (kept.has(keyOf(one.blob))) one.done();
  else one.failed(new RegistryError('NAME_UNKNOWN'));
}

/** The database read the statement and said no (a class of SQLSTATE), as opposed to not answering at all. */
function isRefusal(error: unknown): boolean {
  return /^(22|23|42)/.test((error as { code?: string } | null)?.code ?? '');
}

function insertTogether(db: Db, blobs: readonly HeldBlob[]): Promise<Set<string>> {
  const accounts = [...new Set(blobs.map((blob) => blob.accountId))];
  return asTenant(db, accounts, (tx) => insertBlobs(tx, blobs));
}

/**
 * In one statement, in the order of digests, so that two processes never wait for each other.
 * @returns the repositories that are there, by `keyOf`
 */
export async function insertBlobs(tx: Tx, blobs: readonly HeldBlob[]): Promise<Set<string>> {
  const { rows } = await sql<{ repository_id: string; account_id: string }>`
    with wanted as materialized (
           select w.* from unnest(${blobs.map((b) => b.repositoryId)}::uuid[], ${blobs.map((b) => b.accountId)}::uuid[], ${blobs.map((b) => b.digest)}::text[], ${blobs.map((b) => b.size)}::bigint[])
             as w (repository_id, account_id, digest, size) join repository r using (repository_id, account_id)),
         stored as (insert into blob (digest, size) select distinct digest, size from wanted order by digest on conflict do nothing),
         held as (insert into repository_blob (repository_id, account_id, digest) select distinct repository_id, account_id, digest from wanted order by digest on conflict do nothing)
    select distinct repository_id, account_id from wanted`.execute(tx);
  return new Set(rows.map((row) => keyOf({ repositoryId: row.repository_id, accountId: row.account_id })));
}
