/** Ecosystem keys of the store (the names of the OSV schema) and the version order of each. */
import { releaseOf } from '../distributions.ts';
import type { SchemeName } from '../versions/compare.ts';

/** Node.js itself and the Ruby interpreters, which no package manager installed. */
export const NODE = 'Node.js';
export const RUBY = 'Ruby';

/** Programs as Bitnami packages them; other builds of them have the same holes in the same versions. */
export const BITNAMI = 'Bitnami';

/** Under which the store keeps what NVD says of the CVEs of one year: `NVD:2024`. */
export const NVD = 'NVD';

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
  'Amazon Linux': 'rpm',
  'Node.js': 'semver',
  Ruby: 'gem',
  Bitnami: 'semver',
  Maven: 'maven',
  RubyGems: 'gem',
  Packagist: 'composer',
  NuGet: 'nuget',
  MinimOS: 'apk',
  'Photon OS': 'rpm',
  'Azure Linux': 'rpm',
  Mageia: 'rpm',
  openEuler: 'rpm',
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

/**
 * The key under which an ecosystem of OSV is stored: Ubuntu's `:LTS` says nothing that its number does not, and
 * repositories and products of one release of Red Hat or SUSE are one key.
 */
export function ecosystemKey(ecosystem: string): string {
  const [name = '', ...rest] = ecosystem.split(':');
  if (name === 'Ubuntu') return ecosystem.replace(/:LTS$/, '');
  if (name === 'Red Hat') return redHatKey(`redhat:${rest.join(':')}`) ?? ecosystem;
  if (name === 'SUSE') return suseKey(`SUSE ${rest.join(':')}`) ?? ecosystem;
  if (name === 'openSUSE') return suseKey(`openSUSE ${rest.join(':')}`) ?? ecosystem;
  if (name === 'Maven') return name; // `Maven:URL` names where the artifact is kept, not another artifact
  return ecosystem;
}

/** Fixes that only those get who pay for support beyond a release's own time. */
const EXTENDED = ':extended';
export const extendedKey = (ecosystem: string): string => `${ecosystem}${EXTENDED}`;

/**
 * `Red Hat:9` for what `cpe:/o:redhat:enterprise_linux:9::baseos` names, `Red Hat:9.2:extended` for the extended
 * update support of a minor release; null for other products.
 */
export function redHatKey(cpe: string): string | null {
  const match = /redhat:(enterprise_linux|rhel_[a-z0-9]+)(?:_[a-z]+)?:([0-9]+)((?:\.[0-9]+)?)/.exec(cpe);
  if (!match) return null;
  const [, product, major, minor] = match;
  if (product === 'enterprise_linux') return `Red Hat:${major}`;
  return /^rhel_(?:eus|aus|tus|e4s|els|eus_long_life)$/.test(product ?? '')
    ? extendedKey(`Red Hat:${major}${minor}`)
    : null;
}

/** `SUSE:15.5` for every product and module of that service pack, `openSUSE:Leap 15.5`, `openSUSE:Tumbleweed`; null for others. */
export function suseKey(product: string): string | null {
  const open = /^openSUSE (Tumbleweed|Leap [0-9.]+)$/.exec(product);
  if (open) return `openSUSE:${open[1]}`;
  const match =
    /^SUSE (?:Linux Enterprise|SLE|SLES)\b(.*?) ([0-9]+)(?: SP([0-9]+)|\.([0-9]+))?(?:[- ]?([A-Z]+))?$/.exec(product);
  if (!match) return null;
  const [, kind = '', major, pack, minor, offer] = match;
  const micro = / Micro$/.test(kind) ? 'Micro ' : '';
  const key = `SUSE:${micro}${major}${(pack ?? minor) ? `.${pack ?? minor}` : ''}`;
  return offer !== undefined || /SAP/.test(kind) ? extendedKey(key) : key;
}

/** The key of a Debian release by its codename: `Debian:12` for bookworm, the codename itself where there is no number. */
export function debianKey(codename: string): string {
  return `Debian:${releaseOf('debian', codename)?.version ?? codename}`;
}

/** A package's name as the ecosystem compares names. @see PEP 503, "Normalized Names"; NuGet and Composer ignore case */
export function packageKey(ecosystem: string, name: string): string {
  switch (ecosystem) {
    case 'PyPI':
      return name.toLowerCase().replace(/[-_.]+/g, '-');
    case 'Packagist':
    case 'NuGet':
      return name.toLowerCase();
    default:
      return name;
  }
}
