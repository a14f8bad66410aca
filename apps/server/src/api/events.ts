/** The feed as server-sent events, and as pages. */
import { FeedItem } from '@pratique/contract';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Authenticator } from '../auth/authenticator.ts';
import { grantIn } from '../auth/principal.ts';
import { asTenant, type Db, type Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { type EventRow, toCloudEvent } from '../feed/cloud-event.ts';
import { identify, wholeGrantOf } from './access.ts';
import type { App } from './app.ts';

const AccountPath = z.object({ account: z.string() });
const POLL_MS = 250;
const BATCH = 500;
/** Each open stream asks the database four times a second. */
const MAX_STREAMS = 500;
const MAX_STREAMS_OF_ACCOUNT = 50;

export function eventRoutes(
  app: App,
  deps: { db: Db; authenticator: Authenticator; config: { publicUrl: string } },
): void {
  const { db, config } = deps;
  const streams = new Set<() => void>();
  const listeners = new Map<string, number>();
  app.addHook('preClose', async () => {
    for (const end of streams) end();
  });

  app.get(
    '/api/v1/accounts/:account/events',
    {
      config: { access: 'reader' },
      schema: {
        params: AccountPath,
        querystring: z.object({
          after: z.coerce.number().int().min(0).default(0),
          limit: z.coerce.number().int().min(1).max(BATCH).default(100),
        }),
        response: { 200: z.array(FeedItem) },
      },
    },
    async (request) => {
      const { accountId, account } = wholeGrantOf(request);
      const rows = await asTenant(db, [accountId], (tx) => readEvents(tx, request.query.after, request.query.limit));
      return rows.map((row) => toCloudEvent(row, config.publicUrl, account));
    },
  );

  app.get(
    '/api/v1/accounts/:account/events/stream',
    {
      config: { access: 'reader' },
      schema: { params: AccountPath, querystring: z.object({ after: z.coerce.number().int().min(0).optional() }) },
    },
    async (request, reply) => {
      const { accountId, account } = wholeGrantOf(request);
      const here = listeners.get(accountId) ?? 0;
      if (streams.size >= MAX_STREAMS || here >= MAX_STREAMS_OF_ACCOUNT)
        throw new ServerError('rate-limited', 'too many event streams are open; close some, or read pages of events');
      const resumed = Number(request.headers['last-event-id']);
      let after =
        Number.isSafeInteger(resumed) && resumed > 0
          ? resumed
          : (request.query.after ?? (await asTenant(db, [accountId], readLast)));
      reply.hijack();
      const stream = reply.raw;
      stream.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      stream.write(`retry: 1000\n: after ${after}\n\n`);
      let open = true;
      const end = () => {
        if (!open) return;
        open = false;
        streams.delete(end);
        const left = (listeners.get(accountId) ?? 1) - 1;
        if (left > 0) listeners.set(accountId, left);
        else listeners.delete(accountId);
        stream.end();
      };
      streams.add(end);
      listeners.set(accountId, (listeners.get(accountId) ?? 0) + 1);
      stream.on('close', end);
      stream.on('error', end);
      // What the credentials stand for may end while the stream is open: by revocation, expiry, sign-out or removal.
      const mayListen = async () => {
        const principal = await identify(request, deps.authenticator).catch(() => null);
        return principal !== null && grantIn(principal, account)?.repositories.includes('**') === true;
      };
      for (let beat = 0; open; beat++) {
        if (!(await mayListen())) return end();
        const rows = await asTenant(db, [accountId], (tx) => readEvents(tx, after, BATCH)).catch(() => []);
        for (const row of rows) {
          if (!open) return;
          stream.write(
            `id: ${row.seq}\nevent: ${row.type}\ndata: ${JSON.stringify(toCloudEvent(row, config.publicUrl, account))}\n\n`,
          );
          after = row.seq;
        }
        if (open && beat % 60 === 0) stream.write(': alive\n\n');
        // A reader that does not read is let go; it resumes where it was.
        if (stream.writableLength > 4 * 1024 * 1024) end();
        if (rows.length < BATCH) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    },
  );
}

async function readEvents(tx: Tx, after: number, limit: number): Promise<EventRow[]> {
  const { rows } =
    await sql<EventRow>`select seq, at, subject, type, data from outbox where seq > ${after} order by seq limit ${limit}`.execute(
      tx,
    );
  return rows;
}

async function readLast(tx: Tx): Promise<number> {
  const { rows } = await sql<{ outbox_seq: number }>`select outbox_seq from account`.execute(tx);
  return rows[0]?.outbox_seq ?? 0;
}
