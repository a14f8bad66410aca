/** All routes of the API, by noun. */

import type { Logger } from 'pino';
import type { Registry as Metrics } from 'prom-client';
import type { Authenticator } from '../auth/authenticator.ts';
import type { BlobStore } from '../blobs/store.ts';
import type { Config } from '../config.ts';
import type { Db } from '../db/connect.ts';
import { createOutboundGuard } from '../outbound/check-target.ts';
import type { RegistryCache } from '../registry/cache.ts';
import type { Signer } from '../signer/client.ts';
import type { ChildState } from '../supervisor/child.ts';
import { accountRoutes } from './accounts.ts';
import { advisoryRoutes } from './advisories.ts';
import type { App } from './app.ts';
import { authorityRoutes } from './authority.ts';
import { chainRoutes } from './chains.ts';
import { clusterRoutes } from './clusters.ts';
import { comparisonRoutes } from './comparison.ts';
import { consoleRoutes } from './console.ts';
import { contentRoutes } from './contents.ts';
import { deliveryRoutes } from './deliveries.ts';
import { eventRoutes } from './events.ts';
import { exceptionRoutes } from './exceptions.ts';
import { explanationRoutes } from './explanation.ts';
import { findingRoutes } from './findings.ts';
import { healthRoutes } from './health.ts';
import { imageRoutes } from './images.ts';
import { keyRoutes } from './keys.ts';
import { overviewRoutes } from './overview.ts';
import { peopleRoutes } from './people.ts';
import { policyRoutes } from './policies.ts';
import { registryCredentialRoutes } from './registry-credentials.ts';
import { repairRoutes } from './repairs.ts';
import { revocationRoutes } from './revocations.ts';
import { robotRoutes } from './robots.ts';
import { sessionRoutes } from './sessions.ts';
import { trustRoutes } from './trust.ts';
import { vexRoutes } from './vex.ts';
import { webhookRoutes } from './webhooks.ts';

export type RouteDeps = {
  config: Config;
  db: Db;
  store: BlobStore;
  cache: RegistryCache;
  authenticator: Authenticator;
  signer: Signer;
  metrics: Metrics;
  log: Logger;
  siblings: () => ChildState[];
  feedIsCurrent: () => boolean;
  draining: () => boolean;
};

export async function addRoutes(app: App, deps: RouteDeps): Promise<void> {
  healthRoutes(app, deps);
  sessionRoutes(app, { ...deps, secure: deps.config.tls !== null });
  accountRoutes(app, deps);
  peopleRoutes(app, deps);
  robotRoutes(app, deps);
  // What is stated of images is read once, by whichever route comes first.
  const stating = { ...deps, vex: new Map() };
  imageRoutes(app, stating);
  contentRoutes(app, deps);
  vexRoutes(app, deps);
  explanationRoutes(app, deps);
  comparisonRoutes(app, stating);
  findingRoutes(app, deps);
  advisoryRoutes(app, deps);
  chainRoutes(app, deps);
  policyRoutes(app, deps);
  exceptionRoutes(app, deps);
  repairRoutes(app, stating);
  revocationRoutes(app, deps);
  keyRoutes(app, deps);
  deliveryRoutes(app, deps);
  trustRoutes(app, deps);
  registryCredentialRoutes(app, deps);
  clusterRoutes(app, deps);
  authorityRoutes(app, deps);
  overviewRoutes(app, deps);
  eventRoutes(app, deps);
  webhookRoutes(app, { ...deps, guard: createOutboundGuard(deps.config) });
  app.get('/api/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, async () => app.swagger());
  await consoleRoutes(app, deps);
}
