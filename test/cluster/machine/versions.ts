/** What the test cluster is made of; the one place where versions are chosen. */
import { join } from 'node:path';
import { cacheFolder } from '../../support/server.ts';

/** 1.34 is the last minor that runs with containerd 1.6 and on cgroup v1. */
export const KUBERNETES = '1.34.4';
export const KUBERNETES_PROGRAMS = [
  'kube-apiserver',
  'kubectl',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
] as const;
export type KubernetesProgram = (typeof KUBERNETES_PROGRAMS)[number];

/** Debian packages that are unpacked, never installed; their versions are those of the machine's own release. */
export const DEBIAN_PACKAGES = [
  'etcd-server',
  'containerd',
  'runc',
  'containernetworking-plugins',
  'busybox-static',
  'libfaketime',
] as const;

export const clusterCache = () => join(cacheFolder(), 'cluster');
export const kubernetesFolder = () => join(clusterCache(), `kubernetes-${KUBERNETES}`);
/** A folder for each list, so that a longer one is fetched. */
export const debianFolder = () => join(clusterCache(), `debian-${DEBIAN_PACKAGES.length}`);

export const kubernetesProgram = (name: KubernetesProgram) => join(kubernetesFolder(), 'bin', name);
/** Preloaded into a program, gives it another clock. */
export const FAKETIME = join(debianFolder(), 'root/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1');

/** @param path below the root of the unpacked packages, for example `usr/bin/etcd` */
export const debianFile = (path: string) => join(debianFolder(), 'root', path);
