/** Liveness, readiness and metrics. */
import { sql } from 'kysely';
import type { Registry as Metrics } from 'prom-client';
import type { Db } from '../db/connect.ts';
import type { ChildState } from '../supervisor/child.ts';
import type { App } from './app.ts';

export function healthRoutes(
  app: App,
  deps: {
    db: Db;
    siblings: () => ChildState[];
    feedIsCurrent: () => boolean;
    draining: () => boolean;
    metrics: Metrics;
  },
): void {
  app.get('/livez', { schema: { hide: true } }, async () => ({ status: 'ok' }));

  app.get('/readyz', { schema: { hide: true } }, async (_request, reply) => {
    const database = await sql`select 1`.execute(deps.db).then(
      () => 'ok',
      () => 'does not answer',
    );
    const children = deps.siblings();
    // Just started, this process has not heard of the others yet; that is not the same as there being none.
    const ready =
      !deps.draining() &&
      database === 'ok' &&
      children.length > 0 &&
      children.every((child) => child.state === 'ready');
    return reply.status(ready ? 200 : 503).send({
      status: ready ? 'ready' : deps.draining() ? 'draining' : 'not ready',
      database,
      feed: deps.feedIsCurrent() ? 'current' : 'late',
      processes: children.map(({ name, state, restarts, detail, parts }) => ({ name, state, restarts, detail, parts })),
    });
  });

  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) =>
    reply.type(deps.metrics.contentType).send(await deps.metrics.metrics()),
  );
}
