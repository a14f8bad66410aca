/** VEX documents as they are kept: added, listed, withdrawn. */
import { createHash } from 'node:crypto';
import { type VexDocumentContent, type VexDocumentInfo, VexStatementInfo } from '@pratique/contract';
import { readVex, type VexDocument } from '@pratique/scan/vex';
import { sql } from 'kysely';
import { z } from 'zod';
import { type Actor, recordAudit, SYSTEM_ACTOR } from '../auth/audit.ts';
import type { Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { appendEvent } from '../feed/append-event.ts';
import { holesChanged } from './mark-images.ts';

/** Documents in force of one account; more would slow every decision down. */
const MAX_DOCUMENTS = 1000;
const SHOWN = 1000;

/** Where an attestation is attached, who signed it, and why it does not count. */
export type Attached = {
  repositoryId: string;
  subject: string;
  manifest: string;
  signer: string | null;
  refused: string | null;
};

/**
 * Adds what a maintainer vouches for.
 * @throws ServerError `invalid` for what is no VEX, `conflict` when it is in force already
 */
export async function addFile(tx: Tx, accountId: string, actor: Actor, content: string): Promise<VexDocumentContent> {
  const bytes = Buffer.from(content);
  const document = parse(bytes);
  const { rows: counted } = await sql<{ documents: number }>`
    select count(*)::int as documents from vex_document where account_id = ${accountId} and withdrawn_at is null and source = 'file'`.execute(
    tx,
  );
  if ((counted[0]?.documents ?? 0) >= MAX_DOCUMENTS)
    throw new ServerError('conflict', `there are ${MAX_DOCUMENTS} VEX documents already; withdraw some first`);
  const id = await insert(tx, accountId, document, digestOf(bytes), actor.name, null);
  if (id === null) throw new ServerError('conflict', `the document ${document.id} is in force already`);
  await told(tx, accountId, actor, 'vex.added', { id, document });
  await recordAudit(tx, {
    accountId,
    actor,
    action: 'vex.add',
    subject: id,
    detail: { document: document.id, author: document.author, statements: document.statements.length },
  });
  return requireDocument(tx, id);
}

export type ReadDocument = { document: VexDocument; digest: string };

/** What an attestation says; null where that is no VEX that can be read, signed or not. */
export function readAttestation(predicate: unknown): ReadDocument | null {
  const bytes = Buffer.from(JSON.stringify(predicate));
  try {
    return { document: readVex('the attestation', bytes), digest: digestOf(bytes) };
  } catch {
    return null;
  }
}

/** Keeps what an attestation says, counted or not. @returns whether it was not known yet */
export async function addAttestation(
  tx: Tx,
  accountId: string,
  { document, digest }: ReadDocument,
  attached: Attached,
): Promise<boolean> {
  const id = await insert(tx, accountId, document, digest, SYSTEM_ACTOR.name, attached);
  if (id !== null && attached.refused === null) await told(tx, accountId, SYSTEM_ACTOR, 'vex.added', { id, document });
  return id !== null;
}

/** @throws ServerError `not-found`, `conflict` when it is withdrawn already */
export async function withdrawDocument(tx: Tx, accountId: string, actor: Actor, id: string): Promise<void> {
  const before = await requireDocument(tx, id);
  if (before.state === 'withdrawn') throw new ServerError('conflict', `${before.document} is withdrawn already`);
  const { rows } = await sql<{ statements: unknown }>`
    update vex_document set withdrawn_at = now(), withdrawn_by = ${actor.name} where vex_document_id = ${id} returning statements`.execute(
    tx,
  );
  const statements = z.array(VexStatementInfo).parse(rows[0]?.statements);
  await told(tx, accountId, actor, 'vex.withdrawn', { id, document: { id: before.document, statements } });
  await recordAudit(tx, {
    accountId,
    actor,
    action: 'vex.withdraw',
    subject: id,
    detail: { document: before.document },
  });
}

function parse(bytes: Buffer): VexDocument {
  try {
    return readVex('the document', bytes);
  } catch (cause) {
    throw new ServerError('invalid', (cause as Error).message, { cause });
  }
}

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

async function insert(
  tx: Tx,
  accountId: string,
  document: VexDocument,
  digest: string,
  addedBy: string,
  attached: Attached | null,
): Promise<string | null> {
  const statements = document.statements.map(({ names, products, status, justification, statement, at }) => ({
    names,
    products,
    status,
    justification,
    statement,
    at,
  }));
  const { rows } = await sql<{ vex_document_id: string }>`
    insert into vex_document (account_id, digest, document, author, statements, source, repository_id, subject_digest, manifest_digest, signer, refused, added_by)
    values (${accountId}, ${digest}, ${document.id}, ${document.author}, ${JSON.stringify(statements)}::jsonb, ${attached ? 'attestation' : 'file'},
            ${attached?.repositoryId ?? null}, ${attached?.subject ?? null}, ${attached?.manifest ?? null}, ${attached?.signer ?? null}, ${attached?.refused ?? null}, ${addedBy})
    on conflict do nothing returning vex_document_id`.execute(tx);
  return rows[0]?.vex_document_id ?? null;
}

async function told(
  tx: Tx,
  accountId: string,
  actor: Actor,
  type: 'vex.added' | 'vex.withdrawn',
  {
    id,
    document,
  }: { id: string; document: Pick<VexDocument, 'id'> & { statements: readonly { names: readonly string[] }[] } },
): Promise<void> {
  await holesChanged(tx, accountId, [...new Set(document.statements.flatMap(({ names }) => names))]);
  await appendEvent(tx, {
    accountId,
    subject: `vex/${id}`,
    type,
    data: { id, document: document.id, statements: document.statements.length, by: actor.name },
  });
}

const COLUMNS = sql`
  v.vex_document_id, v.document, v.author, v.source, r.name as repository, v.subject_digest, v.signer, v.refused, jsonb_array_length(v.statements) as count,
  v.added_by, v.added_at, v.withdrawn_by, v.withdrawn_at`;

type Row = {
  vex_document_id: string;
  document: string;
  author: string | null;
  source: 'file' | 'attestation';
  repository: string | null;
  subject_digest: string | null;
  signer: string | null;
  refused: string | null;
  count: number;
  added_by: string;
  added_at: Date;
  withdrawn_by: string | null;
  withdrawn_at: Date | null;
};

const infoOf = (row: Row): VexDocumentInfo => ({
  id: row.vex_document_id,
  document: row.document,
  author: row.author,
  source: row.source,
  image:
    row.repository === null || row.subject_digest === null
      ? null
      : { repository: row.repository, digest: row.subject_digest },
  signer: row.signer,
  state: row.withdrawn_at !== null ? 'withdrawn' : row.refused !== null ? 'refused' : 'in-force',
  refused: row.refused,
  statements: row.count,
  addedBy: row.added_by,
  addedAt: row.added_at.toISOString(),
  withdrawnBy: row.withdrawn_by,
  withdrawnAt: row.withdrawn_at?.toISOString() ?? null,
});

/** Newest first, at most a thousand. Runs as a tenant. */
export async function listDocuments(tx: Tx): Promise<VexDocumentInfo[]> {
  const { rows } = await sql<Row>`
    select ${COLUMNS} from vex_document v left join repository r using (repository_id)
    order by v.withdrawn_at is not null, v.added_at desc limit 1000`.execute(tx);
  return rows.map(infoOf);
}

/** Runs as a tenant. @throws ServerError `not-found` */
export async function requireDocument(tx: Tx, id: string): Promise<VexDocumentContent> {
  const { rows } = await sql<Row & { shown: unknown }>`
    select ${COLUMNS}, coalesce((select jsonb_agg(statement) from (select statement from jsonb_array_elements(v.statements) as statement limit ${SHOWN}) as shown), '[]') as shown
    from vex_document v left join repository r using (repository_id) where v.vex_document_id = ${id}`.execute(tx);
  const row = rows[0];
  if (!row) throw new ServerError('not-found', 'there is no such VEX document');
  return { ...infoOf(row), shown: z.array(VexStatementInfo).parse(row.shown) };
}
