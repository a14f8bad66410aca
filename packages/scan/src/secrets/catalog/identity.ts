/** Tokens and documents that say who somebody is. */

import { generateKeyPairSync } from 'node:crypto';
import { isRandom } from '../checks/plausible.ts';
import { jsonWebToken } from '../forms/jwt.ts';
import { setting } from '../forms/setting.ts';
import type { Kind } from '../kind.ts';

const JWT = 'https://datatracker.ietf.org/doc/html/rfc7519';
const isKubernetes = (claims: Record<string, unknown>): boolean =>
  claims['iss'] === 'kubernetes/serviceaccount' ||
  'kubernetes.io' in claims ||
  'kubernetes.io/serviceaccount/namespace' in claims;
const isSupabase = (claims: Record<string, unknown>): boolean =>
  claims['iss'] === 'supabase' && typeof claims['role'] === 'string';

export const IDENTITY: readonly Kind[] = [
  setting({
    id: 'google-service-account-key',
    title: 'Google Cloud service account key',
    severity: 'critical',
    docs: 'https://cloud.google.com/iam/docs/keys-create-delete',
    names: ['"private_key"'],
    value:
      /\s{0,4}:\s{0,4}"(-----BEGIN PRIVATE KEY-----(?:\\n|\n)[0-9A-Za-z+/=\\\s]{100,4000}-----END PRIVATE KEY-----)/y,
    window: 4200,
    around: /"service_account"|"private_key_id"\s{0,4}:\s{0,4}"[0-9a-f]{40}"/,
    check: (value) => isRandom(value.slice(-190, -90)),
    lax: true,
    path: 'srv/app/account.json',
    secret: () =>
      generateKeyPairSync('rsa', { modulusLength: 1024 })
        .privateKey.export({ format: 'pem', type: 'pkcs8' })
        .toString()
        .trim()
        .replaceAll('\n', '\\n'),
    write: (secret) =>
      `{"type": "service_account", "project_id": "made-up", "private_key_id": "${'5e'.repeat(20)}", "private_key": "${secret}\\n", "client_email": "shop@made-up.iam.gserviceaccount.com"}`,
  }),
  jsonWebToken({
    id: 'kubernetes-service-account-token',
    title: 'Kubernetes service account token',
    severity: 'critical',
    docs: 'https://kubernetes.io/docs/concepts/security/service-accounts/',
    judge: (claims) => (isKubernetes(claims) ? {} : null),
    claims: { iss: 'kubernetes/serviceaccount', sub: 'system:serviceaccount:shop:default' },
    misses: [{ iss: 'https://made-up.io', sub: 'shop' }],
  }),
  jsonWebToken({
    id: 'supabase-service-key',
    title: 'Supabase service role key',
    severity: 'critical',
    docs: 'https://supabase.com/docs/guides/api/api-keys',
    judge: (claims) => (isSupabase(claims) && claims['role'] !== 'anon' ? {} : null),
    claims: { iss: 'supabase', role: 'service_role', iat: 1_700_000_000 },
    misses: [{ iss: 'supabase', role: 'anon' }],
  }),
  jsonWebToken({
    id: 'json-web-token',
    title: 'JSON Web Token',
    severity: 'medium',
    docs: JWT,
    judge: (claims) => (isSupabase(claims) || isKubernetes(claims) ? null : {}),
    claims: { iss: 'https://made-up.io', sub: 'shop' },
    misses: [{ iss: 'supabase', role: 'anon' }],
  }),
];
