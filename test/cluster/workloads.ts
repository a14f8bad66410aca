/** Objects that the tests create in the cluster. */
const SAFE = {
  runAsNonRoot: true,
  runAsUser: 65534,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

/** The secret by which containerd pulls; `namespaces` get it under the name `registry`. */
export const pullSecret = (namespace: string, host: string, credentials: { user: string; password: string }) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace, name: 'registry' },
  type: 'kubernetes.io/dockerconfigjson',
  stringData: {
    '.dockerconfigjson': JSON.stringify({
      auths: { [host]: { auth: Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64') } },
    }),
  },
});

const podSpec = (images: readonly string[]) => ({
  terminationGracePeriodSeconds: 1,
  automountServiceAccountToken: false,
  imagePullSecrets: [{ name: 'registry' }],
  containers: images.map((image, index) => ({
    name: index === 0 ? 'app' : `app-${index}`,
    image,
    imagePullPolicy: 'Always',
    command: ['/bin/app'],
    securityContext: SAFE,
  })),
});

export const pod = (namespace: string, name: string, ...images: string[]) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace, name },
  spec: podSpec(images),
});

export const deployment = (namespace: string, name: string, image: string, replicas = 1) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace, name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: podSpec([image]) },
  },
});
