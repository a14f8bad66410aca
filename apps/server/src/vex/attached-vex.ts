/** Tells whether a manifest that is stored attaches VEX to an image, by what its author wrote beside it. */
import type { ParsedManifest } from '@pratique/oci';
import { isVexPredicate, VEX_PREDICATE } from '@pratique/scan/vex';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Tx } from '../db/connect.ts';
import { enqueue } from '../jobs/run-queue.ts';

export const AttachedVex = z.object({ repositoryId: z.uuid(), digest: z.string() });
/** An image that VEX was attached to. */
export type AttachedVex = z.infer<typeof AttachedVex>;

/** Part of the transaction that attached something which may be VEX. */
export async function vexAttached(tx: Tx, image: AttachedVex): Promise<void> {
  await enqueue(tx, 'vex.examine', image);
}

/** Where cosign 2 keeps attestations: a layer for each, with its predicate's type. */
const ATTESTATIONS = /^sha256-([0-9a-f]{64})\.att$/;

/** @returns digest of the image, or null. What it says is not believed yet, only looked at. */
export function vexSubject(parsed: ParsedManifest, tag: string | null): string | null {
  if (parsed.kind !== 'image') return null;
  const { subject, annotations } = parsed.manifest;
  // cosign 3 and later. @see sigstore/cosign, specs/BUNDLE_SPEC.md
  if (subject && isVexPredicate(annotations?.['dev.sigstore.bundle.predicateType'] ?? '')) return subject.digest;
  const older = ATTESTATIONS.exec(tag ?? '')?.[1];
  // Whatever it holds now: it takes the place of what it held before.
  return older === undefined ? null : `sha256:${older}`;
}

/** After a receipt, by which a vendor's word may count: what came with the image is looked at again. */
export async function vexReceived(tx: Tx, { repositoryId, digest }: AttachedVex): Promise<void> {
  const { rows } = await sql<{ digest: string }>`
    select distinct r.subject_digest as digest from referrer r
    where r.repository_id = ${repositoryId} and r.annotations->>'dev.sigstore.bundle.predicateType' like ${`${VEX_PREDICATE}%`}
      and (r.subject_digest = ${digest} or r.subject_digest in (select child from manifest_edge where parent = ${digest} and kind = 'manifest')) limit 100`.execute(
    tx,
  );
  for (const row of rows) await vexAttached(tx, { repositoryId, digest: row.digest });
}

/** After a manifest, or the tag that names it, was deleted: what it attached counts no more. @param manifest its digest */
export async function vexDetached(
  tx: Tx,
  { accountId, repositoryId }: { accountId: string; repositoryId: string },
  manifest: string,
): Promise<void> {
  const { rows } = await sql<{ digest: string }>`
    select distinct subject_digest as digest from vex_document
    where account_id = ${accountId} and withdrawn_at is null and refused is null and repository_id = ${repositoryId} and manifest_digest = ${manifest}`.execute(
    tx,
  );
  for (const { digest } of rows) await vexAttached(tx, { repositoryId, digest });
}
