/** Decides whether a version lies in an advisory's ranges. */
import { compareVersions, isVersion, type SchemeName } from '../versions/compare.ts';
import type { AdvisoryRange, AdvisoryRecord } from './record.ts';

/** @throws ScanError `version-invalid` when the version or a bound cannot be read */
export function inRange(scheme: SchemeName, version: string, range: AdvisoryRange): boolean {
  if (range.from !== null) {
    const order = compareVersions(scheme, version, range.from);
    if (order < 0 || (order === 0 && range.after)) return false;
  }
  if (range.fixed !== null) return compareVersions(scheme, version, range.fixed) < 0;
  if (range.last !== null) return compareVersions(scheme, version, range.last) <= 0;
  return true;
}

/** As `inRange`, for any of several; a bound that cannot be read counts as not reached. */
export function inRanges(scheme: SchemeName, version: string, ranges: readonly AdvisoryRange[]): boolean {
  return ranges.some((range) => {
    try {
      return inRange(scheme, version, range);
    } catch {
      return false;
    }
  });
}

export type Judgement =
  | { affected: true; fixedVersion: string | null; comparison: string }
  | { affected: false }
  /** The version or the advisory could not be read: neither affected nor clean. */
  | { affected: 'unknown'; comparison: string };

/**
 * Judges one version by one advisory.
 * @param label what the sentence calls the package, for example `openssl`
 */
export function judge(scheme: SchemeName, label: string, version: string, advisory: AdvisoryRecord): Judgement {
  let doubt: string | null = null;
  for (const range of advisory.ranges) {
    try {
      if (inRange(scheme, version, range))
        return { affected: true, fixedVersion: range.fixed, comparison: sentence(scheme, label, version, range) };
    } catch (error) {
      doubt ??= error instanceof Error ? error.message : 'unreadable';
    }
  }
  for (const listed of advisory.versions ?? []) {
    const same =
      listed === version ||
      (isVersion(scheme, listed) && isVersion(scheme, version) && compareVersions(scheme, listed, version) === 0);
    if (same) return { affected: true, fixedVersion: null, comparison: `${label} ${version} is listed as affected` };
  }
  if (doubt !== null) return { affected: 'unknown', comparison: `${label} ${version} cannot be compared: ${doubt}` };
  return { affected: false };
}

function sentence(scheme: SchemeName, label: string, version: string, range: AdvisoryRange): string {
  const since = range.from === null ? '' : `${range.from} ${range.after ? '<' : '<='} `;
  const until =
    range.fixed !== null ? ` < ${range.fixed}` : range.last !== null ? ` <= ${range.last}` : ', no fixed version known';
  return `${since}${label} ${version}${until} (${scheme})`;
}
