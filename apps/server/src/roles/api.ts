/** The API and registry process. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { collectDefaultMetrics, Histogram, Registry as Metrics } from 'prom-client';
import { createApp } from '../api/app.ts';
import { createDrain } from '../api/drain.ts';
import { addRoutes } from '../api/routes.ts';
import { createAuthenticator } from '../auth/authenticator.ts';
import { createRegistryTokens } from '../auth/registry-token.ts';
import { proveSameStore } from '../blobs/prove-same-store.ts';
import { openBlobStore } from '../blobs/store.ts';
import { startRunOnTag } from '../chain/start-run.ts';
import { type Feed, followFeed } from '../feed/follow-feed.ts';
import { createRegistryCache } from '../registry/cache.ts';
import { createRegistry } from '../registry/registry.ts';
import { createUploadSessions } from '../registry/upload-session.ts';
import { connectSigner } from '../signer/client.ts';
import type { RoleContext } from '../supervisor/report.ts';
import { type RoleDeps, signerSecret } from './open.ts';

export async function runApi(deps: RoleDeps, context: RoleContext): Promise<void> {
  const { config, db, log } = deps;
  const signer = connectSigner(config.runDir, signerSecret());
  await proveSameStore(db, config.blobsDir);
  const store = await openBlobStore(config.blobsDir);
  let feed: Feed | null = null;
  const isCurrent = () => feed?.current() ?? false;
  const authenticator = createAuthenticator(db, isCurrent);
  const cache = createRegistryCache(isCurrent);
  const follow = await followFeed(db, {
    reader: { remembers: 'registry', databaseUrl: deps.databaseUrl },
    onEvents(events) {
      authenticator.forget(events);
      cache.forget(events);
    },
    onError: (error) => log.warn({ err: error }, 'the change feed could not be read; caches are not used until it can'),
  });
  feed = follow;
  const tokens = createRegistryTokens(await signer.derive('registry-token'), config.publicUrl);
  const metrics = new Metrics();
  collectDefaultMetrics({ register: metrics });
  const requestId = createRequestIds();
  const registry = createRegistry({
    db,
    store,
    cache,
    authenticator,
    tokens,
    uploadSessions: createUploadSessions(await signer.derive('upload-session')),
    passed: follow.passed,
    publicUrl: config.publicUrl,
    log,
    onTagged: startRunOnTag,
    requestId,
  });
  const app = await createApp({ config, log, registry, authenticator, requestId, settled: follow.settled });
  const drain = createDrain(app.server);
  measureRequests(app.server, metrics);
  await addRoutes(app, {
    config,
    db,
    store,
    cache,
    authenticator,
    signer,
    metrics,
    log,
    siblings: () => context.siblings(),
    feedIsCurrent: isCurrent,
    draining: drain.draining,
  });
  try {
    await app.listen({ host: config.host, port: config.port });
  } catch (error) {
    if ((error as { code?: string }).code === 'EADDRINUSE')
      context.fatal('port-in-use', `port ${config.port} on ${config.host} is in use; free it or set PRATIQUE_PORT`);
    throw error;
  }
  context.onStop(async () => {
    // First the balancer learns of it, then the port closes, then requests under way end.
    await drain.begin(config.drainS * 1000);
    await app.close();
    await follow.stop();
    await db.destroy();
  });
  context.ready();
}

/** One id per request, taken from the proxy in front where that is sane. */
function createRequestIds(): (request: IncomingMessage) => string {
  const ids = new WeakMap<IncomingMessage, string>();
  return (request) => {
    const known = ids.get(request);
    if (known) return known;
    const given = request.headers['x-request-id'];
    const id = typeof given === 'string' && /^[\w.-]{8,64}$/.test(given) ? given : randomUUID();
    ids.set(request, id);
    return id;
  };
}

function measureRequests(server: import('node:http').Server, metrics: Metrics): void {
  const duration = new Histogram({
    name: 'pratique_http_request_seconds',
    help: 'Time from the request to the end of its answer',
    labelNames: ['surface', 'method', 'status'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers: [metrics],
  });
  // Looked up once for each kind of request: putting labels together costs more than counting.
  const children = new Map<string, ReturnType<typeof duration.labels>>();
  function observe(this: Timed): void {
    const { url = '', method = '' } = this.req;
    const surface = url.startsWith('/v2') ? 'registry' : url.startsWith('/api') ? 'api' : 'console';
    const key = `${surface} ${method} ${this.statusCode}`;
    let child = children.get(key);
    if (!child) {
      child = duration.labels(surface, method, String(this.statusCode));
      children.set(key, child);
    }
    child.observe((performance.now() - (this[STARTED] ?? 0)) / 1000);
  }
  server.prependListener('request', (_request, response: Timed) => {
    response[STARTED] = performance.now();
    response.on('finish', observe);
  });
}

const STARTED = Symbol('started');
type Timed = ServerResponse & { [STARTED]?: number };
