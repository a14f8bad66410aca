/** Repairs as the API tells them; of one of them also which findings it cleared. */
import {
  type Finding,
  PlatformRepair,
  type Repair,
  type RepairFinding,
  RepairMode,
  RepairScope,
  RepairState,
  type RepairSummary,
} from '@pratique/contract';
import { compareVersions } from '@pratique/scan';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Tx } from '../db/connect.ts';
import { readInventory } from '../inventory/read-inventory.ts';
import type { Repository } from '../registry/cache.ts';
import { readStatedFindings, type StatedDeps } from '../vex/stated-findings.ts';

type Row = {
  repair_id: string;
  repository: string;
  subject_digest: string;
  tag: string | null;
  mode: string;
  scope: string;
  state: string;
  requested_by: string;
  created_at: Date;
  finished_at: Date | null;
  error: string | null;
  original_digest: string | null;
  repaired_digest: string | null;
  repaired_tag: string | null;
  upgraded: number;
  left_count: number;
  run_id: string | null;
  child_run_id: string | null;
};

export type RepairFilter = {
  repairId?: string;
  repositoryId?: string;
  /** Repairs of this image, and the one that made it. */
  digest?: string;
  mode?: RepairMode;
  limit: number;
};

/** Newest first. */
export async function readRepairs(tx: Tx, filter: RepairFilter): Promise<RepairSummary[]> {
  const { repairId = null, repositoryId = null, digest = null, mode = null, limit } = filter;
  const { rows } = await sql<Row>`
    select p.repair_id, r.name as repository, p.subject_digest, p.tag, p.mode, p.scope, p.state, p.requested_by, p.created_at, p.finished_at, p.error,
      p.original_digest, p.repaired_digest, p.repaired_tag, s.run_id, p.child_run_id,
      (select coalesce(sum(jsonb_array_length(one->'result'->'upgraded')), 0)::int from jsonb_array_elements(p.platforms) one where one->>'result' is not null) as upgraded,
      (select coalesce(sum(jsonb_array_length(one->'result'->'left')), 0)::int from jsonb_array_elements(p.platforms) one where one->>'result' is not null) as left_count
    from repair p join repository r using (repository_id) left join step_run s using (step_run_id)
    where (${repairId}::uuid is null or p.repair_id = ${repairId}::uuid) and (${repositoryId}::uuid is null or p.repository_id = ${repositoryId}::uuid)
      and (${digest}::text is null or p.subject_digest = ${digest} or p.repaired_digest = ${digest} and p.mode = 'repair')
      and (${mode}::text is null or p.mode = ${mode})
    order by p.created_at desc limit ${limit}`.execute(tx);
  return rows.map((row) => ({
    id: row.repair_id,
    repository: row.repository,
    digest: row.subject_digest,
    tag: row.tag,
    mode: RepairMode.parse(row.mode),
    scope: RepairScope.parse(row.scope),
    state: RepairState.parse(row.state),
    requestedBy: row.requested_by,
    createdAt: row.created_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
    error: row.error,
    original: row.original_digest,
    repaired: row.repaired_digest,
    repairedTag: row.repaired_tag,
    upgraded: row.upgraded,
    left: row.left_count,
    run: row.run_id,
    childRun: row.child_run_id,
  }));
}

/** With what became of each platform, and of its findings. */
export async function readRepair(
  tx: Tx,
  deps: StatedDeps,
  repository: Repository,
  summary: RepairSummary,
): Promise<Repair> {
  const { rows } = await sql<{ platforms: unknown }>`
    select platforms from repair where repair_id = ${summary.id}`.execute(tx);
  const platforms = z.array(PlatformRepair).parse(rows[0]?.platforms ?? []);
  const read = (digest: string, index: string) => findingsOf(tx, deps, repository, digest, index);
  const compared = {
    gone: new Map<string, RepairFinding>(),
    remaining: new Map<string, RepairFinding>(),
    new: new Map<string, RepairFinding>(),
  };
  let rescanned = summary.mode === 'repair' && summary.repaired !== null;
  for (const { digest, result } of platforms) {
    const before = await read(digest, summary.digest);
    const scanned =
      result?.to && summary.repaired && summary.mode === 'repair' ? await read(result.to, summary.repaired) : null;
    if (result?.to && scanned === null) rescanned = false;
    const after = scanned ?? promised(before ?? [], result?.to ? result.upgraded : []);
    const [then, now] = [byKey(before ?? []), byKey(after)];
    for (const [key, finding] of then) (now.has(key) ? compared.remaining : compared.gone).set(key, finding);
    for (const [key, finding] of now) if (!then.has(key)) compared.new.set(key, finding);
  }
  const { gone, remaining } = compared;
  return {
    ...summary,
    platforms,
    rescanned,
    gone: [...gone.values()],
    remaining: [...remaining.values()],
    new: [...compared.new.values()],
  };
}

async function findingsOf(
  tx: Tx,
  deps: StatedDeps,
  repository: Repository,
  digest: string,
  index: string,
): Promise<Finding[] | null> {
  const inventory = await readInventory(tx, digest);
  const found = inventory && (await readStatedFindings(tx, deps, repository, { digest, index }, inventory.inventoryId));
  return found?.findings.filter((finding) => finding.status !== 'not-affected') ?? null;
}

/** What would remain if the new versions keep what the advisories say of them. */
function promised(before: readonly Finding[], upgraded: readonly { name: string; to: string }[]): Finding[] {
  const versions = new Map(upgraded.map((one) => [one.name, one.to]));
  return before.filter(({ package: of, fixedVersion }) => !reaches(of.type, versions.get(of.name), fixedVersion));
}

function reaches(type: string, to: string | undefined, fixed: string | null): boolean {
  const scheme = SCHEMES[type];
  if (to === undefined || scheme === undefined || fixed === null) return false;
  try {
    return compareVersions(scheme, to, fixed) >= 0;
  } catch {
    return false; // what is no version promises nothing
  }
}

const SCHEMES: Readonly<Record<string, 'deb' | 'apk' | 'rpm'>> = { deb: 'deb', apk: 'apk', rpm: 'rpm' };

/** One finding is the same in two versions of its package. */
function byKey(findings: readonly Finding[]): Map<string, RepairFinding> {
  return new Map(
    findings.map(({ id, package: of }) => [
      `${id} ${of.type} ${of.name}`,
      { id, package: of.name, version: of.version },
    ]),
  );
}
