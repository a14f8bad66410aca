/** Asks the webhook as an API server does: over HTTPS, trusting the cluster's CA alone. */
import { randomUUID } from 'node:crypto';
import { type Agent, request as httpsRequest } from 'node:https';

export type Container = { name?: string; image?: string; securityContext?: unknown; ports?: unknown };
export const SAFE = {
  runAsNonRoot: true,
  runAsUser: 1000,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};
export const container = (image: string, more: object = {}): Container => ({
  name: 'app',
  image,
  securityContext: SAFE,
  ...more,
});
export type Asked = { kind: object; object: object; operation?: string; namespace?: string };
export type Reply = {
  status: number;
  uid: string;
  allowed: boolean | undefined;
  message: string;
  warnings: string[];
  patch: { op: string; path: string; value: string }[];
};

export function postReview(
  url: string,
  body: Buffer | string,
  trusted: string,
  /** Keeps connections, where one is given. */
  agent: Agent | false = false,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = httpsRequest(
      url,
      {
        method: 'POST',
        ca: trusted,
        rejectUnauthorized: true,
        headers: { 'content-type': 'application/json' },
        agent,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** @param asked the parts of the request, or a whole body as it is */
export async function review(
  url: string,
  asked: Asked | string,
  trusted: string,
  agent: Agent | false = false,
): Promise<Reply> {
  const uid = randomUUID();
  const body =
    typeof asked === 'string'
      ? asked
      : JSON.stringify({
          apiVersion: 'admission.k8s.io/v1',
          kind: 'AdmissionReview',
          request: {
            uid,
            operation: 'CREATE',
            namespace: 'shop',
            resource: { group: '', version: 'v1', resource: 'pods' },
            userInfo: { username: 'system:serviceaccount:shop:deployer' },
            ...asked,
          },
        });
  const { status, text } = await postReview(url, body, trusted, agent);
  const { response } = JSON.parse(text) as {
    response?: { uid: string; allowed: boolean; status?: { message: string }; warnings?: string[]; patch?: string };
  };
  if (response && typeof asked !== 'string' && response.uid !== uid) throw new Error('the answer is to another review');
  return {
    status,
    uid: response?.uid ?? '',
    allowed: response?.allowed,
    message: response?.status?.message ?? '',
    warnings: response?.warnings ?? [],
    patch: response?.patch ? (JSON.parse(Buffer.from(response.patch, 'base64').toString()) as Reply['patch']) : [],
  };
}
