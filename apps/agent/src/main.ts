/** The agent of a cluster: watches pods and tells the server which image digests run where. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { pause } from './backoff.ts';
import { AgentError } from './error.ts';
import { readEnrolment } from './identity/enrolment.ts';
import { credentialsOf, enrol, keepIdentity, obtainIdentity, renew } from './identity/keep-identity.ts';
import { fileStore, secretStore } from './identity/store.ts';
import { fingerprintsOf, watchWebhookTrust } from './identity/webhook-trust.ts';
import { createKubeClient } from './kube/client.ts';
import { readOptions } from './options.ts';
import { watchPods } from './pods/watch-pods.ts';
import { createPodBook } from './report/pod-book.ts';
import { createReporter } from './report/reporter.ts';
import { createServerClient } from './server/client.ts';

/** A server that does not know this agent is asked with a new token, once there is one. */
const REFUSED_MS = 10_000;

const log = pino({ name: 'agent' });
const VERSION = (
  JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as { version: string }
).version;

async function run(args: string[], signal: AbortSignal): Promise<void> {
  const options = readOptions(args);
  const { server } = await readEnrolment(options.enrolment);
  // Over a second to load: after the options, so that a wrong one is told at once.
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  if (options.kubeconfig) config.loadFromFile(options.kubeconfig);
  else config.loadFromCluster();
  const kube = createKubeClient(config);
  const { identity: place } = options;
  const store = place.kind === 'file' ? fileStore(place.path) : secretStore(kube, place.namespace, place.name);
  const client = createServerClient(server, (message) => log.warn({ server: server.host }, message));
  const deps = { store, client, readEnrolment: () => readEnrolment(options.enrolment), log };

  const obtained = await obtainIdentity(deps, signal);
  if (!obtained) return;
  let identity = obtained;
  const book = createPodBook(() => reporter.wake());
  let webhooks: string[] | null = null;
  const reporter = createReporter({
    book,
    client,
    credentials: () => credentialsOf(identity),
    async onIdentityRefused() {
      try {
        identity = await enrol(deps, identity);
      } catch (error) {
        log.error({ err: error }, 'this cluster must be enrolled again: pratique cluster enroll NAME --again');
        await pause(REFUSED_MS, signal);
      }
    },
    trust: () => ({ agent: fingerprintsOf(identity.authority ?? ''), webhooks }),
    async onTrustChange({ authority, renew: isFormer }) {
      try {
        if (authority !== undefined && fingerprintsOf(authority).length > 0) {
          identity = { ...identity, authority };
          await store.write(identity);
          log.info('the server is checked by other authorities from now on');
        }
        if (isFormer) identity = await renew(deps, identity);
      } catch (error) {
        // The next report is answered the same.
        log.warn({ err: error }, 'the other authority could not be taken over yet');
      }
    },
    version: VERSION,
    log,
  });
  await Promise.all([
    watchPods(kube, book, log, signal),
    watchWebhookTrust(
      kube,
      options.webhooks,
      (found) => {
        webhooks = found;
        reporter.wake();
      },
      log,
      signal,
    ),
    reporter.run(signal),
    keepIdentity(
      deps,
      () => identity,
      (renewed) => {
        identity = renewed;
      },
      signal,
    ),
  ]);
}

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop.abort());
try {
  await run(process.argv.slice(2), stop.signal);
} catch (error) {
  log.fatal({ err: error }, 'the agent ends');
  process.exitCode = error instanceof AgentError && error.code === 'usage' ? 2 : 1;
}
