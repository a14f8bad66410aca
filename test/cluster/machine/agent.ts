/** The agent as a process beside the cluster, with the very rights that its manifests give it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestCluster } from './cluster.ts';

const MAIN = join(import.meta.dirname, '..', '..', '..', 'apps', 'agent', 'src', 'main.ts');
const NAMESPACE = 'pratique-system';

export type TestAgent = {
  log(): string;
  /** Ends it as Kubernetes would. */
  stop(): Promise<void>;
};

/** Writes what the pod would have mounted, from the secret that was applied. @returns the folder */
export async function mountEnrolment(cluster: TestCluster): Promise<string> {
  const folder = join(cluster.state, 'enrolment');
  await mkdir(folder, { recursive: true });
  const text = await cluster.mustKubectl(['-n', NAMESPACE, 'get', 'secret', 'pratique-agent-enrolment', '-o', 'json']);
  const { data } = JSON.parse(text) as { data: Record<string, string> };
  for (const [name, value] of Object.entries(data)) await writeFile(join(folder, name), Buffer.from(value, 'base64'));
  return folder;
}

/**
 * @param env further environment, for example another clock
 * @param name of the cluster, as its webhooks have it
 */
export async function startAgent(
  cluster: TestCluster,
  env: NodeJS.ProcessEnv = {},
  name = 'production',
): Promise<TestAgent> {
  const enrolment = await mountEnrolment(cluster);
  const token = (await cluster.mustKubectl(['-n', NAMESPACE, 'create', 'token', 'pratique-agent'])).trim();
  const kubeconfig = join(cluster.state, 'agent.kubeconfig');
  await writeFile(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'test',
          cluster: { server: cluster.apiServer, 'certificate-authority': join(cluster.state, 'pki', 'ca.crt') },
        },
      ],
      users: [{ name: 'agent', user: { token } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'agent' } }],
      'current-context': 'test',
    }),
  );
  let log = '';
  const child: ChildProcess = spawn(
    process.execPath,
    [
      ...[MAIN, '--enrolment', enrolment, '--identity', `${NAMESPACE}/pratique-agent-identity`],
      ...['--webhooks', `pratique-${name}`, '--kubeconfig', kubeconfig],
    ],
    { env: { ...process.env, NODE_OPTIONS: '', ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-200_000);
    });
  const lastResort = () => child.kill('SIGKILL');
  process.once('exit', lastResort);
  return {
    log: () => log,
    async stop() {
      process.off('exit', lastResort);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const hard = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(hard);
    },
  };
}
