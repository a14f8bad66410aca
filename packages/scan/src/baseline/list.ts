/** All checks, their profiles, and the revision that tells one state of them from another. */
import { createHash } from 'node:crypto';
import type { BaselineProfile } from '@pratique/contract';
import type { Check } from './check.ts';
import { CONFIGURATION_CHECKS } from './configuration-checks.ts';
import { FILE_CHECKS } from './file-checks.ts';
import { HISTORY_CHECKS } from './history-checks.ts';
import { INVENTORY_CHECKS } from './inventory-checks.ts';
import { SETTING_CHECKS } from './setting-checks.ts';

export const BASELINE_CHECKS: readonly Check[] = [
  ...CONFIGURATION_CHECKS,
  ...HISTORY_CHECKS,
  ...FILE_CHECKS,
  ...SETTING_CHECKS,
  ...INVENTORY_CHECKS,
];

/** Raise it with each change of what a check answers. */
const LOGIC_VERSION = 1;

/** `sha256:` and 64 hex digits over the checks' words and the version of their logic. */
export const BASELINE_REVISION = `sha256:${createHash('sha256')
  .update(
    [
      `logic ${LOGIC_VERSION}`,
      ...BASELINE_CHECKS.map(({ id, severity, profiles }) => `${id} ${severity} ${profiles.join()}`).sort(),
    ].join('\n'),
  )
  .digest('hex')}`;

/** @param profile null: all checks */
export function checksOf(profile: BaselineProfile | null): readonly Check[] {
  return profile === null ? BASELINE_CHECKS : BASELINE_CHECKS.filter((check) => check.profiles.includes(profile));
}
