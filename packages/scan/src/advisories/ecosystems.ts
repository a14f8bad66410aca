/** Ecosystem keys of the store (the names of the OSV schema) and the version order of each. */
import { releaseOf } from '../distributions.ts';
import type { SchemeName } from '../versions/compare.ts';

/** By the part of the key before the first colon. */
const SCHEMES: Readonly<Record<string, SchemeName>> = {
  Debian: 'deb',
  Ubuntu: 'deb',
  Alpine: 'apk',
  Wolfi: 'apk',
  Chainguard: 'apk',
  AlmaLinux: 'rpm',
  'Rocky Linux': 'rpm',
  'Red Hat': 'rpm',
  SUSE: 'rpm',
  openSUSE: 'rpm',
  npm: 'semver',
  'crates.io': 'semver',
  Go: 'golang',
  PyPI: 'pep440',
};

/** The version order of an ecosystem; null where this package knows none. @see OSV schema, "affected[].package field" */
export function schemeOf(ecosystem: string): SchemeName | null {
  return SCHEMES[ecosystem.split(':', 1)[0] ?? ''] ?? null;
}

/** An ecosystem of each package type, for its version order. */
const OF_TYPE: Readonly<Record<string, string>> = {
  deb: 'Debian',
  apk: 'Alpine',
  rpm: 'Red Hat',
  npm: 'npm',
  pypi: 'PyPI',
  golang: 'Go',
  cargo: 'crates.io',
  maven: 'Maven',
  gem: 'RubyGems',
  composer: 'Packagist',
  nuget: 'NuGet',
};

/** The version order of a package type; null where this package knows none. */
export function schemeOfType(type: string): SchemeName | null {
  return schemeOf(OF_TYPE[type] ?? '');
}

/** The key under which an ecosystem is stored: Ubuntu's `:LTS` says nothing that its number does not. */
export function ecosystemKey(ecosystem: string): string {
  const lts = /^Ubuntu:([0-9.]+)(?::LTS)?$/.exec(ecosystem);
  return lts ? `Ubuntu:${lts[1]}` : ecosystem;
}

/** The key of a Debian release by its codename: `Debian:12` for bookworm, the codename itself where there is no number. */
export function debianKey(codename: string): string {
  return `Debian:${releaseOf('debian', codename)?.version ?? codename}`;
}

/** A package's name as the ecosystem compares names. @see PEP 503, "Normalized Names" */
export function packageKey(ecosystem: string, name: string): string {
  return ecosystem === 'PyPI' ? name.toLowerCase().replace(/[-_.]+/g, '-') : name;
}
