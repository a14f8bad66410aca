/** The statements that count for an account now, made ready once for whatever number of images. */
import { type PreparedVex, prepareVex, type VexDocument } from '@pratique/scan/vex';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import type { Repository } from '../registry/cache.ts';

export type VexInForce = {
  /** Over the ids of all documents in force; equal states have equal hashes. */
  hash: string;
  /** What is stated about one image of the account: files, and what is attached to one of its digests. */
  of(repositoryId: string, digests: readonly string[]): PreparedVex;
  /** Over what is attached to the digests; equal where nothing else is attached. */
  hashOf(repositoryId: string, digests: readonly string[]): string;
};

type Row = {
  vex_document_id: string;
  document: string;
  author: string | null;
  statements: unknown;
  repository_id: string | null;
  subject_digest: string | null;
};

/** By the hash of what is in force; documents never change. */
const MAX_PREPARED = 32;
export type VexCache = Map<string, VexInForce>;

/** Runs as the system, or as the account's tenant. */
export async function readVexInForce(tx: Tx, accountId: string, cache: VexCache): Promise<VexInForce> {
  const { rows: state } = await sql<{ hash: string }>`
    select encode(sha256(convert_to(coalesce(string_agg(vex_document_id::text, ',' order by vex_document_id), ''), 'utf8')), 'hex') as hash
    from vex_document where account_id = ${accountId} and withdrawn_at is null and refused is null`.execute(tx);
  const hash = state[0]?.hash ?? '';
  const known = cache.get(hash);
  if (known) return known;
  const { rows } = await sql<Row>`
    select vex_document_id, document, author, statements, repository_id, subject_digest from vex_document
    where account_id = ${accountId} and withdrawn_at is null and refused is null order by added_at, vex_document_id`.execute(
    tx,
  );
  const prepared = prepare(hash, rows);
  cache.set(hash, prepared);
  const [oldest] = cache.keys();
  if (cache.size > MAX_PREPARED && oldest !== undefined) cache.delete(oldest);
  return prepared;
}

function prepare(hash: string, rows: readonly Row[]): VexInForce {
  const files = rows.filter((row) => row.repository_id === null).map(documentOf);
  const attached = new Map<string, Row[]>();
  for (const row of rows)
    if (row.repository_id !== null) {
      const key = `${row.repository_id} ${row.subject_digest}`;
      attached.set(key, [...(attached.get(key) ?? []), row]);
    }
  const forAll = prepareVex(files);
  const to = (repositoryId: string, digests: readonly string[]): Row[] =>
    digests.flatMap((digest) => attached.get(`${repositoryId} ${digest}`) ?? []);
  return {
    hash,
    of(repositoryId, digests) {
      const own = to(repositoryId, [...new Set(digests)]);
      return own.length === 0 ? forAll : prepareVex([...files, ...own.map(documentOf)]);
    },
    hashOf: (repositoryId, digests) =>
      to(repositoryId, [...new Set(digests)].sort())
        .map((row) => row.vex_document_id)
        .join(' '),
  };
}

/** Written by `readVex`'s own result. */
function documentOf(row: Row): VexDocument {
  const statements = row.statements as Omit<VexDocument['statements'][number], 'author' | 'document'>[];
  return {
    id: row.document,
    author: row.author,
    statements: statements.map((one) => ({ ...one, author: row.author, document: row.document })),
  };
}

/** Everything that a statement may call an image of ours by. */
export function namesOf(publicUrl: string, repository: Repository, tags: readonly string[]): string[] {
  const short = `${repository.account}/${repository.name}`;
  const { host } = new URL(publicUrl);
  return [short, `${host}/${short}`].flatMap((name) => [name, ...tags.map((tag) => `${name}:${tag}`)]);
}
