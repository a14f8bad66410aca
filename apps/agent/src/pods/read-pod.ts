/** What the report needs of a pod; everything else of it is forgotten at once. */
import { RunningPod } from '@pratique/contract';
import { z } from 'zod';

const Spec = z.object({ name: z.string(), image: z.string().default('') });
const Status = z.object({
  name: z.string(),
  imageID: z.string().default(''),
  state: z.object({ running: z.object({ startedAt: z.string().nullish() }).nullish() }).nullish(),
});
const list = <T extends z.ZodType>(item: T) => z.array(item).nullish();

/** Kubernetes core/v1 Pod, as far as it is read. */
const Pod = z.object({
  metadata: z.object({
    uid: z.string(),
    name: z.string(),
    namespace: z.string(),
    resourceVersion: z.string().optional(),
    labels: z.record(z.string(), z.string()).nullish(),
    ownerReferences: list(z.object({ kind: z.string(), name: z.string(), controller: z.boolean().nullish() })),
  }),
  spec: z.object({ containers: list(Spec), initContainers: list(Spec), ephemeralContainers: list(Spec) }),
  status: z
    .object({
      phase: z.string().nullish(),
      containerStatuses: list(Status),
      initContainerStatuses: list(Status),
      ephemeralContainerStatuses: list(Status),
    })
    .nullish(),
});
type Pod = z.infer<typeof Pod>;

export type ReadPod =
  | { outcome: 'live'; pod: RunningPod }
  /** It has run to its end and starts nothing any more. */
  | { outcome: 'over'; uid: string }
  | { outcome: 'unreadable'; uid: string | null; message: string };

export function readPod(object: unknown): ReadPod {
  const parsed = Pod.safeParse(object);
  if (!parsed.success) return unreadable(object, parsed.error);
  const { metadata, spec, status } = parsed.data;
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return { outcome: 'over', uid: metadata.uid };
  const statuses = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
  const byName = new Map(statuses.map((one) => [one.name, one]));
  const containers = [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ].map(({ name, image }) => {
    const found = byName.get(name);
    return {
      name,
      image,
      pinned: digestIn(image),
      running: digestIn(found?.imageID ?? ''),
      startedAt: found?.state?.running?.startedAt ?? null,
    };
  });
  const { uid, namespace, name } = metadata;
  // What the server would refuse must not keep it from hearing of the other pods.
  const checked = RunningPod.safeParse({ uid, namespace, name, workload: workloadOf(metadata), containers });
  return checked.success ? { outcome: 'live', pod: checked.data } : unreadable(object, checked.error);
}

/** `NAME@sha256:...`; a bare `sha256:...` in a status is the id of a configuration, not of a manifest. */
const digestIn = (text: string): string | null => /@(sha256:[0-9a-f]{64})$/.exec(text)?.[1] ?? null;

/**
 * What a person would call the workload. The name of a Deployment's ReplicaSet is the Deployment's with the pod's hash
 * behind it (Kubernetes, pod-template-hash), so that no right to read ReplicaSets is needed.
 */
function workloadOf({ labels, ownerReferences }: Pod['metadata']): RunningPod['workload'] {
  const owner = ownerReferences?.find((one) => one.controller === true) ?? ownerReferences?.[0];
  if (!owner) return null;
  const hash = labels?.['pod-template-hash'];
  if (owner.kind === 'ReplicaSet' && hash && owner.name.endsWith(`-${hash}`) && owner.name.length > hash.length + 1)
    return { kind: 'Deployment', name: owner.name.slice(0, -hash.length - 1) };
  return { kind: owner.kind, name: owner.name };
}

function unreadable(object: unknown, error: z.ZodError): ReadPod {
  const uid: unknown = (object as { metadata?: { uid?: unknown } } | null)?.metadata?.uid;
  const issue = error.issues[0];
  return {
    outcome: 'unreadable',
    uid: typeof uid === 'string' ? uid : null,
    message: `${issue?.path.join('.')}: ${issue?.message}`,
  };
}
