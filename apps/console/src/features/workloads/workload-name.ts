/** How a workload is named. */
import type { Admission } from '@pratique/contract';

/** `namespace/name`, or what there is of it. */
export function workloadName({ namespace, name }: Pick<Admission, 'namespace' | 'name'>): string {
  return [namespace, name].filter(Boolean).join('/');
}
