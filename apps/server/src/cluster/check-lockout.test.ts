import { load, loadAll } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { webhookManifests } from '../admission/webhook-manifests.ts';
import { agentManifests } from './agent-manifests.ts';
import { checkExemptNamespaces, checkWebhooks, DEFAULT_EXEMPT, warningsOf } from './check-lockout.ts';

const input = {
  name: 'production',
  validateUrl: 'https://pratique.example:8481/admission/clusters/x/y/validate',
  mutateUrl: 'https://pratique.example:8481/admission/clusters/x/y/mutate',
  caBundle: 'Q0E=',
  exemptNamespaces: [...DEFAULT_EXEMPT],
};
type Configuration = { kind: string; webhooks: Parameters<typeof checkWebhooks>[0][number][] };
const configurations = () => loadAll(webhookManifests(input)) as Configuration[];

describe('exempt namespaces', () => {
  test.each(DEFAULT_EXEMPT)('without %s are refused, with the reason', (missing) => {
    const rest = DEFAULT_EXEMPT.filter((name) => name !== missing);
    expect(() => checkExemptNamespaces(rest)).toThrow(new RegExp(`^the namespace ${missing} must be exempt: .{20,}`));
    expect(() => webhookManifests({ ...input, exemptNamespaces: rest })).toThrow(missing);
  });

  test('may be more than the needed ones, if they are names', () => {
    expect(() => checkExemptNamespaces([...DEFAULT_EXEMPT, 'monitoring'])).not.toThrow();
    for (const wrong of ['*', '', 'Kube-System', 'a/b', `a${'b'.repeat(63)}`])
      expect(() => checkExemptNamespaces([...DEFAULT_EXEMPT, wrong])).toThrow('is no name of a namespace');
  });
});

describe('webhooks', () => {
  test('as they are made fail closed, by the label that the API server writes', () => {
    const made = configurations();
    expect(made.map(({ kind }) => kind)).toEqual(['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']);
    for (const { webhooks } of made)
      for (const webhook of webhooks) {
        expect(webhook).toMatchObject({
          failurePolicy: 'Fail',
          matchPolicy: 'Equivalent',
          sideEffects: 'NoneOnDryRun',
        });
        expect(webhook.namespaceSelector?.matchExpressions).toEqual([
          { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: [...DEFAULT_EXEMPT] },
        ]);
      }
  });

  test.each([
    ['nodes', { apiGroups: [''], resources: ['nodes'] }],
    ['nodes by a star', { apiGroups: ['*'], resources: ['*'] }],
    ['leases', { apiGroups: ['coordination.k8s.io'], resources: ['leases'] }],
    ['webhook configurations', { apiGroups: ['admissionregistration.k8s.io'], resources: ['*'] }],
    ['the status of pods', { apiGroups: [''], resources: ['pods/*'] }],
    ['every subresource', { apiGroups: [''], resources: ['*/*'] }],
  ])('that decide about %s are refused', (_, rule) => {
    for (const { webhooks } of configurations())
      for (const webhook of webhooks)
        expect(() => checkWebhooks([{ ...webhook, rules: [...webhook.rules, rule] }])).toThrow(
          /the webhook \w+\.pratique\.dev would decide about/,
        );
  });

  test('whose exemption anybody could label a namespace into are refused', () => {
    for (const { webhooks } of configurations())
      for (const webhook of webhooks) {
        const own = { key: 'pratique.dev/exempt', operator: 'NotIn', values: [...DEFAULT_EXEMPT] };
        expect(() => checkWebhooks([{ ...webhook, namespaceSelector: { matchExpressions: [own] } }])).toThrow(
          'must be exempt',
        );
      }
  });
});

test.each([
  ['http://127.0.0.1:8480', 1],
  ['http://localhost:8480', 1],
  ['http://[::1]:8480', 1],
  ['https://pratique.example', 0],
])('of the address %s there are %i warnings', (url, count) => {
  expect(warningsOf(url)).toHaveLength(count);
});

describe('the agent', () => {
  const manifests = agentManifests({
    cluster: 'production',
    serverUrl: 'https://pratique.example:8481',
    caPem: '-----BEGIN CERTIFICATE-----\n',
    token: 'token: "quoted" #',
    tokenExpiresAt: '2026-11-23T00:00:00.000Z',
    image: 'registry.example/agent:1',
  });
  type Rule = { apiGroups: string[]; resources: string[]; resourceNames?: string[]; verbs: string[] };
  const documents = manifests.split(/^---\n/m).map((text) => ({ text, value: load(text) as Record<string, unknown> }));

  test('may list and watch pods, get its two webhook configurations, and get and update its own secret; each with its reason', () => {
    const roles = documents.filter(({ value }) => /Role$/.test(String(value['kind'])));
    expect(roles.map(({ value }) => [value['kind'], value['rules']])).toEqual([
      ['ClusterRole', [{ apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] }]],
      [
        'ClusterRole',
        [
          {
            apiGroups: ['admissionregistration.k8s.io'],
            resources: ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'],
            resourceNames: ['pratique-production'],
            verbs: ['get'],
          },
        ],
      ],
      [
        'Role',
        [
          {
            apiGroups: [''],
            resources: ['secrets'],
            resourceNames: ['pratique-agent-identity'],
            verbs: ['get', 'update'],
          },
        ],
      ],
    ] satisfies [string, Rule[]][]);
    for (const { text } of roles) expect(text).toMatch(/^# .{40,}/);
  });

  test('gets the token as it is, whatever is in it', () => {
    const secret = documents.find(({ value }) => 'stringData' in value)?.value;
    expect(secret?.['stringData']).toMatchObject({
      token: 'token: "quoted" #',
      server: 'https://pratique.example:8481',
    });
  });

  test('runs without root, without privileges, on a file system that it cannot write', () => {
    expect(manifests).toMatch(/runAsNonRoot: true/);
    expect(manifests).toMatch(/readOnlyRootFilesystem: true/);
    expect(manifests).toMatch(/allowPrivilegeEscalation: false/);
  });
});
