/** Package URLs in canonical form. */
import type { PackageType } from '@pratique/contract';
import { PackageURL } from 'packageurl-js';

/**
 * Marks what a lock file says is for development alone, and of which nothing is installed: the purl goes wherever the
 * package goes, and the same package that is needed at run time is another one.
 */
export const DEVELOPMENT = { scope: 'development' };

/** True for a purl with that mark. */
export function isForDevelopment(purl: string): boolean {
  return /[?&]scope=development(?:&|#|$)/.test(purl);
}

/** Builds a purl; empty qualifiers are left out. @see purl-spec, PURL-SPECIFICATION.rst */
export function makePurl(
  type: string,
  namespace: string | null,
  name: string,
  version: string,
  qualifiers: Record<string, string | null> = {},
): string {
  const kept = Object.fromEntries(Object.entries(qualifiers).filter((pair): pair is [string, string] => !!pair[1]));
  return new PackageURL(type, namespace ?? undefined, name, version, kept, undefined).toString();
}

/**
 * The purl of a package of a language, from the name that the ecosystem writes: `@scope/name` for npm, `group:artifact`
 * for Maven, `vendor/name` for Composer. Names of PyPI are normalised.
 * @see purl-spec, PURL-TYPES.rst; PyPA specifications, "Names and normalization" (PEP 503)
 */
export function languagePurl(
  type: PackageType,
  name: string,
  version: string,
  qualifiers: Record<string, string | null> = {},
): string {
  if (type === 'pypi') return makePurl(type, null, pypiName(name), version, qualifiers);
  const cut = name.lastIndexOf(type === 'maven' ? ':' : '/');
  return makePurl(type, cut < 0 ? null : name.slice(0, cut), name.slice(cut + 1), version, qualifiers);
}

/** A project's name as indexes compare it. @see PEP 503, "Normalized Names" */
export function pypiName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}
