/** Grace: a finding that became known after the image was allowed warns for a time before it denies. */
import type { Violation } from '@pratique/contract';

/** Policies say until when in `details.graceUntil` (RFC 3339); until then the violation is a warning that names the day. */
export function applyGrace(violations: readonly Violation[], now: Date): Violation[] {
  return violations.map((violation) => {
    const until = graceOf(violation);
    return violation.action === 'deny' && until !== null && until > now
      ? {
          ...violation,
          action: 'warn',
          msg: `${violation.msg} It became known after the image was allowed and denies it from ${until.toISOString().slice(0, 16).replace('T', ' ')} UTC on.`,
          details: { ...violation.details, inGrace: true },
        }
      : violation;
  });
}

/** The first moment at which a time of grace ends; null when none runs. */
export function endOfGrace(violations: readonly Violation[]): Date | null {
  const ends = violations
    .filter((violation) => violation.details['inGrace'] === true && violation.action === 'warn')
    .flatMap((violation) => graceOf(violation)?.getTime() ?? []);
  return ends.length === 0 ? null : new Date(Math.min(...ends));
}

function graceOf(violation: Violation): Date | null {
  const text = violation.details['graceUntil'];
  const time = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? null : new Date(time);
}
