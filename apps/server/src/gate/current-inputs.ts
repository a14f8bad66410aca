/** What a verdict would be decided from now, and whether one already was. */
import { canonicalDigest } from '@pratique/contract/canonical-digest';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import type { Repository } from '../registry/cache.ts';
import { GATE_KINDS } from './exceptions.ts';
import type { Facts } from './read-facts.ts';

/** Everything besides the image itself that a decision depends on. */
export type GateInputs = {
  /** Digest of the account's policy bundle. */
  bundle: string;
  /** Hash over the exceptions in force. */
  exceptions: string;
  /** Digest of the advisory snapshot. */
  snapshot: string;
  /** Revision of the catalogers. */
  revision: number;
  /** Hash over the trust that was used: vendors whose attestations count here, and the trust policy where there is one. */
  trust: string;
  /** Hash over the VEX documents in force that speak of any image; empty where there are none. */
  vex: string;
  /** Revision of the rules for contents: secrets, malware and the baseline. */
  contents: string;
};

export async function readCurrentInputs(tx: Tx, accountId: string): Promise<GateInputs | null> {
  const { rows } = await sql<{
    bundle: string | null;
    exceptions: unknown;
    trust: unknown;
    trust_policy: string | null;
    vex: string | null;
    snapshot: string | null;
    revision: number | null;
    contents: string | null;
  }>`
    select
      (select digest from policy_bundle where account_id = ${accountId} order by version desc limit 1) as bundle,
      (select coalesce(jsonb_agg(jsonb_build_array(name, kind, selector, expires_at) order by name), '[]') from exception
        where account_id = ${accountId} and kind = any (${[...GATE_KINDS]}::text[]) and approved_at is not null and withdrawn_at is null and expires_at > now()) as exceptions,
      (select coalesce(jsonb_agg(from_account_id order by from_account_id), '[]') from contract
        where to_account_id = ${accountId} and trust_vendor and accepted_at is not null and ended_at is null) as trust,
      (select digest from trust_policy where account_id = ${accountId} order by version desc limit 1) as trust_policy,
      (select string_agg(vex_document_id::text, ' ' order by vex_document_id) from vex_document
        where account_id = ${accountId} and source = 'file' and withdrawn_at is null) as vex,
      (select value #>> '{}' from setting where key = 'advisories.snapshot') as snapshot,
      (select (value #>> '{}')::int from setting where key = 'cataloger.revision') as revision,
      (select value #>> '{}' from setting where key = 'contents.revision') as contents`.execute(tx);
  const row = rows[0];
  if (!row?.bundle || row.snapshot === null || row.revision === null) return null;
  return {
    bundle: row.bundle,
    exceptions: canonicalDigest(row.exceptions),
    snapshot: row.snapshot,
    revision: row.revision,
    trust: canonicalDigest(row.trust_policy === null ? row.trust : [row.trust, row.trust_policy]),
    vex: row.vex === null ? '' : canonicalDigest(row.vex),
    contents: row.contents ?? '',
  };
}

/**
 * The advisory snapshot that the platforms' findings come from, which may be older than the newest; null when none was
 * scanned. Where platforms differ it equals no snapshot, and the verdict counts as decided from other inputs.
 */
export function scannedSnapshot(platforms: readonly Facts[]): string | null {
  const snapshots = new Set(platforms.flatMap((one) => one.inventory?.scan?.snapshot ?? []));
  return snapshots.size === 0 ? null : [...snapshots].sort().join(' ');
}

/** As `scannedSnapshot`, of the rules that the platforms' contents were examined by; empty where none were. */
export function examinedRevision(platforms: readonly Facts[]): string {
  return [...new Set(platforms.flatMap((one) => one.examination?.revision ?? []))].sort().join(' ');
}

/** Whether what people decide about (policies, exceptions, trust, VEX) is what it was. */
export function sameRules(a: GateInputs, b: GateInputs | null): boolean {
  return b !== null && a.bundle === b.bundle && a.exceptions === b.exceptions && a.trust === b.trust && a.vex === b.vex;
}

/** True when the repository's verdict on the digest is valid and was decided from the inputs of now. */
export async function hasCurrentVerdict(tx: Tx, repository: Repository, digest: string): Promise<boolean> {
  const { rows } = await sql<{ inputs: GateInputs }>`
    select inputs from verdict where repository_id = ${repository.repositoryId} and digest = ${digest} and state = 'valid' and valid_until > now()`.execute(
    tx,
  );
  const decided = rows[0]?.inputs;
  if (!decided) return false;
  const current = await readCurrentInputs(tx, repository.accountId);
  return current !== null && canonicalDigest(current) === canonicalDigest(decided);
}
