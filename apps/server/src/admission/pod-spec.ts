/** Finds the pods that a Kubernetes object would make, and the images in them. */
import { z } from 'zod';

const Container = z.looseObject({ name: z.string().max(253).default(''), image: z.string().max(1000).nullish() });
const Containers = z.array(Container).max(500).nullish();
export const PodSpec = z.looseObject({
  containers: Containers,
  initContainers: Containers,
  ephemeralContainers: Containers,
});
export type PodSpec = z.infer<typeof PodSpec>;

/** JSON pointer of the pod spec in each kind that carries one (Kubernetes API, core, apps and batch). */
const POD_SPEC_PATHS: Record<string, readonly string[]> = {
  Pod: ['spec'],
  PodTemplate: ['template', 'spec'],
  ReplicationController: ['spec', 'template', 'spec'],
  ReplicaSet: ['spec', 'template', 'spec'],
  Deployment: ['spec', 'template', 'spec'],
  StatefulSet: ['spec', 'template', 'spec'],
  DaemonSet: ['spec', 'template', 'spec'],
  Job: ['spec', 'template', 'spec'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
};
const GROUPS = new Set(['', 'apps', 'batch']);

export type ImageUse = {
  /** JSON pointer of the image field in the object. */
  pointer: string;
  /** `containers`, `initContainers` or `ephemeralContainers`, with the container's name. */
  where: string;
  image: string;
};

export type PodImages =
  | { outcome: 'no-pods' }
  | { outcome: 'invalid'; message: string }
  | { outcome: 'images'; uses: ImageUse[] };

const LISTS = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/** Every image of the pods that the object would make. A container without an image is invalid here, as in Kubernetes. */
export function podImages(kind: { group: string; kind: string }, object: unknown): PodImages {
  const path = GROUPS.has(kind.group) ? POD_SPEC_PATHS[kind.kind] : undefined;
  if (!path) return { outcome: 'no-pods' };
  const parsed = PodSpec.safeParse(
    path.reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined,
      object,
    ),
  );
  if (!parsed.success) {
    // A workload that manages pods without a template (a ReplicationController may) makes none.
    const issue = parsed.error.issues[0];
    if (kind.kind === 'ReplicationController' && issue?.path.length === 0) return { outcome: 'images', uses: [] };
    return {
      outcome: 'invalid',
      message: `the pod spec of the ${kind.kind} is invalid at ${issue?.path.join('.') || path.join('.')}: ${issue?.message}`,
    };
  }
  const uses: ImageUse[] = [];
  for (const list of LISTS)
    for (const [index, container] of (parsed.data[list] ?? []).entries()) {
      if (!container.image)
        return { outcome: 'invalid', message: `the container ${container.name || index} in ${list} names no image` };
      uses.push({
        pointer: `/${[...path, list, String(index), 'image'].join('/')}`,
        where: `${list}/${container.name || index}`,
        image: container.image,
      });
    }
  return { outcome: 'images', uses };
}
