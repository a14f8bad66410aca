/** The sentence under the stamp. */
import type { ImageStatus } from '@pratique/contract';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import type { Format } from '../../format/format.ts';
import { countReasons, omittedBy } from './group-reasons.ts';
import { standingOfImage } from './standing.ts';

type Known = Pick<ImageStatus, 'verdict' | 'chain' | 'revocation'>;

/** Says in one sentence why the image stands where it stands. */
export function sentenceOf(image: Known, text: Catalogue['image'], format: Format): string {
  const { verdict, chain, revocation } = image;
  const standing = standingOfImage(image);
  if (revocation) return text.revokedBy(revocation.by, format.day(revocation.at), revocation.reason);
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

/** The date on the stamp: until when it holds, or since when it does not; null while nothing is decided. */
export function stampDate(
  image: Pick<ImageStatus, 'verdict' | 'revocation'>,
  text: Catalogue['image'],
  format: Format,
): string | null {
  const { verdict, revocation } = image;
  if (revocation) return text.revokedOn(format.day(revocation.at));
  const standing = standingOfImage(image);
  if (!verdict || standing === 'pending') return null;
  if (standing === 'allowed') return text.until(format.day(verdict.validUntil));
  if (standing === 'expired') return text.ended(format.day(verdict.validUntil));
  return text.since(format.day(verdict.decidedAt));
}
