/** Writes what an examination of contents found: facts about the bytes of one manifest, once for each revision of rules. */
import type { ExaminedContents } from '@pratique/contract';
import { canonicalDigest } from '@pratique/contract/canonical-digest';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import { markManifests } from '../renewal/mark-due.ts';
import { storable } from './storable.ts';
import { tellExamined } from './tell-examined.ts';

/** What came of it: the facts, or why there are none. */
export type Examination = { contents: ExaminedContents } | { failure: string };

/** Seconds before what failed is tried again; then only other rules are another reason to try. */
const PAUSES_S = [600, 3600];
const CHUNK = 1000;
/** Earlier examinations that are kept for a server of an older version beside this one. */
const KEPT = 2;

/** True when the contents were examined by these rules, or failed to be and are not to be tried again now. */
export async function contentsExist(tx: Tx, manifestDigest: string, revision: string): Promise<boolean> {
  const { rows } = await sql`
    select from content_examination where manifest_digest = ${manifestDigest} and revision = ${revision}
      and (retry_at is null or retry_at > now())`.execute(tx);
  return rows.length > 0;
}

/**
 * Stores all of it in the caller's transaction, tells the accounts that hold the image, and has verdicts looked at again
 * where something else was found than before. A second one of the same revision changes nothing, but for one that failed.
 *
 * @param quiet tells nobody of a first look that found neither secrets nor malware: the first sweep looks at all images
 */
export async function storeContents(
  tx: Tx,
  manifestDigest: string,
  revision: string,
  examination: Examination,
  { quiet = false } = {},
): Promise<void> {
  // Two that examined the same image at once: whoever comes second finds it done.
  await sql`select pg_advisory_xact_lock(8480031, hashtext(${manifestDigest}))`.execute(tx);
  const earlier = await readNewest(tx, manifestDigest);
  const attempts = await clearFailed(tx, manifestDigest, revision);
  if (attempts === null) return;
  const contents = 'contents' in examination ? storable(examination.contents) : NOTHING;
  const failure = 'failure' in examination ? storable(examination.failure).slice(0, 1000) : null;
  const facts = canonicalDigest(failure === null ? contents : { failure });
  await sql`update content_examination set newest = false where manifest_digest = ${manifestDigest} and newest`.execute(
    tx,
  );
  const id = await insertExamination(tx, {
    manifestDigest,
    revision,
    contents,
    failure,
    attempts: attempts + 1,
    facts,
  });
  await insertSecrets(tx, id, contents.secrets);
  await insertMalware(tx, id, contents.malware);
  await insertUnexamined(tx, id, contents.unexamined);
  await insertChecks(tx, id, contents.baseline);
  await forgetOlder(tx, manifestDigest);
  if (earlier === facts) return;
  await markManifests(tx, [manifestDigest]);
  const news = failure !== null || contents.secrets.length + contents.malware.length > 0;
  if (!quiet || earlier !== null || news) await tellExamined(tx, manifestDigest);
}

const NOTHING: ExaminedContents = { secrets: [], malware: [], unexamined: [], baseline: [] };

/** @returns the hash of what was found last */
async function readNewest(tx: Tx, manifestDigest: string): Promise<string | null> {
  const { rows } = await sql<{ facts: string }>`
    select facts from content_examination where manifest_digest = ${manifestDigest} and newest`.execute(tx);
  return rows[0]?.facts ?? null;
}

/** @returns how often it was tried by these rules before; null where that succeeded */
async function clearFailed(tx: Tx, manifestDigest: string, revision: string): Promise<number | null> {
  const { rows } = await sql<{ attempts: number }>`
    delete from content_examination where manifest_digest = ${manifestDigest} and revision = ${revision} and failure is not null
    returning attempts`.execute(tx);
  if (rows[0]) return rows[0].attempts;
  const { rows: done } =
    await sql`select from content_examination where manifest_digest = ${manifestDigest} and revision = ${revision}`.execute(
      tx,
    );
  return done.length > 0 ? null : 0;
}

type NewExamination = {
  manifestDigest: string;
  revision: string;
  contents: ExaminedContents;
  failure: string | null;
  attempts: number;
  facts: string;
};

async function insertExamination(tx: Tx, made: NewExamination): Promise<number> {
  const { secrets, malware, unexamined, baseline } = made.contents;
  const of = (status: string) => baseline.filter((one) => one.status === status);
  const notApplicable = of('not-applicable').map(({ id, detail }) => ({ id, detail }));
  const pause = made.failure === null ? null : (PAUSES_S[made.attempts - 1] ?? null);
  const { rows } = await sql<{ examination_id: number }>`
    insert into content_examination (manifest_digest, revision, newest, failure, attempts, retry_at, facts, secret_count, reachable_count,
      malware_count, unexamined_count, failed_count, passed, not_applicable)
    values (${made.manifestDigest}, ${made.revision}, true, ${made.failure}, ${made.attempts}, now() + make_interval(secs => ${pause}::float8), ${made.facts},
      ${secrets.length}, ${secrets.filter((one) => one.state === 'reachable').length}, ${malware.length}, ${unexamined.length}, ${of('failed').length},
      ${of('passed').map((one) => one.id)}::text[], ${JSON.stringify(notApplicable)}::jsonb)
    returning examination_id`.execute(tx);
  if (!rows[0]) throw new Error('an examination was not stored');
  return rows[0].examination_id;
}

/** Runs `insert` for some at a time, with the place of the first. */
async function inChunks<T>(all: readonly T[], insert: (some: readonly T[], first: number) => Promise<unknown>) {
  for (let at = 0; at < all.length; at += CHUNK) await insert(all.slice(at, at + CHUNK), at);
}

const json = (all: readonly unknown[]) => all.map((one) => JSON.stringify(one));

const insertSecrets = (tx: Tx, id: number, all: ExaminedContents['secrets']) =>
  inChunks(all, (some, first) =>
    sql`
    insert into image_secret (examination_id, ordinal, fingerprint, kind, title, severity, redacted, state, places, place_count)
    select ${id}, ${first}::int + n, fingerprint, kind, title, severity, redacted, state, places, place_count
    from unnest(${some.map((_, n) => n)}::int[], ${some.map((s) => s.fingerprint)}::text[], ${some.map((s) => s.id)}::text[], ${some.map((s) => s.title)}::text[],
      ${some.map((s) => s.severity)}::text[], ${some.map((s) => s.redacted)}::text[], ${some.map((s) => s.state)}::text[], ${json(some.map((s) => s.places))}::jsonb[],
      ${some.map((s) => s.placeCount)}::int[]) as found (n, fingerprint, kind, title, severity, redacted, state, places, place_count)`.execute(
      tx,
    ),
  );

const insertMalware = (tx: Tx, id: number, all: ExaminedContents['malware']) =>
  inChunks(all, (some, first) =>
    sql`
    insert into image_malware (examination_id, ordinal, rule, family, severity, confidence, path, match)
    select ${id}, ${first}::int + n, rule, family, severity, confidence, path, match
    from unnest(${some.map((_, n) => n)}::int[], ${some.map((m) => m.id)}::text[], ${some.map((m) => m.family)}::text[], ${some.map((m) => m.severity)}::text[],
      ${some.map((m) => m.confidence)}::text[], ${some.map((m) => m.path)}::text[], ${json(some)}::jsonb[])
      as found (n, rule, family, severity, confidence, path, match)`.execute(tx),
  );

const insertUnexamined = (tx: Tx, id: number, all: ExaminedContents['unexamined']) =>
  inChunks(all, (some, first) =>
    sql`
    insert into image_unexamined (examination_id, ordinal, path, kind, detail)
    select ${id}, ${first}::int + n, path, kind, detail
    from unnest(${some.map((_, n) => n)}::int[], ${some.map((u) => u.path)}::text[], ${some.map((u) => u.kind)}::text[], ${some.map((u) => u.detail)}::text[])
      as found (n, path, kind, detail)`.execute(tx),
  );

const insertChecks = (tx: Tx, id: number, all: ExaminedContents['baseline']) =>
  inChunks(
    all.filter((one) => one.status === 'failed' || one.status === 'not-examined'),
    (some, first) =>
      sql`
    insert into image_check (examination_id, ordinal, check_id, severity, status, result)
    select ${id}, ${first}::int + n, check_id, severity, status, result
    from unnest(${some.map((_, n) => n)}::int[], ${some.map((c) => c.id)}::text[], ${some.map((c) => c.severity)}::text[], ${some.map((c) => c.status)}::text[], ${json(some)}::jsonb[])
      as found (n, check_id, severity, status, result)`.execute(tx),
  );

async function forgetOlder(tx: Tx, manifestDigest: string): Promise<void> {
  await sql`
    delete from content_examination where examination_id in (
      select examination_id from content_examination where manifest_digest = ${manifestDigest} order by examination_id desc offset ${KEPT})`.execute(
    tx,
  );
}
