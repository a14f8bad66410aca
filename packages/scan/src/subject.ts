/** Says under which ecosystem, name and version a package is looked up, or why it is not. */
import type { Distribution, Package } from '@pratique/contract';
import { BITNAMI, extendedKey, NODE, RUBY } from './advisories/ecosystems.ts';
import { isForDevelopment } from './catalogers/purl.ts';
import { releaseOf } from './distributions.ts';
import { isUnnamedJar, programOf } from './subject-program.ts';

export type Looked = {
  kind: 'subject';
  ecosystem: string;
  name: string;
  version: string;
  /** The source package, where errata name binaries and holes without a fix may name the source. */
  source?: string;
  /** Where fixes stand that only those get who pay for them; one that is installed counts. */
  extended?: string;
  /** `nodejs:18`; true where the package is of some module and does not say of which. */
  module?: string | true;
};

export type Subject =
  | Looked
  /** Nothing is reported, for a reason that has a name. */
  | { kind: 'exempt'; rule: 'owned-by-distribution' | 'development' | 'kernel-headers' | 'signing-key' }
  /** No source could answer; counted as uncovered. */
  | { kind: 'unknown'; ecosystem: string; reason: string };

const LANGUAGES: Readonly<Partial<Record<Package['type'], string>>> = {
  npm: 'npm',
  pypi: 'PyPI',
  golang: 'Go',
  cargo: 'crates.io',
  maven: 'Maven',
  gem: 'RubyGems',
  composer: 'Packagist',
  nuget: 'NuGet',
};

/** Programs that no package manager installed. */
const INTERPRETERS: Readonly<Record<string, string>> = { node: NODE, ruby: RUBY, jruby: RUBY, mruby: RUBY };

/** Sources of Linux: `linux`, `linux-6.1`, `linux-signed-amd64`, Ubuntu's `linux-aws` and the like; Alpine's `linux-lts`. */
const KERNEL_SOURCE = /^linux(?:-[a-z0-9.]+)*$/;
/** What such a source builds that is no kernel: interface headers, build machinery, tools' documentation. */
const KERNEL_HEADERS =
  /^linux-(?:.*-)?headers(?:-.*)?$|^linux-libc-dev(?:-.*)?$|^linux-(?:kbuild|compiler|doc|source|base)(?:-.*)?$|^kernel-headers$/;

/**
 * Pure: the same package of the same distribution always has the same subject.
 * @param options `development`: what a lock file marks as for development alone counts too
 */
export function subjectOf(
  each: Package,
  distribution: Distribution | null,
  options: { development?: boolean | undefined } = {},
): Subject {
  // The distribution's advisories speak for its own files, in its own versions, with its own backports.
  if (each.owner !== null) return { kind: 'exempt', rule: 'owned-by-distribution' };
  // Of a lock file whose packages nobody installed: what a build needs and what it makes does not have.
  if (!options.development && isForDevelopment(each.purl)) return { kind: 'exempt', rule: 'development' };
  const language = LANGUAGES[each.type];
  if (language !== undefined) return { kind: 'subject', ecosystem: language, name: each.name, version: each.version };
  if (each.type === 'generic') {
    const ecosystem = INTERPRETERS[each.name];
    if (ecosystem !== undefined) return { kind: 'subject', ecosystem, name: each.name, version: each.version };
    const program = programOf(each);
    if (program !== null) return { kind: 'subject', ecosystem: BITNAMI, ...program };
    return {
      kind: 'unknown',
      ecosystem: 'generic',
      reason: isUnnamedJar(each.purl)
        ? 'nothing tells the Maven group of these jars, by which advisories would name them'
        : 'these packages belong to no ecosystem that has advisories',
    };
  }
  // Headers contain no code that runs; every hole of the kernel would be reported for them otherwise.
  if (KERNEL_HEADERS.test(each.name) && (KERNEL_SOURCE.test(each.sourceName) || each.type === 'rpm'))
    return { kind: 'exempt', rule: 'kernel-headers' };
  // A key of developers that rpm keeps among the packages has no code and no advisories.
  if (each.type === 'rpm' && each.name === 'gpg-pubkey') return { kind: 'exempt', rule: 'signing-key' };
  return systemSubject(each, distribution);
}

function systemSubject(each: Package, distribution: Distribution | null): Subject {
  if (!distribution)
    return { kind: 'unknown', ecosystem: each.type, reason: 'the image does not say which distribution it is' };
  const release = distribution.version || distribution.codename || '';
  const ecosystem = ecosystemOf(distribution, release);
  if (ecosystem === null)
    return {
      kind: 'unknown',
      ecosystem: `${distribution.id}:${release}`,
      reason: 'no advisory source has data on this distribution',
    };
  // rpm errata name binary packages, Debian, Ubuntu and Alpine source packages.
  if (each.type === 'rpm') {
    const module = moduleOf(each);
    return {
      kind: 'subject',
      ecosystem,
      name: each.name,
      version: each.version,
      ...(each.sourceName === each.name ? {} : { source: each.sourceName }),
      ...extendedOf(distribution, release),
      ...(module === null ? {} : { module }),
    };
  }
  // The kernel's signed images are built from a source of their own; the tracker keeps all under the source that they
  // sign, whose version the binary packages have (the signed source's is written 6.1.90+1 for 6.1.90-1).
  const signed = /^(linux(?:-[0-9.]+)?)-signed-[a-z0-9]+$/.exec(each.sourceName);
  if (signed?.[1]) return { kind: 'subject', ecosystem, name: signed[1], version: each.version };
  return { kind: 'subject', ecosystem, name: each.sourceName, version: each.sourceVersion };
}

/** The label of a package URL (`rpmmod=nodejs:18:...`); without one, modular builds show in their release. */
function moduleOf({ purl, version }: Package): string | true | null {
  const label = new URLSearchParams(/\?([^#]*)/.exec(purl)?.[1] ?? '').get('rpmmod');
  const stream = /^([^:]+:[^:]+)/.exec(label ?? '')?.[1];
  return stream ?? (isModular(version) ? true : null);
}

/** Red Hat's build system puts `.module+el8.9.0+19519+e25b965a` or `.module_el8...` into the release. */
export function isModular(version: string): boolean {
  return /\.module[+_]/.test(version);
}

/** Extended support is of one minor release of Red Hat, of one service pack of SUSE. */
function extendedOf({ id }: Distribution, release: string): { extended: string } | Record<string, never> {
  if (id === 'rhel') return { extended: extendedKey(`Red Hat:${release.startsWith('7') ? '7' : release}`) };
  if (id === 'sles') return { extended: extendedKey(`SUSE:${release}`) };
  return {};
}

function ecosystemOf(distribution: Distribution, release: string): string | null {
  const { id } = distribution;
  switch (id) {
    case 'debian':
      return `Debian:${releaseOf(id, release)?.version ?? (release || 'sid')}`;
    case 'ubuntu':
      return `Ubuntu:${release}`;
    case 'alpine':
      return alpineKey(release);
    case 'almalinux':
      return `AlmaLinux:${release.split('.')[0]}`;
    case 'rocky':
      return `Rocky Linux:${release.split('.')[0]}`;
    case 'rhel':
      return `Red Hat:${release.split('.')[0]}`;
    case 'centos':
      // Rebuilt from the same sources up to 8; from then on it is ahead of them.
      return /^[5-8](?:\.|$)/.test(release) ? `Red Hat:${release.split('.')[0]}` : null;
    case 'amzn':
      return `Amazon Linux:${/^20(?:1\d)\./.test(release) ? '1' : release}`;
    case 'sles':
    case 'sled':
      return `SUSE:${release}`;
    case 'sle-micro':
    case 'sl-micro':
      return `SUSE:Micro ${release}`;
    case 'opensuse-leap':
      return `openSUSE:Leap ${release}`;
    case 'opensuse-tumbleweed':
      return 'openSUSE:Tumbleweed';
    case 'wolfi':
      return 'Wolfi';
    case 'chainguard':
      return 'Chainguard';
    default:
      return null;
  }
}

/** `3.18.4` is `v3.18`; a version such as `3.23_alpha20250612` is edge. */
function alpineKey(release: string): string {
  const match = /^([0-9]+\.[0-9]+)(?:\.[0-9]+)?$/.exec(release);
  return match ? `Alpine:v${match[1]}` : 'Alpine:edge';
}
