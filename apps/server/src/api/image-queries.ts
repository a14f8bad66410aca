/** The reads behind the image pages. */
import {
  type Admission,
  type ChainState,
  type ImageRow,
  type Receipt,
  type Signature,
  Verdict,
} from '@pratique/contract';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import type { Repository } from '../registry/cache.ts';

export type ResolvedImage = { digest: string; mediaType: string; bytes: Buffer; pushedAt: Date; pushedBy: string };

/** Resolves a tag or digest within a repository; null when it holds no such image. */
export async function resolveImage(tx: Tx, repositoryId: string, reference: string): Promise<ResolvedImage | null> {
  const { rows } = await sql<{ digest: string; media_type: string; bytes: Buffer; pushed_at: Date; pushed_by: string }>`
    select m.digest, m.media_type, m.bytes, r.pushed_at, r.pushed_by from repository_manifest r join manifest m using (digest)
    where r.repository_id = ${repositoryId} and r.digest = coalesce((select t.digest from tag t where t.repository_id = ${repositoryId} and t.name = ${reference}), ${reference})`.execute(
    tx,
  );
  const row = rows[0];
  return row
    ? {
        digest: row.digest,
        mediaType: row.media_type,
        bytes: row.bytes,
        pushedAt: row.pushed_at,
        pushedBy: row.pushed_by,
      }
    : null;
}

type ImageListRow = {
  repository: string;
  tag: string;
  digest: string;
  size: number;
  pushed_at: Date;
  pushed_by: string;
  immutable: boolean;
  decision: 'allow' | 'deny' | null;
  verdict_state: string | null;
  run_state: ChainState | null;
  packages: number | null;
  critical: number;
  high: number;
  medium: number;
  low: number;
  negligible: number;
  unknown: number;
  fixable: number;
  scanned: boolean;
};

/** Tags with what is known about the images they name; newest first. */
export async function listImages(
  tx: Tx,
  account: string,
  filter: {
    repository: string | null;
    /** Names of the repositories that the caller may see; null for all. */
    covered: string[] | null;
    search: string | null;
    limit: number;
    offset: number;
  },
): Promise<ImageRow[]> {
  const { rows } = await sql<ImageListRow>`
    with page as (
      select t.*, r.name as repository from tag t join repository r using (repository_id)
      where (${filter.repository}::text is null or r.name = ${filter.repository})
        and (${filter.covered}::text[] is null or r.name = any (${filter.covered}::text[]))
        and (${filter.search}::text is null or r.name || ':' || t.name ilike '%' || ${filter.search} || '%')
        and t.name !~ '^sha256-[0-9a-f]{64}' order by t.updated_at desc, r.name, t.name limit ${filter.limit} offset ${filter.offset}),
    platform as (
      select p.repository_id, p.name, coalesce(e.child, p.digest) as digest from page p left join manifest_edge e on e.parent = p.digest and e.kind = 'manifest'),
    latest as (
      select distinct on (platform.repository_id, platform.name, platform.digest) platform.repository_id, platform.name, i.inventory_id, i.package_count
      from platform join inventory i on i.manifest_digest = platform.digest order by platform.repository_id, platform.name, platform.digest, i.revision desc),
    counted as (
      select l.repository_id, l.name, m.severity, count(*)::int as n, count(m.fixed_version)::int as fixable from latest l
      join (select distinct inventory_id, package_id from inventory_package where owner is null) ip using (inventory_id)
      join package_match m using (package_id) where m.status <> 'not-affected' group by 1, 2, 3)
    select p.repository, p.name as tag, p.digest, m.size + coalesce((select sum(size) from manifest_edge where parent = p.digest), 0) as size, rm.pushed_at, rm.pushed_by, p.immutable,
      v.decision, case when v.state = 'valid' and v.valid_until <= now() then 'expired' else v.state end as verdict_state,
      (select state from run where run.repository_id = p.repository_id and run.subject_digest = p.digest order by created_at desc limit 1) as run_state,
      (select sum(package_count)::int from latest l where l.repository_id = p.repository_id and l.name = p.name) as packages,
      exists (select from latest l join scan s using (inventory_id) where l.repository_id = p.repository_id and l.name = p.name) as scanned,
      coalesce(sum(c.n) filter (where c.severity = 'critical'), 0)::int as critical, coalesce(sum(c.n) filter (where c.severity = 'high'), 0)::int as high,
      coalesce(sum(c.n) filter (where c.severity = 'medium'), 0)::int as medium, coalesce(sum(c.n) filter (where c.severity = 'low'), 0)::int as low,
      coalesce(sum(c.n) filter (where c.severity = 'negligible'), 0)::int as negligible, coalesce(sum(c.n) filter (where c.severity = 'unknown'), 0)::int as unknown,
      coalesce(sum(c.fixable), 0)::int as fixable
    from page p join manifest m on m.digest = p.digest join repository_manifest rm on rm.repository_id = p.repository_id and rm.digest = p.digest
    left join verdict v on v.repository_id = p.repository_id and v.digest = p.digest
    left join counted c on c.repository_id = p.repository_id and c.name = p.name
    group by p.repository_id, p.repository, p.name, p.digest, p.immutable, p.updated_at, m.size, rm.pushed_at, rm.pushed_by, v.decision, v.state, v.valid_until
    order by p.updated_at desc, p.repository, p.name`.execute(tx);
  return rows.map((row) => ({
    account,
    repository: row.repository,
    tag: row.tag,
    digest: row.digest,
    size: Number(row.size),
    pushedAt: row.pushed_at.toISOString(),
    pushedBy: row.pushed_by,
    immutable: row.immutable,
    decision: row.decision,
    verdictState: row.verdict_state,
    chainState: row.run_state ?? 'none',
    packages: row.packages,
    findings: row.scanned
      ? {
          critical: row.critical,
          high: row.high,
          medium: row.medium,
          low: row.low,
          negligible: row.negligible,
          unknown: row.unknown,
        }
      : null,
    fixable: row.scanned ? row.fixable : null,
  }));
}

type VerdictRow = {
  decision: string;
  state: string;
  reasons: unknown;
  input_hash: string;
  decided_at: Date;
  valid_until: Date;
  expired: boolean;
};

export async function readVerdict(tx: Tx, repository: Repository, digest: string): Promise<Verdict | null> {
  const { rows } = await sql<VerdictRow>`
    select decision, state, reasons, input_hash, decided_at, valid_until, valid_until <= now() as expired from verdict
    where repository_id = ${repository.repositoryId} and digest = ${digest}`.execute(tx);
  const row = rows[0];
  if (!row) return null;
  return Verdict.parse({
    account: repository.account,
    repository: repository.name,
    digest,
    decision: row.decision,
    state: row.state === 'valid' && row.expired ? 'expired' : row.state,
    reasons: row.reasons,
    inputHash: row.input_hash,
    decidedAt: row.decided_at.toISOString(),
    validUntil: row.valid_until.toISOString(),
  });
}

export async function readSignatures(tx: Tx, repositoryId: string, digest: string): Promise<Signature[]> {
  const { rows } = await sql<{
    predicate_type: string;
    signing_key_id: string;
    manifest_digest: string | null;
    created_at: Date;
  }>`
    select predicate_type, signing_key_id, manifest_digest, created_at from attestation
    where repository_id = ${repositoryId} and subject_digest = ${digest} order by created_at desc limit 100`.execute(
    tx,
  );
  return rows.map((row) => ({
    predicateType: row.predicate_type,
    keyId: row.signing_key_id,
    manifest: row.manifest_digest,
    createdAt: row.created_at.toISOString(),
  }));
}

type ReceiptRow = {
  receipt_id: string;
  side: 'sent' | 'received';
  repository: string;
  counterparty: string;
  tag: string;
  digest: string;
  manifests: number;
  blobs: number;
  graph_hash: string;
  at: Date;
};

export async function readReceipts(
  tx: Tx,
  filter: { repositoryId?: string; digest?: string; limit: number },
): Promise<Receipt[]> {
  const { rows } = await sql<ReceiptRow>`
    select receipt_id, side, repository, counterparty, tag, digest, manifests, blobs, graph_hash, at from receipt
    where (${filter.repositoryId ?? null}::uuid is null or repository_id = ${filter.repositoryId ?? null}::uuid) and (${filter.digest ?? null}::text is null or digest = ${filter.digest ?? null})
    order by at desc limit ${filter.limit}`.execute(tx);
  return rows.map((row) => ({
    id: row.receipt_id,
    side: row.side,
    repository: row.repository,
    counterparty: row.counterparty,
    tag: row.tag,
    digest: row.digest,
    manifests: row.manifests,
    blobs: row.blobs,
    graphHash: row.graph_hash,
    at: row.at.toISOString(),
  }));
}

type AdmissionRow = {
  admission_review_id: number;
  at: Date;
  cluster: string;
  operation: string;
  kind: string;
  namespace: string | null;
  name: string | null;
  username: string | null;
  allowed: boolean;
  mode: string;
  reasons: string[];
  images: Admission['images'];
};

/** @param digest only reviews that concerned this image */
export async function readAdmissions(
  tx: Tx,
  filter: { digest: string | null; before: number | null; limit: number },
): Promise<Admission[]> {
  const containing = filter.digest === null ? null : JSON.stringify([{ digest: filter.digest }]);
  const { rows } = await sql<AdmissionRow>`
    select a.admission_review_id, a.at, c.name as cluster, a.operation, a.kind, a.namespace, a.name, a.username, a.allowed, a.mode, a.reasons, a.images
    from admission_review a join cluster c using (cluster_id)
    where (${containing}::jsonb is null or a.images @> ${containing}::jsonb) and (${filter.before}::bigint is null or a.admission_review_id < ${filter.before})
    order by a.admission_review_id desc limit ${filter.limit}`.execute(tx);
  return rows.map(({ admission_review_id: id, at, ...row }) => ({ id, at: at.toISOString(), ...row }));
}
