/** The two webhook configurations for a cluster, as YAML to apply. */
import { dump } from 'js-yaml';
import { checkWebhooks } from '../cluster/check-lockout.ts';

export type WebhookInput = {
  name: string;
  validateUrl: string;
  mutateUrl: string;
  caBundle: string;
  exemptNamespaces: string[];
};

const PODS = {
  apiGroups: [''],
  apiVersions: ['v1'],
  operations: ['CREATE', 'UPDATE'],
  resources: ['pods', 'pods/ephemeralcontainers'],
  scope: 'Namespaced',
};
const CONTROLLERS = [
  {
    apiGroups: [''],
    apiVersions: ['v1'],
    operations: ['CREATE', 'UPDATE'],
    resources: ['replicationcontrollers', 'podtemplates'],
    scope: 'Namespaced',
  },
  {
    apiGroups: ['apps'],
    apiVersions: ['v1'],
    operations: ['CREATE', 'UPDATE'],
    resources: ['deployments', 'replicasets', 'statefulsets', 'daemonsets'],
    scope: 'Namespaced',
  },
  {
    apiGroups: ['batch'],
    apiVersions: ['v1'],
    operations: ['CREATE', 'UPDATE'],
    resources: ['jobs', 'cronjobs'],
    scope: 'Namespaced',
  },
];

/**
 * Fails closed (`failurePolicy: Fail`); the exempt namespaces are left out in the cluster as well, so that it can start
 * again while this server is away.
 * @throws ServerError `invalid` when the cluster could not start again with these webhooks
 */
export function webhookManifests(input: WebhookInput): string {
  const shared = {
    admissionReviewVersions: ['v1'],
    sideEffects: 'NoneOnDryRun',
    failurePolicy: 'Fail',
    timeoutSeconds: 10,
    matchPolicy: 'Equivalent',
    namespaceSelector: {
      matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: input.exemptNamespaces }],
    },
  };
  const document = (kind: string, suffix: string, url: string, rules: (typeof PODS)[], more: object) => {
    const webhook = { name: `${suffix}.pratique.dev`, clientConfig: { url, caBundle: input.caBundle }, rules };
    const webhooks = [{ ...webhook, ...shared, ...more }];
    checkWebhooks(webhooks);
    return {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind,
      metadata: { name: `pratique-${input.name}`, labels: { 'app.kubernetes.io/managed-by': 'pratique' } },
      webhooks,
    };
  };
  return [
    // Runs again after other mutating webhooks, so that a sidecar which they add is pinned too.
    document('MutatingWebhookConfiguration', 'pin', input.mutateUrl, [PODS], { reinvocationPolicy: 'IfNeeded' }),
    document('ValidatingWebhookConfiguration', 'validate', input.validateUrl, [PODS, ...CONTROLLERS], {}),
  ]
    .map((value) => dump(value, { lineWidth: 200, noRefs: true }))
    .join('---\n');
}
