/** After other rules: the contents of all images are examined anew in the background, some at a time, from where it stopped. */

import { sql } from 'kysely';
import type { Logger } from 'pino';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import type { LayerMemories } from '../inventory/layer-memories.ts';
import { readImageManifest } from '../inventory/platforms.ts';
import { type ScanImageDeps, scanImage } from './scan-image.ts';
import { type Examination, storeContents } from './store-contents.ts';

export type SweepDeps = ScanImageDeps & { db: Db; memory: LayerMemories };

/** Images whose contents these rules have not looked into, behind a place in the order of digests. */
const BATCH = 8;
const PARALLEL = 2;
/** Of a process that died, another goes on after so many seconds. */
const LEASE_S = 60;
const IDLE_MS = 5000;
/** All through, it is looked again after so many seconds: for what failed, and what a server of another version took in. */
const AGAIN_S = 3600;

/** Other processes compare verdicts with the revision; one that is new sets off the sweep. */
export async function publishContentRevision(db: Db, revision: string): Promise<void> {
  await asSystem(db, async (tx) => {
    await sql`
      insert into setting (key, value) values ('contents.revision', to_jsonb(${revision}::text))
      on conflict (key) do update set value = excluded.value, updated_at = now() where setting.value <> excluded.value`.execute(
      tx,
    );
    await sql`
      insert into setting (key, value) values ('contents.sweep', jsonb_build_object('revision', ${revision}::text, 'after', '', 'until', now()))
      on conflict (key) do update set value = excluded.value, updated_at = now() where setting.value->>'revision' <> ${revision}::text`.execute(
      tx,
    );
  });
}

/** @returns how many images were examined; null where another process is at it, or all is done for now */
export async function sweepContents(deps: SweepDeps, log: Logger): Promise<number | null> {
  const { revision } = deps.contents;
  const claim = await asSystem(deps.db, (tx) => claimSweep(tx, revision));
  if (!claim) return null;
  const beat = setInterval(
    () => {
      asSystem(deps.db, (tx) => holdSweep(tx, revision, claim.after, LEASE_S)).catch((error: unknown) =>
        log.warn({ err: error }, 'the sweep of contents could not be held'),
      );
    },
    (LEASE_S * 1000) / 3,
  );
  try {
    const digests = await asSystem(deps.db, (tx) => readUnexamined(tx, revision, claim.after));
    const queue = [...digests];
    // All come to their end before the sweep is anybody's again.
    const ended = await Promise.allSettled(
      Array.from({ length: PARALLEL }, async () => {
        for (let next = queue.shift(); next; next = queue.shift()) await examineAgain(deps, next, log);
      }),
    );
    for (const one of ended) if (one.status === 'rejected') throw one.reason;
    clearInterval(beat);
    const last = digests.length < BATCH ? null : (digests.at(-1) ?? null);
    await asSystem(deps.db, (tx) => holdSweep(tx, revision, last ?? '', last === null ? AGAIN_S : 0));
    return digests.length;
  } catch (error) {
    clearInterval(beat);
    await asSystem(deps.db, (tx) => holdSweep(tx, revision, claim.after, 0)).catch(() => {});
    throw error;
  }
}

export type Sweep = { stop(): Promise<void> };

export function scheduleSweep(deps: SweepDeps, log: Logger): Sweep {
  let stopped = false;
  let wake: () => void = () => {};
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const loop = (async () => {
    while (!stopped) {
      let examined: number | null = null;
      try {
        examined = await sweepContents(deps, log);
      } catch (error) {
        log.warn({ err: error }, 'contents could not be examined anew; it is tried again');
      }
      if (!stopped && !examined) await pause(IDLE_MS);
    }
  })();
  return {
    async stop() {
      stopped = true;
      wake();
      await loop;
    },
  };
}

/** The place behind which to go on; null while another process holds it, or has got through. */
async function claimSweep(tx: Tx, revision: string): Promise<{ after: string } | null> {
  const { rows } = await sql<{ after: string }>`
    update setting set value = value || jsonb_build_object('until', now() + make_interval(secs => ${LEASE_S}))
    where key = 'contents.sweep' and value->>'revision' = ${revision} and (value->>'until')::timestamptz <= now()
    returning value->>'after' as after`.execute(tx);
  return rows[0] ?? null;
}

async function holdSweep(tx: Tx, revision: string, after: string, seconds: number): Promise<void> {
  await sql`
    update setting set value = value || jsonb_build_object('after', ${after}::text, 'until', now() + make_interval(secs => ${seconds}))
    where key = 'contents.sweep' and value->>'revision' = ${revision}`.execute(tx);
}

async function readUnexamined(tx: Tx, revision: string, after: string): Promise<string[]> {
  const { rows } = await sql<{ digest: string }>`
    select distinct i.manifest_digest as digest from inventory i
    where i.manifest_digest > ${after}
      and not exists (select from content_examination e where e.manifest_digest = i.manifest_digest and e.revision = ${revision}
        and (e.retry_at is null or e.retry_at > now()))
      and exists (select from repository_manifest r where r.digest = i.manifest_digest)
    order by 1 limit ${BATCH}`.execute(tx);
  return rows.map((row) => row.digest);
}

/** What cannot be read is noted as such, so that nothing is read for ever. @throws what the database throws */
async function examineAgain(deps: SweepDeps, digest: string, log: Logger): Promise<void> {
  const { db, contents } = deps;
  const holder = await asSystem(db, (tx) => readHolder(tx, digest));
  const manifest = holder && (await asSystem(db, (tx) => readImageManifest(tx, holder.repository_id, digest)));
  if (!holder || !manifest) return;
  let examination: Examination | null;
  try {
    const memory = await deps.memory.of(holder.account_id);
    ({ examination } = await scanImage(deps, manifest, {
      memory,
      inventory: false,
      contents: true,
      lane: 'background',
    }));
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    log.warn({ err: error, digest }, 'contents could not be examined anew');
    examination = { failure: error.message };
  }
  if (examination)
    await asSystem(db, (tx) => storeContents(tx, digest, contents.revision, examination, { quiet: true }));
}

/** Any repository that holds it: the layers are the same, and so is what is remembered of them for its account. */
async function readHolder(tx: Tx, digest: string): Promise<{ repository_id: string; account_id: string } | null> {
  const { rows } = await sql<{ repository_id: string; account_id: string }>`
    select repository_id, account_id from repository_manifest where digest = ${digest} order by repository_id limit 1`.execute(
    tx,
  );
  return rows[0] ?? null;
}
