/** An image's findings as those who know the product state them. */
import type { Finding } from '@pratique/contract';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import type { Repository } from '../registry/cache.ts';
import { type FoundInImage, readFindings } from '../scan/read-findings.ts';
import { namesOf, readVexInForce, type VexCache } from './in-force.ts';

export type StatedDeps = {
  publicUrl: string;
  vex: VexCache;
  /** Only what the account itself states: documents, and not what is attached. */
  own?: boolean;
};

/**
 * @param image a platform manifest, and the index that it was asked for through, where there is one
 * @returns as `readFindings`
 */
export async function readStatedFindings(
  tx: Tx,
  deps: StatedDeps,
  repository: Repository,
  image: { digest: string; index: string },
  inventoryId: number,
): Promise<FoundInImage | null> {
  const found = await readFindings(tx, inventoryId);
  if (!found) return null;
  const inForce = await readVexInForce(tx, repository.accountId, deps.vex);
  const { rows } = await sql<{ name: string }>`
    select name from tag where repository_id = ${repository.repositoryId} and digest = any (${[image.digest, image.index]}::text[])`.execute(
    tx,
  );
  const names = namesOf(
    deps.publicUrl,
    repository,
    rows.map((row) => row.name),
  );
  const stated = inForce.of(repository.repositoryId, deps.own ? [] : [image.digest, image.index]);
  return { ...found, findings: stated<Finding>(found.findings, { names, digest: image.digest }) };
}
