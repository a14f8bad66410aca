/** What lists of findings need to know of the whole account, kept for some seconds: what runs, and what is not known. */
import { sql } from 'kysely';
import type { Db, Tx } from '../db/connect.ts';
import { acrossImages } from './held.ts';

export type AccountFacts = {
  /** Packages of images that run now, and in how many such images each is; two arrays of one length. */
  running: { packages: number[]; images: number[] };
  unscannedImages: number;
  uncoveredPackages: number;
};

const KEPT_MS = 10_000;
const ACCOUNTS = 200;

/**
 * Agents report every few seconds, and what runs is a join over all of it: pages of one list share one answer.
 * @returns reads the facts of an account, at most ten seconds old
 */
export function keepAccountFacts(db: Db, now: () => number = Date.now): (accountId: string) => Promise<AccountFacts> {
  return keepSeconds((accountId) => acrossImages(db, accountId, (tx) => readFacts(tx, accountId)), now);
}

/** Reads something of an account once in ten seconds at most, for the accounts that asked last. */
export function keepSeconds<T>(
  read: (accountId: string) => Promise<T>,
  now: () => number = Date.now,
): (accountId: string) => Promise<T> {
  const kept = new Map<string, { at: number; value: Promise<T> }>();
  return (accountId) => {
    const known = kept.get(accountId);
    if (known && now() - known.at < KEPT_MS) return known.value;
    const value = read(accountId);
    value.catch(() => kept.delete(accountId));
    kept.delete(accountId);
    kept.set(accountId, { at: now(), value });
    const oldest = kept.keys().next().value;
    if (kept.size > ACCOUNTS && oldest !== undefined) kept.delete(oldest);
    return value;
  };
}

async function readFacts(tx: Tx, accountId: string): Promise<AccountFacts> {
  const running = await readRunning(tx, accountId);
  const { rows } = await sql<{ images: number; packages: number }>`
    select (select count(*) from unscanned_image where account_id = ${accountId})::int as images,
           (select count(*) from held_matched where account_id = ${accountId} and not covered)::int as packages`.execute(
    tx,
  );
  return {
    running: { packages: running.map((row) => row.package_id), images: running.map((row) => row.images) },
    unscannedImages: rows[0]?.images ?? 0,
    uncoveredPackages: rows[0]?.packages ?? 0,
  };
}

/** A pod that names an index runs one of its platforms; which one is not known, so each counts. */
async function readRunning(tx: Tx, accountId: string): Promise<{ package_id: number; images: number }[]> {
  const { rows } = await sql<{ package_id: number; images: number }>`
    with named as (
      select digest from placement where account_id = ${accountId} and digest is not null
      union select running_digest from placement where account_id = ${accountId} and running_digest is not null),
    ran as (select digest from named union select e.child from named join manifest_edge e on e.parent = named.digest and e.kind = 'manifest'),
    held as (
      select distinct c.repository_id, c.digest, c.package_id from ran join held_content c on c.account_id = ${accountId} and c.digest = ran.digest)
    select package_id, count(*)::int as images from held group by package_id`.execute(tx);
  return rows;
}
