/** The image that is about to be signed, with its verdict: read together, so that nothing is signed on an older word. */
import { Verdict } from '@pratique/contract';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import type { Repository } from '../registry/cache.ts';

export type Subject = {
  descriptor: { digest: string; size: number; mediaType: string };
  verdict: Verdict;
  policyDigest: string;
  runId: string;
};

type Row = {
  size: number;
  media_type: string;
  decision: string;
  state: string;
  reasons: unknown;
  inputs: { bundle: string };
  input_hash: string;
  run_id: string;
  decided_at: Date;
  valid_until: Date;
};

/** null when the image is gone or has no verdict that is valid now; a revoked one is a denial that does not end. */
export async function readSubject(tx: Tx, repository: Repository, digest: string): Promise<Subject | null> {
  const { rows } = await sql<Row>`
    select m.size, m.media_type, v.decision, v.state, v.reasons, v.inputs, v.input_hash, v.run_id, v.decided_at, v.valid_until
    from repository_manifest r join manifest m using (digest) join verdict v on v.repository_id = r.repository_id and v.digest = r.digest
    where r.repository_id = ${repository.repositoryId} and r.digest = ${digest} and (v.state = 'revoked' or v.state = 'valid' and v.valid_until > now())`.execute(
    tx,
  );
  const row = rows[0];
  if (!row) return null;
  const verdict = Verdict.parse({
    account: repository.account,
    repository: repository.name,
    digest,
    decision: row.decision,
    state: row.state,
    reasons: row.reasons,
    inputHash: row.input_hash,
    decidedAt: row.decided_at.toISOString(),
    validUntil: row.valid_until.toISOString(),
  });
  return {
    descriptor: { digest, size: row.size, mediaType: row.media_type },
    verdict,
    policyDigest: row.inputs.bundle,
    runId: row.run_id,
  };
}
