/** What the chain looks for in contents, and the name of the rules by which it does. */
import { createHash } from 'node:crypto';
import { contentRevision, type Wanted } from '@pratique/scan/content';

/** Everything, with all checks of the baseline: a policy chooses among what is known. */
export const wantedOf = (key: Buffer, now: Date): Wanted => ({
  secrets: { salt: key },
  malware: true,
  baseline: { profile: null, now },
});

export type ContentRules = {
  /** Of fingerprints; derived from the installation's salt. */
  key: Buffer;
  /** `sha256:` and 64 hex digits over all rules: what was examined by it need not be examined again. */
  revision: string;
};

export function contentRules(key: Buffer): ContentRules {
  const named = contentRevision(wantedOf(key, new Date(0)));
  return { key, revision: `sha256:${createHash('sha256').update(named).digest('hex')}` };
}
