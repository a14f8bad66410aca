/** Stores a manifest: bytes, edges, tag, tag event, feed event and the run of the chain, in one transaction. */
import { createHash } from 'node:crypto';
import { isIndexType, type ParsedManifest, parseManifest } from '@pratique/oci';
import { sql } from 'kysely';
import { type Actor, recordAudit } from '../auth/audit.ts';
import type { Tx } from '../db/connect.ts';
import { appendEvent } from '../feed/append-event.ts';
import { vexAttached, vexSubject } from '../vex/attached-vex.ts';
import type { Repository } from './cache.ts';
import { RegistryError } from './error.ts';

export type Origin = 'push' | 'chain' | 'delivery';

export type PutManifest = {
  repository: Repository;
  /** Tag, or null to store by digest only. */
  tag: string | null;
  /** The digest the client asked for, when it named one. */
  expected: string | null;
  contentType: string | undefined;
  bytes: Buffer;
  actor: Actor;
  origin: Origin;
  /** Makes the tag immutable, as a delivery does. */
  immutable?: boolean;
};

export type StoredManifest = {
  digest: string;
  subject: string | null;
  runnable: boolean;
  /** The tag named another manifest before. */
  movedTag: boolean;
};

/** Starts the chain for a tag that now names another digest; part of the same transaction. */
export type OnTagged = (
  tx: Tx,
  event: { repository: Repository; tag: string; digest: string; origin: Origin; actor: Actor },
) => Promise<void>;

/** Signatures and attestations of older tools live under such tags; they are no images. */
const COMPANION_TAG = /^sha256-[0-9a-f]{64}(\.(sig|att|sbom))?$/;

/**
 * @throws OciError for a manifest that is no manifest
 * @throws RegistryError DIGEST_INVALID, MANIFEST_BLOB_UNKNOWN, MANIFEST_INVALID, TAG_IMMUTABLE
 */
export async function putManifest(tx: Tx, put: PutManifest, onTagged: OnTagged): Promise<StoredManifest> {
  const digest = `sha256:${createHash('sha256').update(put.bytes).digest('hex')}`;
  if (put.expected !== null && put.expected !== digest)
    throw new RegistryError('DIGEST_INVALID', { message: `the manifest's digest is ${digest}, not ${put.expected}` });
  const parsed = parseManifest(put.bytes, put.contentType);
  await checkContentIsHere(tx, put.repository, parsed);
  await insertManifest(tx, digest, parsed);
  await insertEdges(tx, digest, parsed);
  await insertIntoRepository(tx, put.repository, digest, put.actor.name);
  const subject = parsed.manifest.subject?.digest ?? null;
  if (subject !== null) await insertReferrer(tx, put.repository, subject, digest, parsed);
  // What a chain publishes repeats the account's own documents, and must not outlive them as a statement of its own.
  const stated = put.origin === 'chain' ? null : vexSubject(parsed, put.tag);
  if (stated !== null) await vexAttached(tx, { repositoryId: put.repository.repositoryId, digest: stated });
  const runnable = parsed.kind === 'index' ? await hasRunnableChild(tx, digest) : parsed.runnable;
  const movedTag = put.tag !== null && (await moveTag(tx, put, put.tag, digest));
  if (put.tag !== null) {
    if (runnable && subject === null && !COMPANION_TAG.test(put.tag))
      await onTagged(tx, { repository: put.repository, tag: put.tag, digest, origin: put.origin, actor: put.actor });
  }
  if (put.origin === 'push')
    await recordAudit(tx, {
      accountId: put.repository.accountId,
      actor: put.actor,
      action: 'manifest.push',
      subject: `${put.repository.name}${put.tag ? `:${put.tag}` : ''}@${digest}`,
    });
  await appendEvent(tx, {
    accountId: put.repository.accountId,
    subject: `repository/${put.repository.name}@${digest}`,
    type: put.tag !== null ? 'tag.pushed' : 'manifest.pushed',
    data: {
      repositoryId: put.repository.repositoryId,
      repository: put.repository.name,
      digest,
      tag: put.tag,
      actor: put.actor.name,
      origin: put.origin,
      subject,
    },
  });
  return { digest, subject, runnable, movedTag };
}

type Edge = {
  child: string;
  kind: 'config' | 'layer' | 'manifest';
  ordinal: number;
  mediaType: string;
  size: number;
  platform: unknown;
};

function edgesOf(parsed: ParsedManifest): Edge[] {
  if (parsed.kind === 'index')
    return parsed.manifest.manifests.map((d, ordinal) => ({
      child: d.digest,
      kind: 'manifest',
      ordinal,
      mediaType: d.mediaType,
      size: d.size,
      platform: d.platform ?? null,
    }));
  const config = parsed.manifest.config;
  return [
    {
      child: config.digest,
      kind: 'config',
      ordinal: 0,
      mediaType: config.mediaType,
      size: config.size,
      platform: null,
    },
    ...parsed.manifest.layers.map((d, ordinal) => ({
      child: d.digest,
      kind: 'layer' as const,
      ordinal,
      mediaType: d.mediaType,
      size: d.size,
      platform: null,
    })),
  ];
}

async function checkContentIsHere(tx: Tx, repository: Repository, parsed: ParsedManifest): Promise<void> {
  // Layers with urls are Docker's foreign layers: they stay where they are and need not be pushed.
  const foreign = new Set(
    parsed.kind === 'image' ? parsed.manifest.layers.filter((d) => (d.urls?.length ?? 0) > 0).map((d) => d.digest) : [],
  );
  const edges = edgesOf(parsed).filter((edge) => !foreign.has(edge.child));
  await holdContent(tx, repository, edges);
  const { rows } = await sql<{ child: string; size: number; actual: number | null }>`
    select wanted.child, wanted.size, coalesce(b.size, m.size) as actual
    from unnest(${edges.map((e) => e.child)}::text[], ${edges.map((e) => e.size)}::bigint[], ${edges.map((e) => e.kind)}::text[]) as wanted (child, size, kind)
    left join (repository_blob rb join blob b using (digest)) on rb.repository_id = ${repository.repositoryId} and rb.digest = wanted.child and wanted.kind <> 'manifest'
    left join (repository_manifest rm join manifest m using (digest)) on rm.repository_id = ${repository.repositoryId} and rm.digest = wanted.child and wanted.kind = 'manifest'
    where coalesce(b.size, m.size) is distinct from wanted.size`.execute(tx);
  const absent = rows.filter((row) => row.actual === null);
  if (absent.length > 0)
    throw new RegistryError('MANIFEST_BLOB_UNKNOWN', {
      message: `${absent[0]?.child} is not in ${repository.account}/${repository.name}`,
      detail: absent.slice(0, 20).map((row) => ({ digest: row.child })),
    });
  const wrong = rows[0];
  if (wrong)
    throw new RegistryError('MANIFEST_INVALID', {
      message: `${wrong.child} has ${wrong.actual} bytes, not ${wrong.size}`,
    });
}

/** Nobody deletes a blob or child between this check and the commit of the manifest that needs it. */
async function holdContent(tx: Tx, repository: Repository, edges: Edge[]): Promise<void> {
  const hold = (table: string, digests: string[]) => sql`
    select from ${sql.table(table)} where repository_id = ${repository.repositoryId} and digest = any (${digests}::text[])
    order by digest for key share`;
  const children = edges.filter((edge) => edge.kind === 'manifest').map((edge) => edge.child);
  const blobs = edges.filter((edge) => edge.kind !== 'manifest').map((edge) => edge.child);
  if (blobs.length > 0) await hold('repository_blob', blobs).execute(tx);
  if (children.length > 0) await hold('repository_manifest', children).execute(tx);
}

async function insertManifest(tx: Tx, digest: string, parsed: ParsedManifest): Promise<void> {
  const config = parsed.kind === 'image' ? parsed.manifest.config : null;
  const artifactType = parsed.manifest.artifactType ?? (parsed.kind === 'image' ? (config?.mediaType ?? null) : null);
  await sql`
    insert into manifest (digest, media_type, artifact_type, subject_digest, config_digest, config_media_type, runnable, size, bytes)
    values (${digest}, ${parsed.mediaType}, ${artifactType}, ${parsed.manifest.subject?.digest ?? null}, ${config?.digest ?? null}, ${config?.mediaType ?? null},
            ${parsed.kind === 'image' && parsed.runnable}, ${parsed.bytes.length}, ${parsed.bytes}) on conflict do nothing`.execute(
    tx,
  );
}

async function insertEdges(tx: Tx, digest: string, parsed: ParsedManifest): Promise<void> {
  const edges = edgesOf(parsed);
  await sql`
    insert into manifest_edge (parent, child, kind, ordinal, media_type, size, platform)
    select ${digest}, child, kind, ordinal, media_type, size, platform
    from unnest(${edges.map((e) => e.child)}::text[], ${edges.map((e) => e.kind)}::text[], ${edges.map((e) => e.ordinal)}::int[],
                ${edges.map((e) => e.mediaType)}::text[], ${edges.map((e) => e.size)}::bigint[], ${edges.map((e) => (e.platform === null ? null : JSON.stringify(e.platform)))}::jsonb[])
      as edge (child, kind, ordinal, media_type, size, platform)
    on conflict do nothing`.execute(tx);
}

async function insertIntoRepository(tx: Tx, repository: Repository, digest: string, actor: string): Promise<void> {
  await sql`
    insert into repository_manifest (repository_id, account_id, digest, pushed_by)
    values (${repository.repositoryId}, ${repository.accountId}, ${digest}, ${actor}) on conflict do nothing`.execute(
    tx,
  );
}

async function insertReferrer(
  tx: Tx,
  repository: Repository,
  subject: string,
  digest: string,
  parsed: ParsedManifest,
): Promise<void> {
  const artifactType =
    parsed.manifest.artifactType ?? (parsed.kind === 'image' ? parsed.manifest.config.mediaType : '');
  await sql`
    insert into referrer (repository_id, account_id, subject_digest, digest, media_type, artifact_type, size, annotations)
    values (${repository.repositoryId}, ${repository.accountId}, ${subject}, ${digest}, ${parsed.mediaType}, ${artifactType}, ${parsed.bytes.length},
            ${parsed.manifest.annotations ? JSON.stringify(parsed.manifest.annotations) : null}::jsonb) on conflict do nothing`.execute(
    tx,
  );
}

async function hasRunnableChild(tx: Tx, digest: string): Promise<boolean> {
  const { rows } = await sql`
    select from manifest_edge e join manifest m on m.digest = e.child
    where e.parent = ${digest} and e.kind = 'manifest' and (m.runnable or m.media_type = any (${['application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json'].filter(isIndexType)}))
      and coalesce(e.platform->>'os', '') <> 'unknown' limit 1`.execute(tx);
  return rows.length > 0;
}

/** @returns whether the tag named something else before */
async function moveTag(tx: Tx, put: PutManifest, tag: string, digest: string): Promise<boolean> {
  const { repositoryId, accountId, immutableTags } = put.repository;
  const immutable = put.immutable === true || immutableTags;
  const { rows } = await sql<{ digest: string; immutable: boolean }>`
    select digest, immutable from tag where repository_id = ${repositoryId} and name = ${tag} for update`.execute(tx);
  const before = rows[0];
  if (before && before.digest !== digest && (before.immutable || immutable))
    throw new RegistryError('TAG_IMMUTABLE', {
      message: `${put.repository.account}/${put.repository.name}:${tag} is immutable and names ${before.digest}`,
    });
  if (before?.digest === digest) {
    if (put.immutable === true && !before.immutable)
      await sql`update tag set immutable = true where repository_id = ${repositoryId} and name = ${tag}`.execute(tx);
    return false;
  }
  const moved = await sql<{ digest: string }>`
    insert into tag (repository_id, account_id, name, digest, immutable) values (${repositoryId}, ${accountId}, ${tag}, ${digest}, ${immutable})
    on conflict (repository_id, name) do update set digest = excluded.digest, immutable = excluded.immutable, updated_at = now()
    where not (tag.immutable or excluded.immutable) or tag.digest = excluded.digest returning digest`.execute(tx);
  if (moved.rows.length === 0) throw new RegistryError('TAG_IMMUTABLE');
  await sql`
    insert into tag_event (account_id, repository_id, tag, old_digest, new_digest, actor, origin)
    values (${accountId}, ${repositoryId}, ${tag}, ${before?.digest ?? null}, ${digest}, ${put.actor.name}, ${put.origin})`.execute(
    tx,
  );
  return before !== undefined;
}
