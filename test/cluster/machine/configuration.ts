/** The configuration files of containerd, its network and the kubelet, for one cluster's folder. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { debianFile } from './versions.ts';

/** Longer names would not fit into an interface's. */
export const BRIDGE = 'pratique-test0';
/** The kubelet's cgroups go below one of our own, apart from those of a kubelet that the machine may run. */
export const CGROUP = 'pratique-test';
export const PAUSE_IMAGE = 'localhost/pause:1';

export type NodePorts = { kubelet: number; kubeletHealth: number };

export async function writeConfiguration(state: string, ports: NodePorts): Promise<void> {
  await mkdir(join(state, 'cni'), { recursive: true });
  await writeFile(join(state, 'containerd.toml'), containerd(state));
  await writeFile(join(state, 'cni', '10-bridge.conflist'), JSON.stringify(network(state)));
  await writeFile(join(state, 'kubelet.yaml'), JSON.stringify(kubelet(state, ports)));
}

function containerd(state: string): string {
  return `version = 2
root = "${state}/containerd/root"
state = "${state}/containerd/state"
oom_score = 0
[grpc]
  address = "${state}/c.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "${state}/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  disable_tcp_service = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "${state}/certs.d"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${debianFile('usr/lib/cni')}"
    conf_dir = "${state}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
`;
}

function network(state: string): unknown {
  return {
    cniVersion: '1.0.0',
    name: 'pratique-test',
    plugins: [
      {
        type: 'bridge',
        bridge: BRIDGE,
        isGateway: true,
        ipMasq: false,
        hairpinMode: true,
        ipam: {
          type: 'host-local',
          dataDir: `${state}/addresses`,
          ranges: [[{ subnet: '10.88.77.0/24' }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
    ],
  };
}

function kubelet(state: string, ports: NodePorts): unknown {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: '127.0.0.1',
    port: ports.kubelet,
    readOnlyPort: 0,
    healthzBindAddress: '127.0.0.1',
    healthzPort: ports.kubeletHealth,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: `${state}/pki/ca.crt` },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: `${state}/pki/kubelet-serving.crt`,
    tlsPrivateKeyFile: `${state}/pki/kubelet-serving.key`,
    containerRuntimeEndpoint: `unix://${state}/c.sock`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${CGROUP}`,
    cgroupsPerQOS: true,
    enforceNodeAllocatable: [],
    failSwapOn: false,
    failCgroupV1: false,
    protectKernelDefaults: false,
    makeIPTablesUtilChains: false,
    oomScoreAdj: 0,
    volumePluginDir: `${state}/volume-plugins`,
    podLogsDir: `${state}/pod-logs`,
    staticPodPath: '',
    resolvConf: '',
    clusterDNS: [],
    // The kernel's own settings are not ours to change; without this the kubelet ends when it may not.
    featureGates: { KubeletInUserNamespace: true },
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    imageGCHighThresholdPercent: 100,
    syncFrequency: '10s',
  };
}
