/** How an image stands: what its verdict amounts to, unless somebody revoked it. */
import type { ImageStatus } from '@pratique/contract';
import { type Standing, standingOf } from '../../ui/verdict-mark.tsx';

export function standingOfImage({ verdict, revocation }: Pick<ImageStatus, 'verdict' | 'revocation'>): Standing {
  return revocation ? 'revoked' : standingOf(verdict);
}
