/** What runs the agent in a cluster, as YAML to apply: its rights and the reason for each. */
import { dump } from 'js-yaml';

/** The namespace of everything that Pratique runs in a cluster; exempt from admission. */
export const AGENT_NAMESPACE = 'pratique-system';

export type AgentManifestInput = {
  cluster: string;
  /** `https://HOST:PORT` of the admission listener. */
  serverUrl: string;
  /** The authority that the server's certificate is checked against, PEM. */
  caPem: string;
  token: string;
  /** ISO 8601. */
  tokenExpiresAt: string;
  image: string;
};

const LABELS = { 'app.kubernetes.io/name': 'pratique-agent', 'app.kubernetes.io/managed-by': 'pratique' };
const inNamespace = (name: string) => ({ name, namespace: AGENT_NAMESPACE, labels: LABELS });
const ACCOUNT = { kind: 'ServiceAccount', name: 'pratique-agent', namespace: AGENT_NAMESPACE };

export function agentManifests(input: AgentManifestInput): string {
  const documents: [comment: string, object: object][] = [
    [
      'Everything of Pratique lives here. The webhooks leave the namespace out, so that the agent starts while the server is away.',
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: AGENT_NAMESPACE, labels: LABELS } },
    ],
    [
      'Who the agent is to the API server. Its token is mounted into the agent alone.',
      {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: inNamespace(ACCOUNT.name),
        automountServiceAccountToken: false,
      },
    ],
    [
      'list and watch pods, in all namespaces: the agent reports which image digests run where. Nothing else can be read,\nno secrets, no config maps, no logs; workloads are recognised by the names in the pods themselves.',
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: 'pratique-agent', labels: LABELS },
        rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] }],
      },
    ],
    [
      '',
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: 'pratique-agent', labels: LABELS },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'pratique-agent' },
        subjects: [ACCOUNT],
      },
    ],
    [
      `get the two webhook configurations of Pratique, by their name: the agent reports which authority they trust, so that\nthe server's authority can be replaced without an outage. It may not change them: who may, may redirect all admission.`,
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: 'pratique-agent-webhooks', labels: LABELS },
        rules: [
          {
            apiGroups: ['admissionregistration.k8s.io'],
            resources: ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'],
            resourceNames: [`pratique-${input.cluster}`],
            verbs: ['get'],
          },
        ],
      },
    ],
    [
      '',
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: 'pratique-agent-webhooks', labels: LABELS },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'pratique-agent-webhooks' },
        subjects: [ACCOUNT],
      },
    ],
    [
      'get and update one secret, by its name: the agent keeps its key and certificate there, so that it is the same agent\nafter a restart. It can create none and list none.',
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: inNamespace('pratique-agent'),
        rules: [
          {
            apiGroups: [''],
            resources: ['secrets'],
            resourceNames: ['pratique-agent-identity'],
            verbs: ['get', 'update'],
          },
        ],
      },
    ],
    [
      '',
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: inNamespace('pratique-agent'),
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'pratique-agent' },
        subjects: [ACCOUNT],
      },
    ],
    [
      `The one-time token, until ${input.tokenExpiresAt}, and the authority that the server is checked against.`,
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: inNamespace('pratique-agent-enrolment'),
        type: 'Opaque',
        stringData: { server: input.serverUrl, 'ca.crt': input.caPem, token: input.token },
      },
    ],
    [
      'Empty until the agent has enrolled. Applying this file again leaves what the agent wrote.',
      { apiVersion: 'v1', kind: 'Secret', metadata: inNamespace('pratique-agent-identity'), type: 'Opaque' },
    ],
    ['', deployment(input)],
  ];
  return documents
    .map(([comment, object]) => {
      const lines =
        comment === ''
          ? ''
          : `${comment
              .split('\n')
              .map((line) => `# ${line}`)
              .join('\n')}\n`;
      return lines + dump(object, { lineWidth: 200, noRefs: true });
    })
    .join('---\n');
}

function deployment(input: AgentManifestInput): object {
  const selector = { 'app.kubernetes.io/name': LABELS['app.kubernetes.io/name'] };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...inNamespace('pratique-agent'), annotations: { 'pratique.dev/cluster': input.cluster } },
    spec: {
      replicas: 1,
      // Two at once would report over each other.
      strategy: { type: 'Recreate' },
      selector: { matchLabels: selector },
      template: {
        metadata: { labels: LABELS },
        spec: {
          serviceAccountName: ACCOUNT.name,
          automountServiceAccountToken: true,
          // Absent unless the registry of the agent's image asks for credentials.
          imagePullSecrets: [{ name: 'pratique-agent-pull' }],
          securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              name: 'agent',
              image: input.image,
              args: [
                ...['--enrolment', '/etc/pratique', '--identity', `${AGENT_NAMESPACE}/pratique-agent-identity`],
                ...['--webhooks', `pratique-${input.cluster}`],
              ],
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
              resources: { requests: { cpu: '20m', memory: '96Mi' }, limits: { memory: '512Mi' } },
              volumeMounts: [{ name: 'enrolment', mountPath: '/etc/pratique', readOnly: true }],
            },
          ],
          volumes: [{ name: 'enrolment', secret: { secretName: 'pratique-agent-enrolment', defaultMode: 0o444 } }],
        },
      },
    },
  };
}
