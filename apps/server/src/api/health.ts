/** Liveness, readiness and metrics. */
import { createHash, timingSafeEqual } from 'node:crypto';
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
    config: { metricsToken: string | null };
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

  const isAllowed = bearerCheck(deps.config.metricsToken);
  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    if (isAllowed(request.headers.authorization))
      return reply.type(deps.metrics.contentType).send(await deps.metrics.metrics());
    return reply
      .status(401)
      .header('www-authenticate', 'Bearer realm="metrics"')
      .type('text/plain')
      .send('the metrics ask for the bearer token of PRATIQUE_METRICS_TOKEN\n');
  });
}

const hashOf = (text: string) => createHash('sha256').update(text).digest();

/** The time that it takes tells nothing of the token, not even its length. The scheme's name is in any case (RFC 9110, 11.1). */
function bearerCheck(token: string | null): (authorization: string | undefined) => boolean {
  if (token === null) return () => true;
  const expected = hashOf(token);
  return (authorization) =>
    timingSafeEqual(hashOf(/^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? ''), expected);
}
