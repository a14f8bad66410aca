/** Makes a repair true: manifests, tag, what refers to both images, and the run that judges the new one; or nothing of it. */
import { sql } from 'kysely';
import { SYSTEM_ACTOR } from '../auth/audit.ts';
import { startRun } from '../chain/start-run.ts';
import type { Tx } from '../db/connect.ts';
import { appendEvent } from '../feed/append-event.ts';
import { putManifest } from '../registry/put-manifest.ts';
import { insertBlob } from '../registry/uploads.ts';
import type { CarriedOut, RepairRequest } from './carry-out.ts';
import { chooseTag } from './choose-tag.ts';

export type Published = { tag: string | null; childRunId: string | null };

/** The tag under which the repair was asked for names another image by now. */
export class SupersededRepair extends Error {
  constructor(tag: string) {
    super(`${tag} names another image by now`);
  }
}

/** @throws SupersededRepair; nothing is then to be committed */
export async function publishRepair(
  tx: Tx,
  request: RepairRequest,
  { original, platforms, repaired }: CarriedOut & { repaired: NonNullable<CarriedOut['repaired']> },
): Promise<Published> {
  const { repository, digest } = request;
  const tag = await tagFor(tx, request, repaired.digest);
  for (const [blob, size] of repaired.stored) await insertBlob(tx, repository, blob, size);
  for (const one of repaired.manifests)
    await putManifest(
      tx,
      {
        repository,
        tag: one.digest === repaired.digest ? tag : null,
        expected: one.digest,
        contentType: one.mediaType,
        bytes: Buffer.from(one.base64, 'base64'),
        actor: SYSTEM_ACTOR,
        origin: 'chain',
      },
      async () => {},
    );
  const made = platforms.flatMap(({ result }) =>
    result?.to ? [{ digest: result.to, original: result.original }] : [],
  );
  await sql`
    insert into repaired_manifest (account_id, repository_id, digest, original_digest)
    select ${repository.accountId}, ${repository.repositoryId}, digest, original
    from unnest(${made.map((one) => one.digest)}::text[], ${made.map((one) => one.original)}::text[]) as made (digest, original)
    on conflict do nothing`.execute(tx);
  await rememberReleases(tx, platforms);
  const started = await startRun(tx, {
    repository,
    digest: repaired.digest,
    tag,
    trigger: 'repair',
    requestedBy: request.requestedBy,
  });
  await appendEvent(tx, {
    accountId: repository.accountId,
    subject: `repository/${repository.name}@${digest}`,
    type: 'image.repaired',
    data: {
      repositoryId: repository.repositoryId,
      repository: repository.name,
      digest,
      original,
      repaired: repaired.digest,
      tag,
      upgraded: platforms.reduce((sum, { result }) => sum + (result?.upgraded.length ?? 0), 0),
    },
  });
  return { tag, childRunId: 'runId' in started ? started.runId : null };
}

async function tagFor(tx: Tx, request: RepairRequest, repaired: string): Promise<string | null> {
  const { repository, tag, digest, tagging } = request;
  if (tag === null) return null;
  const chosen = await chooseTag(tx, repository, { tag, subject: digest, repaired, tagging });
  if (chosen.outcome === 'superseded') throw new SupersededRepair(tag);
  return chosen.tag;
}

/** An older release file than one that was seen is refused from now on. */
async function rememberReleases(tx: Tx, platforms: CarriedOut['platforms']): Promise<void> {
  const newest = new Map<string, string>();
  for (const { result } of platforms)
    for (const { uri, date } of result?.sources ?? []) if ((newest.get(uri) ?? '') < date) newest.set(uri, date);
  const sorted = [...newest].sort(([a], [b]) => (a < b ? -1 : 1));
  if (sorted.length === 0) return;
  await sql`
    insert into archive_release (uri, date)
    select uri, date from unnest(${sorted.map(([uri]) => uri)}::text[], ${sorted.map(([, date]) => date)}::timestamptz[]) as seen (uri, date)
    on conflict (uri) do update set date = greatest(archive_release.date, excluded.date)`.execute(tx);
}
