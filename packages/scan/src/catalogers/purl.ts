/** Package URLs in canonical form. */
import { PackageURL } from 'packageurl-js';

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
