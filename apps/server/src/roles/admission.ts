/** The admission process: answers clusters from memory, with a policy engine that nobody else uses. */
import { constants, setPriority } from 'node:os';
import { spawnEngine } from '@pratique/policy';
import { Histogram, Registry as Metrics } from 'prom-client';
import { createBreakGlasses } from '../admission/break-glass.ts';
import { createClusters } from '../admission/clusters.ts';
import { registryHosts } from '../admission/image-name.ts';
import { createLookup } from '../admission/lookup.ts';
import { createReviewRecord } from '../admission/record.ts';
import { createAdmissionServer } from '../admission/server.ts';
import { loadVerdictFeed, type VerdictFeed } from '../admission/verdict-feed.ts';
import { createDrain, unreadyWhileDraining } from '../api/drain.ts';
import { keepCertificate } from '../cluster/serving-certificate.ts';
import { type Feed, followFeed } from '../feed/follow-feed.ts';
import { createForeignImages } from '../foreign/foreign-images.ts';
import { connectSigner } from '../signer/client.ts';
import { watchEngine } from '../supervisor/engine-part.ts';
import type { RoleContext } from '../supervisor/report.ts';
import { type RoleDeps, requirePolicyEngine, signerSecret } from './open.ts';

export async function runAdmission(deps: RoleDeps, context: RoleContext): Promise<void> {
  const { config, db, log } = deps;
  goFirst();
  const signer = connectSigner(config.runDir, signerSecret());
  const engine = spawnEngine({
    binary: requirePolicyEngine(config),
    onEvent: watchEngine(log, (policyEngine) => context.parts({ policyEngine })),
  });
  let feed: Feed | null = null;
  let verdicts: VerdictFeed | null = null;
  const isCurrent = () => feed?.current() ?? false;
  const clusters = createClusters(db, isCurrent);
  const foreign = createForeignImages(db, isCurrent);
  const lookup = createLookup(db, isCurrent);
  const waiting: Parameters<VerdictFeed['apply']>[0] = [];
  feed = await followFeed(db, {
    reader: { remembers: 'admission', databaseUrl: deps.databaseUrl },
    onEvents(events) {
      clusters.apply(events);
      lookup.apply(events);
      foreign.apply(events);
      if (verdicts) verdicts.apply(events);
      else waiting.push(...events);
    },
    onError: (error) =>
      log.warn({ err: error }, 'the change feed could not be read; verdicts come from the database until it can'),
  });
  verdicts = await loadVerdictFeed(db, isCurrent);
  verdicts.apply(waiting);
  const names = serverNames(config.publicUrl, config.host);
  const secure = ({ certificatePem, keyPem, caPem }: { certificatePem: string; keyPem: string; caPem: string }) => ({
    cert: certificatePem,
    key: keyPem,
    ca: caPem,
  });
  const certificate = await keepCertificate({
    issue: () => signer.certificate(names),
    apply: (fresh) => server.setSecureContext(secure(fresh)),
    // It is another where the authority is being rotated, by whichever process.
    isStale: async ({ caPem }) => (await signer.authority()) !== caPem,
    onError: (error) => log.error({ err: error }, 'the admission certificate could not be renewed; it is tried again'),
  });
  const metrics = new Metrics();
  const duration = new Histogram({
    name: 'pratique_admission_seconds',
    help: 'Time to answer a review',
    labelNames: ['verb', 'outcome'],
    buckets: [0.001, 0.002, 0.004, 0.01, 0.025, 0.1, 0.5, 2],
    registers: [metrics],
  });
  const server = createAdmissionServer(
    {
      db,
      engine,
      clusters,
      signer,
      authority: () => certificate.current().caPem,
      verdicts,
      foreign,
      breakGlasses: createBreakGlasses(db),
      log,
      hosts: registryHosts(config.publicUrl, config.aliases),
      lookup,
      record: createReviewRecord(db),
      observe: (verb, outcome, seconds) => duration.observe({ verb, outcome }, seconds),
    },
    secure(certificate.first),
  );
  const drain = createDrain(server);
  unreadyWhileDraining(server, drain.draining);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: Error & { code?: string }) => {
      if (error.code === 'EADDRINUSE')
        context.fatal(
          'port-in-use',
          `port ${config.admissionPort} on ${config.host} is in use; free it or set PRATIQUE_ADMISSION_PORT`,
        );
      reject(error);
    });
    server.listen(config.admissionPort, config.host, resolve);
  });
  context.onStop(async () => {
    // First whoever balances learns of it, then the port closes, then reviews under way end.
    await drain.begin(config.drainS * 1000);
    certificate.stop();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeIdleConnections();
    });
    await feed.stop();
    await engine.close();
    await db.destroy();
  });
  context.ready();
}

/** A pod that starts waits for the answer, a push does not: before the registry, where this machine lets us (root, CAP_SYS_NICE). */
function goFirst(): void {
  try {
    setPriority(constants.priority.PRIORITY_ABOVE_NORMAL);
  } catch (error) {
    if (!/EACCES|EPERM/.test(String((error as { info?: { code?: string } }).info?.code))) throw error;
  }
}

/** What the certificate must cover: however clusters and this machine reach the process. */
function serverNames(publicUrl: string, host: string): string[] {
  const names = [new URL(publicUrl).hostname.replace(/^\[|\]$/g, ''), 'localhost', '127.0.0.1', '::1'];
  return [...new Set([...names, ...(host === '0.0.0.0' || host === '::' ? [] : [host])])];
}
