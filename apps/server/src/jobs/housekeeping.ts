/** Sweeps out what time has made useless: abandoned uploads, ended sessions, old notes of changed principals, old deliveries, old accounts of updates. */
import { sql } from 'kysely';
import type { Logger } from 'pino';
import type { BlobStore } from '../blobs/store.ts';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { forgetUpdates } from '../scan/forget-updates.ts';

const UPLOAD_HOURS = 24;
const EVERY_MS = 3_600_000;

export type Swept = { uploads: number; sessions: number };

/** @param now what counts as the present */
export async function sweep(db: Db, store: BlobStore, now: Date): Promise<Swept> {
  const cutoff = new Date(now.getTime() - UPLOAD_HOURS * 3_600_000);
  const sessions = await asSystem(db, async (tx) => {
    await deletePrincipalChanges(tx, cutoff);
    await deleteWebhookDeliveries(tx, now);
    await forgetUpdates(tx, now);
    return deleteSessions(tx, now);
  });
  return { sessions, uploads: await store.sweepUploads(cutoff) };
}

/** At the start and every hour; a failure is told and tried again. */
export function scheduleHousekeeping(db: Db, store: BlobStore, log: Logger): { stop(): void } {
  const run = () =>
    sweep(db, store, new Date()).then(
      (swept) => log.debug({ swept }, 'swept'),
      (error: unknown) => log.warn({ err: error }, 'housekeeping failed; it is tried again in an hour'),
    );
  void run();
  const timer = setInterval(run, EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

async function deleteSessions(tx: Tx, now: Date): Promise<number> {
  const { rows } = await sql`delete from session where expires_at < ${now} returning 1`.execute(tx);
  return rows.length;
}

async function deletePrincipalChanges(tx: Tx, cutoff: Date): Promise<void> {
  await sql`delete from principal_change where at < ${cutoff}`.execute(tx);
}

const DAY_MS = 86_400_000;
/** Days for which arrived deliveries are shown, and dead letters can be sent again. */
const DELIVERED_DAYS = 7;
const DEAD_DAYS = 30;

async function deleteWebhookDeliveries(tx: Tx, now: Date): Promise<void> {
  const before = (days: number) => new Date(now.getTime() - days * DAY_MS);
  await sql`
    delete from webhook_delivery where state = 'delivered' and finished_at < ${before(DELIVERED_DAYS)}
      or state = 'dead' and finished_at < ${before(DEAD_DAYS)}`.execute(tx);
}
