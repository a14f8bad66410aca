/** Says under which ecosystem, name and version a package is looked up, or why it is not. */
import type { Distribution, Package } from '@pratique/contract';
import { releaseOf } from './distributions.ts';

export type Subject =
  | { kind: 'subject'; ecosystem: string; name: string; version: string }
  /** Nothing is reported, for a reason that has a name. */
  | { kind: 'exempt'; rule: 'owned-by-distribution' | 'kernel-headers' }
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

/** Sources of Linux: `linux`, `linux-6.1`, `linux-signed-amd64`, Ubuntu's `linux-aws` and the like; Alpine's `linux-lts`. */
const KERNEL_SOURCE = /^linux(?:-[a-z0-9.]+)*$/;
/** What such a source builds that is no kernel: interface headers, build machinery, tools' documentation. */
const KERNEL_HEADERS =
  /^linux-(?:.*-)?headers(?:-.*)?$|^linux-libc-dev(?:-.*)?$|^linux-(?:kbuild|compiler|doc|source|base)(?:-.*)?$|^kernel-headers$/;

/** Pure: the same package of the same distribution always has the same subject. */
export function subjectOf(each: Package, distribution: Distribution | null): Subject {
  // The distribution's advisories speak for its own files, in its own versions, with its own backports.
  if (each.owner !== null) return { kind: 'exempt', rule: 'owned-by-distribution' };
  const language = LANGUAGES[each.type];
  if (language !== undefined) return { kind: 'subject', ecosystem: language, name: each.name, version: each.version };
  if (each.type === 'generic')
    return {
      kind: 'unknown',
      ecosystem: 'generic',
      reason: 'these packages belong to no ecosystem that has advisories',
    };
  // Headers contain no code that runs; every hole of the kernel would be reported for them otherwise.
  if (KERNEL_HEADERS.test(each.name) && (KERNEL_SOURCE.test(each.sourceName) || each.type === 'rpm'))
    return { kind: 'exempt', rule: 'kernel-headers' };
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
  if (each.type === 'rpm') return { kind: 'subject', ecosystem, name: each.name, version: each.version };
  // The kernel's signed images are built from a source of their own; the tracker keeps all under the source that they
  // sign, whose version the binary packages have (the signed source's is written 6.1.90+1 for 6.1.90-1).
  const signed = /^(linux(?:-[0-9.]+)?)-signed-[a-z0-9]+$/.exec(each.sourceName);
  if (signed?.[1]) return { kind: 'subject', ecosystem, name: signed[1], version: each.version };
  return { kind: 'subject', ecosystem, name: each.sourceName, version: each.sourceVersion };
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
