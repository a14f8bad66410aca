/** Brings what scanners report to one form, so that the same package is the same text whoever found it. */
import { splitPurl } from '@pratique/scan/sbom/split-purl';

/** One package as a scanner reported it. */
export type Reported = {
  /** As `comparable` writes it. */
  key: string;
  type: string;
  name: string;
  version: string;
  /** Paths inside the image that the scanner gives as its reason, without a leading slash. */
  paths: readonly string[];
};

/**
 * Type, name and version alone. Epochs stand in the version, whichever place they had; names are compared as their
 * ecosystem compares them. The namespace counts only where it is a part of the name.
 *
 * @returns null for what is no package with a version
 */
export function comparable(purl: string, paths: readonly string[] = []): Reported | null {
  const { type, namespace, name, version, qualifiers } = splitPurl(purl) ?? {};
  const subpath = /#(.+)$/.exec(purl)?.[1];
  if (!type || !name || !version) return null;
  const system = type === 'deb' || type === 'rpm' || type === 'apk';
  const epoch = system ? qualifiers?.['epoch'] : undefined;
  const whole = epoch && epoch !== '0' && !version.startsWith(`${epoch}:`) ? `${epoch}:${version}` : version;
  const within = system || !namespace ? '' : `${namespace}${type === 'maven' ? ':' : '/'}`;
  const below = type === 'golang' && subpath ? `/${subpath}` : '';
  const known = nameIn(type, `${within}${name}${below}`);
  const plain = versionIn(type, whole);
  return {
    key: `${type} ${known} ${plain}`,
    type,
    name: known,
    version: plain,
    paths: paths.map((path) => path.replace(/^\/+/, '')),
  };
}

function nameIn(type: string, name: string): string {
  if (type === 'pypi') return name.toLowerCase().replace(/[-_.]+/g, '-');
  return type === 'composer' || type === 'nuget' ? name.toLowerCase() : name;
}

/** Go's own release is written `go1.21.0`, `v1.21.0` and `1.21.0`. */
function versionIn(type: string, version: string): string {
  return type === 'golang' ? version.replace(/^(?:go|v)(?=\d)/, '') : version;
}
