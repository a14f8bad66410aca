/** Compares two versions of one ecosystem. */
import { ScanError } from '../error.ts';
import { apk } from './apk.ts';
import { composer } from './composer.ts';
import { deb } from './deb.ts';
import { gem } from './gem.ts';
import { maven } from './maven.ts';
import { nuget } from './nuget.ts';
import { pep440 } from './pep440.ts';
import { rpm } from './rpm.ts';
import type { VersionScheme } from './scheme.ts';
import { golang, semver } from './semver.ts';

/** Longer text is no version of anything. */
const MAX_VERSION = 512;

/** npm and crates.io order versions as `semver` does. */
export type SchemeName =
  | 'deb'
  | 'apk'
  | 'rpm'
  | 'semver'
  | 'golang'
  | 'pep440'
  | 'maven'
  | 'gem'
  | 'composer'
  | 'nuget';

/** Wraps a scheme so that the type of its parsed versions stays inside. */
function comparator<T>(scheme: VersionScheme<T>): (a: string, b: string) => -1 | 0 | 1 {
  const parse = (text: string): T => {
    const parsed = text.length > MAX_VERSION ? null : scheme.parse(text);
    if (parsed === null)
      throw new ScanError('version-invalid', `${JSON.stringify(text.slice(0, 100))} is no ${scheme.name} version`);
    return parsed;
  };
  return (a, b) => Math.sign(scheme.order(parse(a), parse(b))) as -1 | 0 | 1;
}

const COMPARATORS: Readonly<Record<SchemeName, (a: string, b: string) => -1 | 0 | 1>> = {
  deb: comparator(deb),
  apk: comparator(apk),
  rpm: comparator(rpm),
  semver: comparator(semver),
  golang: comparator(golang),
  pep440: comparator(pep440),
  maven: comparator(maven),
  gem: comparator(gem),
  composer: comparator(composer),
  nuget: comparator(nuget),
};

/**
 * Orders two versions as the ecosystem's own tools do.
 * @returns -1 when `a` is the earlier one, 1 when it is the later one, 0 when they are the same version
 * @throws ScanError `version-invalid`, naming the text that cannot be read
 */
export function compareVersions(scheme: SchemeName, a: string, b: string): -1 | 0 | 1 {
  return COMPARATORS[scheme](a, b);
}

/** True for text that the scheme can read. */
export function isVersion(scheme: SchemeName, text: string): boolean {
  try {
    compareVersions(scheme, text, text);
    return true;
  } catch {
    return false;
  }
}
