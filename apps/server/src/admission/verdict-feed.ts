/** Verdicts in memory, as the change feed has them; what is not plainly allowed is asked of the database again. */
import { sql } from 'kysely';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import type { FeedEvent } from '../feed/follow-feed.ts';

export type KnownVerdict = { decision: 'allow' | 'deny'; state: string; validUntil: number; reasons: string[] };

export type VerdictFeed = {
  /** Allowed and valid now, by memory that is known to be current. */
  allows(repositoryId: string, digest: string): boolean;
  /** The database's own word; for everything that `allows` does not say yes to. */
  read(repositoryId: string, digest: string): Promise<KnownVerdict | null>;
  apply(events: FeedEvent[]): void;
};

/** What says something of a verdict; whatever is not an allowing word takes the image out of memory. */
const CHANGES: ReadonlySet<string> = new Set([
  'verdict.decided',
  'verdict.renewed',
  'verdict.revoked',
  'verdict.expired',
  'manifest.deleted',
]);

type Row = { repository_id: string; digest: string; valid_until: Date };

/**
 * Loads what is allowed now. Follow the feed before calling this, and pass its events on: they are applied over the
 * snapshot whatever their order, since each only ever takes an entry away or sets it from its own content.
 */
export async function loadVerdictFeed(db: Db, isCurrent: () => boolean): Promise<VerdictFeed> {
  const allowed = new Map<string, number>();
  const early: FeedEvent[] = [];
  let loaded = false;

  const applyOne = (event: FeedEvent): void => {
    if (!CHANGES.has(event.type)) return;
    const key = `${String(event.data['repositoryId'])} ${String(event.data['digest'])}`;
    const says = event.type === 'verdict.decided' || event.type === 'verdict.renewed';
    if (says && event.data['decision'] === 'allow' && event.data['state'] === 'valid')
      allowed.set(key, Date.parse(String(event.data['validUntil'])));
    else allowed.delete(key);
  };

  const feed: VerdictFeed = {
    allows: (repositoryId, digest) => isCurrent() && (allowed.get(`${repositoryId} ${digest}`) ?? 0) > Date.now(),
    read: (repositoryId, digest) => asSystem(db, (tx) => readVerdictRow(tx, repositoryId, digest)),
    apply(events) {
      if (!loaded) early.push(...events);
      for (const event of events) applyOne(event);
    },
  };
  const rows = await asSystem(db, readAllowed);
  for (const row of rows) allowed.set(`${row.repository_id} ${row.digest}`, row.valid_until.getTime());
  // What arrived while the snapshot was read may be newer than it.
  for (const event of early) applyOne(event);
  loaded = true;
  return feed;
}

async function readAllowed(tx: Tx): Promise<Row[]> {
  const { rows } =
    await sql<Row>`select repository_id, digest, valid_until from verdict where decision = 'allow' and state = 'valid' and valid_until > now()`.execute(
      tx,
    );
  return rows;
}

async function readVerdictRow(tx: Tx, repositoryId: string, digest: string): Promise<KnownVerdict | null> {
  const { rows } = await sql<{
    decision: 'allow' | 'deny';
    state: string;
    valid_until: Date;
    reasons: { action: string; message: string }[];
  }>`
    select decision, state, valid_until, reasons from verdict where repository_id = ${repositoryId} and digest = ${digest}`.execute(
    tx,
  );
  const row = rows[0];
  if (!row) return null;
  return {
    decision: row.decision,
    state: row.state,
    validUntil: row.valid_until.getTime(),
    reasons: row.reasons.filter((reason) => reason.action === 'deny').map((reason) => reason.message),
  };
}
