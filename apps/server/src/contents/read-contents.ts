/** Reads back what is known of the contents of a manifest. */
import { BaselineResult, type ExaminedContents, MalwareMatch, Secret, Unexamined } from '@pratique/contract';
import { BASELINE_CHECKS } from '@pratique/scan/baseline';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Tx } from '../db/connect.ts';

export type StoredExamination = {
  examinationId: number;
  revision: string;
  /** Why nothing is known; null where the contents were examined. */
  failure: string | null;
  examinedAt: Date;
  secrets: number;
  reachableSecrets: number;
  malware: number;
  unexamined: number;
  failedChecks: number;
  passed: string[];
  notApplicable: { id: string; detail: string | null }[];
};

/** The newest examination; null where nobody looked into the contents yet. */
export async function readExamination(tx: Tx, manifestDigest: string): Promise<StoredExamination | null> {
  const { rows } = await sql<StoredExamination>`
    select examination_id as "examinationId", revision, failure, examined_at as "examinedAt", secret_count as secrets, reachable_count as "reachableSecrets",
      malware_count as malware, unexamined_count as unexamined, failed_count as "failedChecks", passed, not_applicable as "notApplicable"
    from content_examination where manifest_digest = ${manifestDigest} and newest`.execute(tx);
  return rows[0] ?? null;
}

/** All of it, as the command line has it of images that it reads itself; null where nothing is known. */
export async function readContents(tx: Tx, manifestDigest: string): Promise<ExaminedContents | null> {
  const examination = await readExamination(tx, manifestDigest);
  if (!examination || examination.failure !== null) return null;
  const { examinationId } = examination;
  const all = { after: -1, limit: null };
  return {
    secrets: withoutPlace(await readSecrets(tx, examinationId, all)),
    malware: withoutPlace(await readMalware(tx, examinationId, all)),
    unexamined: withoutPlace(await readUnexamined(tx, examinationId, all)),
    baseline: [...withoutPlace(await readChecks(tx, examinationId, all)), ...quietChecks(examination)],
  };
}

/** Rows behind that place, in the order in which they were found; all where there is no limit. */
export type Slice = { after: number; limit: number | null };
type Placed<T> = T & { ordinal: number };

function withoutPlace<T extends object>(all: readonly Placed<T>[]): Omit<Placed<T>, 'ordinal'>[] {
  return all.map((one) => {
    const { ordinal: _, ...rest } = one;
    return rest;
  });
}

export async function readSecrets(tx: Tx, examinationId: number, { after, limit }: Slice): Promise<Placed<Secret>[]> {
  const { rows } = await sql`
    select ordinal, kind as id, title, severity, redacted, fingerprint, state, places, place_count as "placeCount" from image_secret
    where examination_id = ${examinationId} and ordinal > ${after} order by ordinal limit ${limit}`.execute(tx);
  return z.array(Secret.extend({ ordinal: z.number() })).parse(rows);
}

export async function readMalware(
  tx: Tx,
  examinationId: number,
  { after, limit }: Slice,
): Promise<Placed<MalwareMatch>[]> {
  const { rows } = await sql<{ ordinal: number; match: unknown }>`
    select ordinal, match from image_malware where examination_id = ${examinationId} and ordinal > ${after} order by ordinal limit ${limit}`.execute(
    tx,
  );
  return rows.map(({ ordinal, match }) => ({ ...MalwareMatch.parse(match), ordinal }));
}

export async function readUnexamined(
  tx: Tx,
  examinationId: number,
  { after, limit }: Slice,
): Promise<Placed<Unexamined>[]> {
  const { rows } = await sql`
    select ordinal, path, kind, detail from image_unexamined where examination_id = ${examinationId} and ordinal > ${after} order by ordinal limit ${limit}`.execute(
    tx,
  );
  return z.array(Unexamined.extend({ ordinal: z.number() })).parse(rows);
}

/** Checks that failed, and those that could not be made. */
export async function readChecks(
  tx: Tx,
  examinationId: number,
  { after, limit }: Slice,
): Promise<Placed<BaselineResult>[]> {
  const { rows } = await sql<{ ordinal: number; result: unknown }>`
    select ordinal, result from image_check where examination_id = ${examinationId} and ordinal > ${after} order by ordinal limit ${limit}`.execute(
    tx,
  );
  return rows.map(({ ordinal, result }) => ({ ...BaselineResult.parse(result), ordinal }));
}

/** Checks that passed, or do not apply; of those that this version does not know there is only the id to tell. */
function quietChecks({ passed, notApplicable }: StoredExamination): BaselineResult[] {
  const told = (id: string, status: 'passed' | 'not-applicable', detail: string | null): BaselineResult => {
    const check = BASELINE_CHECKS.find((one) => one.id === id);
    const { title = id, reason = '', fix = '', severity = 'unknown', profiles = [] } = check ?? {};
    return {
      id,
      title,
      reason,
      fix,
      severity,
      profiles: [...profiles],
      status,
      detail,
      evidence: [],
      evidenceCount: 0,
    };
  };
  return [
    ...passed.map((id) => told(id, 'passed', null)),
    ...notApplicable.map(({ id, detail }) => told(id, 'not-applicable', detail)),
  ];
}
