/** The cluster's own authority, certificates and kubeconfigs, made by openssl as any administrator would. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun } from '../../support/tools.ts';
import { FAKETIME } from './versions.ts';

type Leaf = { name: string; subject: string; names?: string; usage: 'serverAuth' | 'clientAuth' };

const LEAVES: readonly Leaf[] = [
  {
    name: 'apiserver',
    subject: '/CN=kube-apiserver',
    names: 'DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:10.96.0.1',
    usage: 'serverAuth',
  },
  { name: 'kubelet-serving', subject: '/CN=127.0.0.1', names: 'DNS:localhost,IP:127.0.0.1', usage: 'serverAuth' },
  { name: 'admin', subject: '/O=system:masters/CN=admin', usage: 'clientAuth' },
  { name: 'controller-manager', subject: '/CN=system:kube-controller-manager', usage: 'clientAuth' },
  { name: 'scheduler', subject: '/CN=system:kube-scheduler', usage: 'clientAuth' },
  { name: 'kubelet', subject: '/O=system:nodes/CN=system:node:127.0.0.1', usage: 'clientAuth' },
  { name: 'apiserver-kubelet', subject: '/O=system:masters/CN=apiserver-kubelet', usage: 'clientAuth' },
];

/** Writes authority, keys and certificates into `folder`, and a kubeconfig beside each client certificate. */
export async function writeCertificates(folder: string, apiServer: string): Promise<void> {
  const file = (name: string) => join(folder, name);
  // Made a day ago: as seen by a program whose clock is behind, a cluster is not as young as a test's.
  const env = { LD_PRELOAD: FAKETIME, FAKETIME: '-1d' };
  const openssl = (...args: string[]) => mustRun('openssl', args, { cwd: folder, env });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await openssl(
    ...['req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '30', '-subj', '/CN=test-cluster'],
    ...['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
  );
  for (const [index, { name, subject, names, usage }] of LEAVES.entries()) {
    await openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject);
    await writeFile(
      file(`${name}.ext`),
      `basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=${usage}\n${names ? `subjectAltName=${names}\n` : ''}`,
    );
    await openssl(
      ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-set_serial', String(index + 2)],
      ...['-out', `${name}.crt`, '-days', '30', '-extfile', `${name}.ext`],
    );
    if (usage === 'clientAuth') await writeFile(file(`${name}.kubeconfig`), kubeconfig(folder, name, apiServer));
  }
  await openssl('genrsa', '-out', 'service-accounts.key', '2048');
  await openssl('rsa', '-in', 'service-accounts.key', '-pubout', '-out', 'service-accounts.pub');
}

function kubeconfig(folder: string, user: string, server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority': join(folder, 'ca.crt') } }],
    users: [
      {
        name: user,
        user: { 'client-certificate': join(folder, `${user}.crt`), 'client-key': join(folder, `${user}.key`) },
      },
    ],
    contexts: [{ name: 'test', context: { cluster: 'test', user } }],
    'current-context': 'test',
  });
}
