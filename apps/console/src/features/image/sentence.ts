/** The sentence under the stamp. */
import type { ImageStatus } from '@pratique/contract';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import type { Format } from '../../format/format.ts';
import { standingOf } from '../../ui/verdict-mark.tsx';
import { countReasons, omittedBy } from './group-reasons.ts';

/** Says in one sentence why the image stands where it stands. */
export function sentenceOf(
  { verdict, chain }: Pick<ImageStatus, 'verdict' | 'chain'>,
  text: Catalogue['image'],
  format: Format,
): string {
  const standing = standingOf(verdict);
  if (!verdict || standing === 'pending') return text.pending[chain.state];
  if (standing === 'revoked') return text.revoked;
  if (standing === 'expired') return text.expired(format.day(verdict.validUntil));
  const denials = verdict.reasons.filter((reason) => reason.action === 'deny');
  if (standing === 'allowed') {
    const warnings = verdict.reasons.filter((reason) => reason.action === 'warn').length;
    return warnings === 0 ? text.allowed : text.allowedWarned(warnings);
  }
  const first = (denials.find((reason) => omittedBy(reason) === 0) ?? denials[0])?.message ?? '';
  const more = countReasons(denials) - 1;
  return more > 0 ? text.refusedMore(first, format.number(more), more) : text.refused(first);
}
