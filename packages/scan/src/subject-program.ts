/** Under which name and version Bitnami's advisories keep a program that no package manager installed. */
import type { Package } from '@pratique/contract';

/**
 * By the names that fingerprints of programs have. Bitnami follows the others (curl, OpenSSL, bash, BusyBox, Perl,
 * MySQL since 8, Erlang) not at all, and Git only now and then: of these nothing is said, which is no clean bill.
 * @see github.com/bitnami/vulndb, data
 */
const NAMES: Readonly<Record<string, string>> = {
  haproxy: 'haproxy',
  httpd: 'apache',
  jdk: 'java',
  jre: 'java',
  mariadb: 'mariadb',
  memcached: 'memcached',
  nginx: 'nginx',
  php: 'php',
  postgresql: 'postgresql',
  python: 'python',
  redis: 'redis',
};

/** @returns null for what Bitnami does not follow, and for packages of other tools that only bear such a name */
export function programOf({ name, version, purl }: Package): { name: string; version: string } | null {
  // Bitnami's own builds count the builds of one version: `3.11.5-4`.
  if (purl.startsWith('pkg:bitnami/')) return { name: name.toLowerCase(), version: version.replace(/-[0-9]+$/, '') };
  const known = purl.startsWith('pkg:generic/') && !isUnnamedJar(purl) ? NAMES[name] : undefined;
  if (known === undefined) return null;
  return { name: known, version: known === 'java' ? javaVersion(version) : plainVersion(version) };
}

/** A jar of which nothing tells the Maven group is a file with a hash, whatever it is called. */
export function isUnnamedJar(purl: string): boolean {
  return purl.startsWith('pkg:generic/') && /[?&]checksum=sha1/.test(purl);
}

/** Previews are written `3.13.0rc1` and `8.3.0RC1`, as semantic versions `3.13.0-rc.1`. */
function plainVersion(version: string): string {
  const preview = /^([0-9]+(?:\.[0-9]+){0,2})-?(alpha|beta|a|b|rc)([0-9]+)$/i.exec(version);
  return preview ? `${preview[1]}-${preview[2]?.toLowerCase()}.${preview[3]}` : version;
}

/** `1.8.0_382-b05` is 8.0.382; from 9 on the build after the plus sign and a fourth number change no hole. @see JEP 322 */
function javaVersion(version: string): string {
  const old = /^1\.([5-8])\.0(?:_([0-9]+))?/.exec(version);
  if (old) return `${old[1]}.0.${Number(old[2] ?? 0)}`;
  return /^[0-9]+(?:\.[0-9]+){0,2}/.exec(version)?.[0] ?? version;
}
