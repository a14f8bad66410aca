/** Refuses settings under which a cluster could not start again while this server is away. */
import { ServerError } from '../error.ts';
import { AGENT_NAMESPACE } from './agent-manifests.ts';

/** Namespaces that must stay exempt, with what would happen otherwise. */
const NEEDED: Readonly<Record<string, string>> = {
  'kube-system':
    'while this server is away, the cluster’s own parts (its DNS, network and scheduler) could not be started again, and nothing could bring the cluster back',
  'kube-node-lease': 'it belongs to the cluster’s own nodes',
  'kube-public': 'it belongs to the cluster itself',
  [AGENT_NAMESPACE]: 'Pratique’s own agent could not be started while this server is away',
};

export const DEFAULT_EXEMPT: readonly string[] = Object.keys(NEEDED);

/** @throws ServerError `invalid` that names the namespace and why it is needed */
export function checkExemptNamespaces(exempt: readonly string[]): void {
  for (const [namespace, why] of Object.entries(NEEDED))
    if (!exempt.includes(namespace))
      throw new ServerError(
        'invalid',
        `the namespace ${namespace} must be exempt: ${why}. Add it to the exempt namespaces`,
      );
  const wrong = exempt.find((name) => !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name));
  if (wrong !== undefined) throw new ServerError('invalid', `${JSON.stringify(wrong)} is no name of a namespace`);
}

type Rule = { apiGroups: string[]; resources: string[]; scope?: string };
type Webhook = {
  name: string;
  failurePolicy?: string;
  rules: Rule[];
  namespaceSelector?: { matchExpressions?: { key: string; operator: string; values: string[] }[] };
};

/** Groups and resources that a cluster needs in order to run, elect leaders and take a webhook away again. */
const VITAL: readonly [group: string, resource: string][] = [
  ['', 'nodes'],
  ['', 'namespaces'],
  ['', 'endpoints'],
  ['', 'events'],
  ['', 'bindings'],
  ['', 'pods/binding'],
  ['', 'pods/status'],
  ['coordination.k8s.io', 'leases'],
  ['admissionregistration.k8s.io', 'validatingwebhookconfigurations'],
  ['admissionregistration.k8s.io', 'mutatingwebhookconfigurations'],
  ['authorization.k8s.io', 'subjectaccessreviews'],
  ['authentication.k8s.io', 'tokenreviews'],
  ['certificates.k8s.io', 'certificatesigningrequests'],
];

/**
 * Looks at finished webhook configurations, so that no later change of the rules locks a cluster out unnoticed.
 * @throws ServerError `invalid` that names webhook and resource
 */
export function checkWebhooks(webhooks: readonly Webhook[]): void {
  for (const webhook of webhooks) {
    const selected = webhook.namespaceSelector?.matchExpressions?.find(
      (expression) => expression.key === 'kubernetes.io/metadata.name' && expression.operator === 'NotIn',
    );
    // Only the name's own label: the API server writes it, so nobody exempts a namespace by labelling it.
    checkExemptNamespaces(selected?.values ?? []);
    for (const [group, resource] of VITAL)
      if (webhook.rules.some((rule) => matches(rule, group, resource)))
        throw new ServerError(
          'invalid',
          `the webhook ${webhook.name} would decide about ${resource}${group === '' ? '' : ` of ${group}`}; with this server away the cluster could not be brought back`,
        );
  }
}

function matches(rule: Rule, group: string, resource: string): boolean {
  const [plain, sub] = resource.split('/');
  return (
    (rule.apiGroups.includes('*') || rule.apiGroups.includes(group)) &&
    rule.resources.some(
      (one) =>
        one === '*/*' ||
        one === resource ||
        (one === '*' && sub === undefined) ||
        (sub !== undefined && (one === `${plain}/*` || one === `*/${sub}`)),
    )
  );
}

/** What is allowed but will probably not work. */
export function warningsOf(publicUrl: string): string[] {
  const { hostname } = new URL(publicUrl);
  return /^(localhost|127\.|\[::1\])/.test(hostname)
    ? [
        `PRATIQUE_PUBLIC_URL is ${publicUrl}: only a cluster whose API server runs on this very machine reaches it. Elsewhere the webhooks fail closed, and nothing new would be admitted`,
      ]
    : [];
}
