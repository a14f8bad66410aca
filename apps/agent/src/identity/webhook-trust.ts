/** Which authorities the cluster's webhooks of this server trust: read, told, never changed. */
import { X509Certificate } from 'node:crypto';
import type { Logger } from 'pino';
import { z } from 'zod';
import { pause } from '../backoff.ts';
import type { KubeClient } from '../kube/client.ts';

const CHECK_MS = 10_000;
const KINDS = ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'];
const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
/** As many as a report may name. */
const MAX_CERTIFICATES = 20;

const Configuration = z.object({
  webhooks: z.array(z.object({ clientConfig: z.object({ caBundle: z.string().nullish() }) })).nullish(),
});

/** SHA-256 of each certificate of a bundle in lower-case hex; what is no certificate is nobody's. */
export function fingerprintsOf(bundlePem: string): string[] {
  const found = new Set<string>();
  for (const pem of (bundlePem.match(BLOCK) ?? []).slice(0, MAX_CERTIFICATES))
    try {
      found.add(new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase());
    } catch {
      // a block that cannot be read verifies nothing
    }
  return [...found];
}

/** What all webhooks of both configurations trust. @throws AgentError `kubernetes` */
export async function readWebhookTrust(kube: Pick<KubeClient, 'get'>, name: string): Promise<string[]> {
  let common: string[] | null = null;
  for (const kind of KINDS) {
    const { webhooks } = Configuration.parse(await kube.get(`/apis/admissionregistration.k8s.io/v1/${kind}/${name}`));
    for (const { clientConfig } of webhooks ?? []) {
      const own = fingerprintsOf(Buffer.from(clientConfig.caBundle ?? '', 'base64').toString('utf8'));
      common = common === null ? own : common.filter((one) => own.includes(one));
    }
  }
  return common ?? [];
}

/**
 * Looks for as long as the agent runs. @param name null: nothing is looked at
 * @param onChange gets what they trust, null once they cannot be read
 */
export async function watchWebhookTrust(
  kube: Pick<KubeClient, 'get'>,
  name: string | null,
  onChange: (trusted: string[] | null) => void,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  let known = '';
  while (name !== null && !signal.aborted) {
    let found: string[] | null = null;
    try {
      found = await readWebhookTrust(kube, name);
    } catch (error) {
      // Told once: manifests from before give no right to it.
      if (known !== 'null' && !signal.aborted) log.warn({ err: error }, 'the webhooks cannot be read');
    }
    const text = JSON.stringify(found);
    if (text !== known) onChange(found);
    known = text;
    await pause(CHECK_MS, signal);
  }
}
