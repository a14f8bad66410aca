/** How an image of another registry is named. */
import type { ForeignImage } from '@pratique/contract';

/** `host/repository:tag`, `…@sha256:…`, or both. */
export function foreignName({ name, reference }: Pick<ForeignImage, 'name' | 'reference'>): string {
  return `${name}${reference.startsWith('sha256:') ? '@' : ':'}${reference}`;
}
