/** Clusters in memory, with the policies of their accounts; read again when the feed says that something changed. */
import { type Bundle, createBundle } from '@pratique/policy';
import { sql } from 'kysely';
import { hashSecret } from '../auth/secret.ts';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import type { FeedEvent } from '../feed/follow-feed.ts';

export type ClusterEntry = {
  clusterId: string;
  name: string;
  accountId: string;
  account: string;
  isDefault: boolean;
  tokenHash: Buffer | null;
  mode: 'enforce' | 'warn' | 'dryrun';
  exemptNamespaces: string[];
  bundle: Bundle | null;
};

export type Clusters = {
  /** The cluster that the short path on loopback stands for. */
  defaultCluster(): Promise<ClusterEntry | null>;
  /** null for an unknown id and for a wrong token alike. */
  byToken(id: string, token: string): Promise<ClusterEntry | null>;
  apply(events: FeedEvent[]): void;
};

export function createClusters(db: Db, isCurrent: () => boolean): Clusters {
  let known: Promise<ClusterEntry[]> | null = null;
  const read = () => {
    if (known && isCurrent()) return known;
    const fresh = asSystem(db, readClusters);
    known = fresh;
    fresh.catch(() => {
      known = null;
    });
    return fresh;
  };
  return {
    defaultCluster: async () => (await read()).find((cluster) => cluster.isDefault) ?? null,
    async byToken(id, token) {
      const hash = hashSecret(token);
      return (await read()).find((cluster) => cluster.clusterId === id && cluster.tokenHash?.equals(hash)) ?? null;
    },
    apply(events) {
      if (events.some((event) => event.type === 'cluster.changed' || event.type === 'policy.changed')) known = null;
    },
  };
}

type Row = {
  cluster_id: string;
  name: string;
  account_id: string;
  account: string;
  is_default: boolean;
  token_hash: Buffer | null;
  mode: ClusterEntry['mode'];
  exempt_namespaces: string[];
  content: { templates: Bundle['templates']; constraints: Bundle['constraints'] } | null;
};

async function readClusters(tx: Tx): Promise<ClusterEntry[]> {
  const { rows } = await sql<Row>`
    select c.cluster_id, c.name, c.account_id, a.name as account, c.is_default, c.token_hash, c.mode, c.exempt_namespaces,
      (select content from policy_bundle b where b.account_id = c.account_id order by version desc limit 1) as content
    from cluster c join account a using (account_id) where c.removed_at is null`.execute(tx);
  return rows.map((row) => ({
    clusterId: row.cluster_id,
    name: row.name,
    accountId: row.account_id,
    account: row.account,
    isDefault: row.is_default,
    tokenHash: row.token_hash,
    mode: row.mode,
    exemptNamespaces: row.exempt_namespaces,
    bundle: row.content ? createBundle(row.content.templates, row.content.constraints) : null,
  }));
}
