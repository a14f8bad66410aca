#!/bin/bash
# The node of the test cluster: containerd and the kubelet, INSIDE a private mount namespace (unshare --mount).
# Both write to fixed places (/run, /var/lib, sysctls); here those are mounts of our own, and the machine stays as it is.
set -u
: "${STATE:?folder of this cluster}" "${TOOLS:?root of the unpacked packages}" "${KUBELET:?path of the kubelet}"
export PATH=$TOOLS/usr/bin:$TOOLS/usr/sbin:$TOOLS/bin:$PATH
mount --make-rprivate / && mount --make-rshared / # pods may ask for shared propagation

# A sysctl that would be set has the wanted value in a file of its own.
pretend() {
  local copy
  copy=$STATE/sysctl/$(echo "$1" | tr / _)
  echo "$2" >"$copy" && mount --bind "$copy" "/proc/sys/$1"
}
mkdir -p "$STATE"/{sysctl,var,var-work}
pretend vm/overcommit_memory 1
pretend vm/panic_on_oom 0
pretend kernel/panic 10
pretend kernel/panic_on_oops 1
pretend kernel/keys/root_maxkeys 1000000
pretend kernel/keys/root_maxbytes 25000000
pretend net/ipv4/ip_forward 1
mount -t overlay overlay -o "lowerdir=/var,upperdir=$STATE/var,workdir=$STATE/var-work" /var
mount -t tmpfs tmpfs /run

containerd --config "$STATE/containerd.toml" >"$STATE/log/containerd.log" 2>&1 &
for _ in $(seq 200); do
  ctr -a "$STATE/c.sock" version >/dev/null 2>&1 && break
  sleep 0.1
done
ctr -a "$STATE/c.sock" -n k8s.io images import "$STATE/pause.tar" >"$STATE/log/import.log" 2>&1
"$KUBELET" --config "$STATE/kubelet.yaml" --kubeconfig "$STATE/pki/kubelet.kubeconfig" \
  --root-dir "$STATE/kubelet" --cert-dir "$STATE/kubelet/pki" --hostname-override 127.0.0.1 --v 2 >"$STATE/log/kubelet.log" 2>&1 &
wait
