/** How to call every operation of the OpenAPI document, for walks over all of them. */
import type { TestServer } from './server.ts';

/** Names of things, real ones or made up; what an operation needs is filled in from here. */
export type Things = {
  account: string;
  person: string;
  robot: string;
  chain: string;
  run: string;
  step: string;
  exception: string;
  contract: string;
  delivery: string;
  repair: string;
  cluster: string;
  host?: string;
  webhook: string;
  advisory?: string;
  update?: string;
  document?: string;
  fingerprint?: string;
  repository: string;
  reference: string;
};

type Operation = { query?: (things: Things) => Record<string, string>; body?: (things: Things) => unknown };
const ofImage = { query: ({ repository, reference }: Things) => ({ repository, reference }) };
const ofPackage = { query: () => ({ type: 'deb', name: 'openssl' }) };
const none: Operation = {};

/** Every operation that there is; the walk fails when the document has another one. */
export const OPERATIONS: Record<string, Operation> = {
  'POST /api/v1/login': { body: () => ({ user: 'nobody', password: 'not-a-password' }) },
  'POST /api/v1/logout': none,
  'GET /api/v1/me': none,
  'GET /api/v1/accounts': none,
  'POST /api/v1/accounts': { body: () => ({ name: 'made-by-a-stranger' }) },
  'GET /api/v1/accounts/{account}/members': none,
  'PUT /api/v1/accounts/{account}/members/{person}': { body: () => ({ role: 'owner' }) },
  'DELETE /api/v1/accounts/{account}/members/{person}': none,
  'GET /api/v1/accounts/{account}/audit': none,
  'GET /api/v1/audit': none,
  'GET /api/v1/people': none,
  'POST /api/v1/people': { body: () => ({ name: 'made-by-a-stranger', password: 'of-a-stranger' }) },
  'PATCH /api/v1/people/{person}': { body: () => ({ password: 'of-a-stranger' }) },
  'PUT /api/v1/me/password': { body: () => ({ current: 'not-the-password', password: 'of-a-stranger' }) },
  'GET /api/v1/accounts/{account}/robots': none,
  'POST /api/v1/accounts/{account}/robots': { body: () => ({ name: 'made-by-a-stranger', role: 'maintainer' }) },
  'DELETE /api/v1/accounts/{account}/robots/{robot}': none,
  'GET /api/v1/accounts/{account}/repositories': none,
  'GET /api/v1/accounts/{account}/images': none,
  'GET /api/v1/accounts/{account}/image': ofImage,
  'GET /api/v1/accounts/{account}/image/explanation': ofImage,
  'GET /api/v1/accounts/{account}/image/scan': ofImage,
  'GET /api/v1/accounts/{account}/image/contents': ofImage,
  'GET /api/v1/accounts/{account}/image/secrets': ofImage,
  'GET /api/v1/accounts/{account}/image/malware': ofImage,
  'GET /api/v1/accounts/{account}/image/checks': ofImage,
  'GET /api/v1/accounts/{account}/image/unexamined': ofImage,
  'GET /api/v1/accounts/{account}/secrets': none,
  'GET /api/v1/accounts/{account}/secrets/{fingerprint}': none,
  'GET /api/v1/accounts/{account}/secrets/{fingerprint}/images': none,
  'GET /api/v1/accounts/{account}/malware': none,
  'GET /api/v1/accounts/{account}/image/sbom': ofImage,
  'GET /api/v1/accounts/{account}/image/runs': ofImage,
  'GET /api/v1/accounts/{account}/image/repairs': ofImage,
  'GET /api/v1/accounts/{account}/image/fleet': ofImage,
  'GET /api/v1/accounts/{account}/repairs': none,
  'GET /api/v1/accounts/{account}/repairs/{repair}': none,
  'POST /api/v1/accounts/{account}/repairs': {
    body: ({ repository, reference }) => ({ repository, reference, mode: 'preview' }),
  },
  'GET /api/v1/accounts/{account}/image/attestation': {
    query: (things) => ({ ...ofImage.query(things), predicateType: 'https://slsa.dev/verification_summary/v1' }),
  },
  'GET /api/v1/accounts/{account}/image/comparison': {
    query: (things) => ({
      ...ofImage.query(things),
      withRepository: things.repository,
      withReference: things.reference,
    }),
  },
  'GET /api/v1/accounts/{account}/findings': none,
  'GET /api/v1/accounts/{account}/findings/facets': none,
  'GET /api/v1/accounts/{account}/findings/upgrades': none,
  'GET /api/v1/accounts/{account}/packages': none,
  'GET /api/v1/accounts/{account}/package': ofPackage,
  'GET /api/v1/accounts/{account}/package/images': ofPackage,
  'GET /api/v1/accounts/{account}/package/placements': ofPackage,
  'GET /api/v1/accounts/{account}/package/customers': ofPackage,
  'GET /api/v1/accounts/{account}/advisories/{advisory}': none,
  'GET /api/v1/accounts/{account}/advisories/{advisory}/packages': none,
  'GET /api/v1/accounts/{account}/advisories/{advisory}/images': none,
  'GET /api/v1/accounts/{account}/advisories/{advisory}/placements': none,
  'GET /api/v1/accounts/{account}/advisories/{advisory}/customers': none,
  'GET /api/v1/accounts/{account}/advisories/{advisory}/changes': none,
  'GET /api/v1/accounts/{account}/advisory-updates': none,
  'GET /api/v1/accounts/{account}/advisory-updates/{update}': none,
  'GET /api/v1/accounts/{account}/advisory-updates/{update}/changes': none,
  'GET /api/v1/accounts/{account}/advisory-updates/{update}/images': none,
  'GET /api/v1/accounts/{account}/advisory-updates/{update}/placements': none,
  'GET /api/v1/accounts/{account}/advisory-updates/{update}/customers': none,
  'GET /api/v1/accounts/{account}/receipts': none,
  'GET /api/v1/accounts/{account}/admissions': none,
  'GET /api/v1/accounts/{account}/chains': none,
  'POST /api/v1/accounts/{account}/chains/validation': {
    body: () => ({ definition: 'name: of-a-stranger' }),
  },
  'PUT /api/v1/accounts/{account}/chains/{chain}': {
    body: ({ chain }) => ({
      definition: { name: chain, repositories: ['**'], steps: [{ name: 'inventory', kind: 'inventory' }] },
    }),
  },
  'DELETE /api/v1/accounts/{account}/chains/{chain}': none,
  'POST /api/v1/accounts/{account}/runs': { body: ofImage.query },
  'GET /api/v1/accounts/{account}/runs': none,
  'GET /api/v1/accounts/{account}/runs/{run}': none,
  'POST /api/v1/accounts/{account}/runs/{run}/steps/{step}/approval': {
    body: () => ({ approve: true, reason: 'a stranger says so' }),
  },
  'GET /api/v1/accounts/{account}/policy': none,
  'PUT /api/v1/accounts/{account}/policy': { body: () => ({ yaml: '' }) },
  'GET /api/v1/accounts/{account}/trust-policy': none,
  'PUT /api/v1/accounts/{account}/trust-policy': {
    body: () => ({ policy: { version: 1, rules: [{ name: 'stranger', images: ['**'], unsigned: 'allow' }] } }),
  },
  'GET /api/v1/accounts/{account}/trust-policy/versions': none,
  'POST /api/v1/accounts/{account}/trust-policy/test': { body: () => ({ reference: 'registry.invalid/stolen:1' }) },
  'GET /api/v1/accounts/{account}/foreign-images': none,
  'GET /api/v1/accounts/{account}/registry-credentials': none,
  'PUT /api/v1/accounts/{account}/registry-credentials/{host}': { body: () => ({ user: 'x', password: 'y' }) },
  'DELETE /api/v1/accounts/{account}/registry-credentials/{host}': none,
  'GET /api/v1/accounts/{account}/exceptions': none,
  'POST /api/v1/accounts/{account}/exceptions': {
    body: () => ({
      kind: 'finding',
      name: 'made-by-a-stranger',
      selector: { id: 'CVE-2020-0001' },
      reason: 'a stranger says so',
    }),
  },
  'POST /api/v1/accounts/{account}/exceptions/{exception}/approval': none,
  'POST /api/v1/accounts/{account}/exceptions/{exception}/rejection': {
    body: () => ({ reason: 'a stranger says so' }),
  },
  'DELETE /api/v1/accounts/{account}/exceptions/{exception}': none,
  'POST /api/v1/accounts/{account}/break-glass': {
    body: () => ({ namespaces: ['**'], reason: 'a stranger says so' }),
  },
  'GET /api/v1/accounts/{account}/revocations': none,
  'POST /api/v1/accounts/{account}/revocations': {
    body: (things) => ({ ...ofImage.query(things), reason: 'a stranger says so' }),
  },
  'POST /api/v1/accounts/{account}/revocations/lift': {
    body: () => ({ digest: `sha256:${'0'.repeat(64)}`, reason: 'a stranger says so' }),
  },
  'GET /api/v1/accounts/{account}/keys': none,
  'POST /api/v1/accounts/{account}/keys/rotation': none,
  'GET /api/v1/accounts/{account}/contracts': none,
  'POST /api/v1/accounts/{account}/contracts': { body: () => ({ to: 'customer' }) },
  'POST /api/v1/accounts/{account}/contracts/{contract}/acceptance': { body: () => ({ trustVendor: true }) },
  'DELETE /api/v1/accounts/{account}/contracts/{contract}': none,
  'GET /api/v1/accounts/{account}/deliveries': none,
  'POST /api/v1/accounts/{account}/deliveries': {
    body: (things) => ({ ...ofImage.query(things), to: 'customer/stolen:1' }),
  },
  'GET /api/v1/accounts/{account}/deliveries/{delivery}': none,
  'GET /api/v1/accounts/{account}/clusters': none,
  'GET /api/v1/authority': none,
  'GET /api/v1/authority/rotation': none,
  'POST /api/v1/authority/rotation': { body: () => ({ step: 'begin' }) },
  'GET /api/v1/accounts/{account}/clusters/{cluster}': none,
  'GET /api/v1/accounts/{account}/clusters/{cluster}/placements': none,
  'POST /api/v1/accounts/{account}/clusters/{cluster}/enrolment': {
    body: () => ({ agentImage: 'registry.example/agent:1' }),
  },
  'POST /api/v1/accounts/{account}/clusters': { body: () => ({ name: 'made-by-a-stranger' }) },
  'PATCH /api/v1/accounts/{account}/clusters/{cluster}': { body: () => ({ mode: 'dryrun' }) },
  'DELETE /api/v1/accounts/{account}/clusters/{cluster}': none,
  'GET /api/v1/advisories': none,
  'GET /api/v1/accounts/{account}/overview': none,
  'GET /api/v1/accounts/{account}/webhooks': none,
  'POST /api/v1/accounts/{account}/webhooks': { body: () => ({ name: 'of-a-stranger', url: 'http://192.0.2.1/' }) },
  'PATCH /api/v1/accounts/{account}/webhooks/{webhook}': { body: () => ({ enabled: false }) },
  'DELETE /api/v1/accounts/{account}/webhooks/{webhook}': none,
  'POST /api/v1/accounts/{account}/webhooks/{webhook}/test': none,
  'GET /api/v1/accounts/{account}/webhooks/{webhook}/deliveries': none,
  'POST /api/v1/accounts/{account}/webhooks/{webhook}/redelivery': { body: () => ({}) },
  'GET /api/v1/accounts/{account}/vex': none,
  'POST /api/v1/accounts/{account}/vex': {
    body: () => ({ content: '{"@context":"https://openvex.dev/ns/v0.2.0","@id":"of-a-stranger","statements":[]}' }),
  },
  'GET /api/v1/accounts/{account}/vex/{document}': none,
  'DELETE /api/v1/accounts/{account}/vex/{document}': none,
  'GET /api/v1/accounts/{account}/events': none,
  'GET /api/v1/accounts/{account}/events/stream': none,
};

/** `METHOD /path` of every operation that the server documents. */
export async function documentedOperations(server: TestServer): Promise<string[]> {
  const document = (await server.api('GET', '/api/openapi.json', undefined, null)).json as {
    paths: Record<string, Record<string, unknown>>;
  };
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
}

/** The request that an operation makes about these things. */
export function requestOf(operation: string, things: Things): { method: string; path: string; body: unknown } {
  const [method = '', template = ''] = operation.split(' ');
  const { query, body } = OPERATIONS[operation] ?? none;
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(things[name as keyof Things] ?? `no value for ${name}`),
  );
  const search = query ? `?${new URLSearchParams(query(things)).toString()}` : '';
  return { method, path: path + search, body: body?.(things) };
}
