/** A summary that says FAILED overrules signatures. */
import { z } from 'zod';
import { SignError } from './error.ts';
import { VSA } from './predicates/types.ts';

const Summary = z.looseObject({ verificationResult: z.string(), timeVerified: z.string().nullish() });

/** @throws SignError `verdict-failed` */
export function refuseFailedVerdict(attestations: readonly { predicateType: string; predicate: unknown }[]): void {
  const summaries = attestations
    .filter(({ predicateType }) => predicateType === VSA)
    .map(({ predicate }) => Summary.safeParse(predicate));
  const at = (wanted: boolean) =>
    summaries
      .filter((each) => (each.success && each.data.verificationResult === 'PASSED') === wanted)
      .map((each) => (each.success ? Date.parse(each.data.timeVerified ?? '') : Number.NaN));
  // A summary that cannot be read, or has no time, counts as the latest word against the image and the earliest for it.
  const failed = Math.max(...at(false).map((time) => (Number.isNaN(time) ? Number.POSITIVE_INFINITY : time)));
  const passed = Math.max(...at(true).map((time) => (Number.isNaN(time) ? Number.NEGATIVE_INFINITY : time)));
  if (failed >= passed && at(false).length > 0)
    throw new SignError('verdict-failed', 'a trusted key attests that the image failed verification');
}
