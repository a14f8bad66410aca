/** A real Kubernetes of one node for a test: started in seconds, ended without a trace on the machine. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.ts';
import { type Outcome, runTool } from '../../support/tools.ts';
import { writeCertificates } from './certificates.ts';
import { BRIDGE, writeConfiguration } from './configuration.ts';
import { pauseArchive } from './images.ts';
import { lockMachine } from './lock.ts';
import { endProcesses, makeCgroup, processesIn, processesOfPods, removeCgroup, startProcess } from './processes.ts';
import { debianFile, debianFolder, KUBERNETES_PROGRAMS, kubernetesProgram } from './versions.ts';

export type TestCluster = {
  /** Folder with logs and certificates; thrown away with the cluster. */
  state: string;
  /** Of an administrator. */
  kubeconfig: string;
  /** `https://127.0.0.1:PORT`. */
  apiServer: string;
  /** @param input standard input, for `apply -f -` */
  kubectl(args: readonly string[], input?: string): Promise<Outcome>;
  /** @throws Error with what kubectl said. @returns what it printed */
  mustKubectl(args: readonly string[], input?: string): Promise<string>;
  /** Creates or changes objects. @throws Error with what kubectl said */
  apply(...objects: readonly object[]): Promise<void>;
  /** containerd's own client, in the namespace of the kubelet's images. */
  ctr(args: readonly string[]): Promise<Outcome>;
  /** Makes containerd reach a registry's name over plain HTTP at `url`. */
  trustRegistry(name: string, url: string): Promise<void>;
  /** Makes a namespace and waits until pods can be created in it. */
  addNamespace(name: string): Promise<void>;
  /** Ends and starts again what decides: API server, controller manager and scheduler; the node and its pods go on. */
  restartControlPlane(): Promise<void>;
  stop(): Promise<void>;
};

const STATES = join(tmpdir(), 'pratique-k8s-');

/** null, or why no cluster can run here. */
export function clusterUnavailable(): string | null {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'the test cluster runs on Linux x64';
  if (!existsSync(debianFolder()) || !KUBERNETES_PROGRAMS.every((name) => existsSync(kubernetesProgram(name))))
    return 'the cluster’s programs are not built: npm run cluster:build';
  return process.getuid?.() === 0 ? null : 'the test cluster needs root, for containers and mounts';
}

/** @throws Error with the end of the log of whatever did not start */
export async function startCluster(): Promise<TestCluster> {
  const release = await lockMachine();
  // Whoever had the lock is gone; what it left running (kill -9) is nobody's.
  await endProcesses(() => processesIn(STATES));
  await endProcesses(processesOfPods);
  // Short, since the path of a socket is at most 107 bytes long.
  const state = await mkdtemp(STATES);
  const ports = {
    etcd: await freePort(),
    peer: await freePort(),
    api: await freePort(),
    controller: await freePort(),
    scheduler: await freePort(),
    kubelet: await freePort(),
    kubeletHealth: await freePort(),
  };
  const apiServer = `https://127.0.0.1:${ports.api}`;
  const pki = (name: string) => join(state, 'pki', name);
  const kubeconfig = pki('admin.kubeconfig');
  const start = (name: string, command: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    startProcess(state, name, command, env);

  const kubectl = (args: readonly string[], input?: string) =>
    runTool(kubernetesProgram('kubectl'), ['--kubeconfig', kubeconfig, ...args], {
      ...(input === undefined ? {} : { input }),
      env: { HOME: state },
    });
  const mustKubectl = async (args: readonly string[], input?: string): Promise<string> => {
    const { code, stdout, stderr } = await kubectl(args, input);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr.trim()}`);
    return stdout;
  };

  const lastResort = () => {
    for (const pid of [...processesIn(state), ...processesOfPods()])
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // it is gone already
      }
  };
  process.once('exit', lastResort);

  let controlPlane: number[] = [];
  async function startControlPlane(): Promise<void> {
    controlPlane = [
      start('apiserver', [
        kubernetesProgram('kube-apiserver'),
        `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
        '--bind-address=127.0.0.1',
        `--secure-port=${ports.api}`,
        '--advertise-address=127.0.0.1',
        '--endpoint-reconciler-type=none',
        '--service-cluster-ip-range=10.96.0.0/16',
        '--allow-privileged=true',
        `--tls-cert-file=${pki('apiserver.crt')}`,
        `--tls-private-key-file=${pki('apiserver.key')}`,
        `--client-ca-file=${pki('ca.crt')}`,
        '--authorization-mode=Node,RBAC',
        '--enable-admission-plugins=NodeRestriction',
        '--service-account-issuer=https://kubernetes.default.svc',
        `--service-account-key-file=${pki('service-accounts.pub')}`,
        `--service-account-signing-key-file=${pki('service-accounts.key')}`,
        `--kubelet-client-certificate=${pki('apiserver-kubelet.crt')}`,
        `--kubelet-client-key=${pki('apiserver-kubelet.key')}`,
        `--kubelet-certificate-authority=${pki('ca.crt')}`,
        '--kubelet-preferred-address-types=InternalIP',
      ]),
    ];
    await until('the API server', async () => (await kubectl(['get', '--raw', '/readyz'])).stdout === 'ok', state);
    // Neither waits for the rules that the API server makes at its first start.
    for (const name of ['controller-manager', 'scheduler'] as const)
      controlPlane.push(
        start(name, [
          kubernetesProgram(`kube-${name}`),
          `--kubeconfig=${pki(`${name}.kubeconfig`)}`,
          `--authentication-kubeconfig=${pki(`${name}.kubeconfig`)}`,
          `--authorization-kubeconfig=${pki(`${name}.kubeconfig`)}`,
          '--bind-address=127.0.0.1',
          `--secure-port=${name === 'scheduler' ? ports.scheduler : ports.controller}`,
          '--leader-elect=false',
          ...(name === 'scheduler'
            ? []
            : [
                '--use-service-account-credentials=true',
                `--service-account-private-key-file=${pki('service-accounts.key')}`,
                `--root-ca-file=${pki('ca.crt')}`,
                `--flex-volume-plugin-dir=${state}/volume-plugins`,
              ]),
        ]),
      );
  }

  async function stop(): Promise<void> {
    // First who would start things again, then what runs.
    await endProcesses(() => processesIn(state));
    await endProcesses(processesOfPods);
    process.off('exit', lastResort);
    removeCgroup();
    await runTool('ip', ['link', 'delete', BRIDGE]);
    await rm(state, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    await release();
  }

  try {
    for (const folder of ['log', 'pki', 'data', 'certs.d', 'volume-plugins', 'pod-logs', 'addresses'])
      await mkdir(join(state, folder));
    await writeCertificates(join(state, 'pki'), apiServer);
    await writeConfiguration(state, ports);
    await writeFile(join(state, 'pause.tar'), await pauseArchive());
    makeCgroup();
    start('etcd', [
      debianFile('usr/bin/etcd'),
      ...['--data-dir', join(state, 'data', 'etcd'), '--unsafe-no-fsync'],
      ...['--listen-client-urls', `http://127.0.0.1:${ports.etcd}`],
      ...['--advertise-client-urls', `http://127.0.0.1:${ports.etcd}`],
      ...['--listen-peer-urls', `http://127.0.0.1:${ports.peer}`],
      ...['--initial-advertise-peer-urls', `http://127.0.0.1:${ports.peer}`],
      ...['--name', 'test', '--initial-cluster', `test=http://127.0.0.1:${ports.peer}`],
    ]);
    await startControlPlane();
    start('node', ['unshare', '--mount', '--propagation', 'private', 'bash', join(import.meta.dirname, 'node.sh')], {
      STATE: state,
      TOOLS: debianFile('.'),
      KUBELET: kubernetesProgram('kubelet'),
    });
    await until(
      'the node',
      async () =>
        (await kubectl(['wait', '--for=condition=Ready', 'node/127.0.0.1', '--timeout=1s'])).code === 0 &&
        (await kubectl(['-n', 'default', 'get', 'serviceaccount', 'default'])).code === 0,
      state,
    );
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    state,
    kubeconfig,
    apiServer,
    kubectl,
    mustKubectl,
    apply: async (...objects) => {
      await mustKubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    },
    ctr: (args) => runTool(debianFile('usr/bin/ctr'), ['-a', join(state, 'c.sock'), '-n', 'k8s.io', ...args]),
    async trustRegistry(name, url) {
      await mkdir(join(state, 'certs.d', name), { recursive: true });
      await writeFile(
        join(state, 'certs.d', name, 'hosts.toml'),
        `server = "${url}"\n\n[host."${url}"]\n  capabilities = ["pull", "resolve"]\n`,
      );
    },
    async addNamespace(name) {
      await mustKubectl(['create', 'namespace', name]);
      await until(
        `the service account of ${name}`,
        async () => (await kubectl(['-n', name, 'get', 'serviceaccount', 'default'])).code === 0,
        state,
      );
    },
    async restartControlPlane() {
      await endProcesses(() => processesIn(state).filter((pid) => controlPlane.includes(pid)));
      await startControlPlane();
    },
    stop,
  };
}

/** @throws Error with the last lines of every log */
async function until(what: string, isTrue: () => Promise<boolean>, state: string, seconds = 120): Promise<void> {
  for (const deadline = Date.now() + seconds * 1000; !(await isTrue()); ) {
    if (Date.now() > deadline) throw new Error(`${what} is not ready after ${seconds} s:\n${await lastLines(state)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function lastLines(state: string): Promise<string> {
  const names = ['etcd', 'apiserver', 'controller-manager', 'scheduler', 'node', 'containerd', 'import', 'kubelet'];
  const logs = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(state, 'log', `${name}.log`), 'utf8').catch(() => '');
      return `--- ${name}\n${text.split('\n').slice(-12).join('\n')}`;
    }),
  );
  return logs.join('\n');
}
