/** Asks the server what a cluster would be told about pods of these images; the very webhook a cluster calls. */

import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:https';
import { z } from 'zod';
import type { ApiClient } from '../api-client.ts';
import type { Context } from '../context.ts';
import { tell } from './tell.ts';

const Answer = z.object({
  response: z.object({
    allowed: z.boolean(),
    status: z.object({ message: z.string() }).optional(),
    patch: z.string().optional(),
  }),
});
const Patch = z.array(z.object({ path: z.string(), value: z.string() }));

export async function askAdmission(context: Context, api: ApiClient, names: string[]): Promise<void> {
  const say = tell(context);
  const port = Number(context.env['PRATIQUE_ADMISSION_PORT'] || 8481);
  if (!/^(127\.|localhost$|\[::1\]$)/.test(new URL(api.url).hostname)) return; // the short path answers loopback only
  say.step('asking as the default cluster of customer would');
  for (const name of names) {
    const image = `${new URL(api.url).host}/${name}`;
    const mutated = await post(port, 'mutate', image);
    const [pin] = mutated.response.patch
      ? Patch.parse(JSON.parse(Buffer.from(mutated.response.patch, 'base64').toString('utf8')))
      : [];
    const { response } = await post(port, 'validate', pin?.value ?? image);
    if (response.allowed)
      say.detail(`a pod of ${name} is admitted, pinned to ${pin?.value.split('@')[1] ?? 'its digest'}`);
    else say.detail(`a pod of ${name} is refused: ${(response.status?.message ?? '').split('\n')[0]?.slice(0, 300)}`);
  }
}

function post(port: number, verb: 'mutate' | 'validate', image: string): Promise<z.infer<typeof Answer>> {
  const review = {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: randomUUID(),
      kind: { group: '', version: 'v1', kind: 'Pod' },
      operation: 'CREATE',
      namespace: 'default',
      name: 'first-voyage',
      userInfo: { username: 'voyage' },
      object: podOf(image),
    },
  };
  // Loopback on the server's own machine; the authority is the server's, made at its first start.
  const agent = new Agent({ rejectUnauthorized: false });
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: '127.0.0.1',
        port,
        path: `/admission/${verb}`,
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/json' },
        timeout: 15_000,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          try {
            resolve(Answer.parse(JSON.parse(Buffer.concat(chunks).toString('utf8'))));
          } catch (error) {
            reject(error);
          }
        });
      },
    );
    call.on('timeout', () => call.destroy(new Error('admission does not answer')));
    call.on('error', reject);
    call.end(JSON.stringify(review));
  });
}

/** A pod that follows the restricted Pod Security Standard, so that only its image is in question. */
function podOf(image: string) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'first-voyage', namespace: 'default' },
    spec: {
      securityContext: { runAsNonRoot: true, runAsUser: 65534, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        { name: 'demo', image, securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } },
      ],
    },
  };
}
