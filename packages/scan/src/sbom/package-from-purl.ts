/** Turns purls back into packages, with what their qualifiers say of source and distribution. */
import { type Distribution, type Package, PackageType } from '@pratique/contract/package';
import { PackageURL } from 'packageurl-js';
import type { PurlParts } from './split-purl.ts';

/** A generic purl names no ecosystem, so nothing could be said of it. */
const TYPES: ReadonlySet<string> = new Set(PackageType.options.filter((type) => type !== 'generic'));

/** @returns null for what is no purl with a version */
export function packageFromPurl(text: string): { package: Package; url: PackageURL } | null {
  if (text.length > 4096) return null;
  let url: PackageURL;
  try {
    url = PackageURL.fromString(text);
  } catch {
    return null;
  }
  const found = packageOf(url, url.toString());
  return found && { package: found, url };
}

/** @param purl as the package is to be called @returns null where it has no version */
export function packageOf(url: PurlParts, purl: string): Package | null {
  if (!url.version) return null;
  const type = TYPES.has(url.type) ? (url.type as Package['type']) : 'generic';
  const qualifiers: Record<string, string | undefined> = url.qualifiers ?? {};
  const version = type === 'rpm' && qualifiers['epoch'] ? `${qualifiers['epoch']}:${url.version}` : url.version;
  const name = nameOf(type, url);
  // Syft and this program write the source as `upstream=NAME` or `upstream=NAME@VERSION`.
  // What it writes for rpm is the name of the source package's file.
  const file = type === 'rpm' ? /^(.+)-[^-]+-[^-]+\.(?:no)?src\.rpm$/.exec(qualifiers['upstream'] ?? '') : null;
  const upstream = file ?? /^([^@]+)(?:@(.+))?$/.exec(qualifiers['upstream'] ?? '');
  return {
    name,
    version,
    type,
    purl,
    sourceName: upstream?.[1] ?? name,
    sourceVersion: upstream?.[2] && type !== 'rpm' ? upstream[2] : version,
    architecture: qualifiers['arch'] ?? null,
    owner: null,
    licenses: [],
    layer: null,
    paths: [],
  };
}

function nameOf(type: Package['type'], url: PurlParts): string {
  if (!url.namespace || type === 'deb' || type === 'apk' || type === 'rpm') return url.name;
  return type === 'maven' ? `${url.namespace}:${url.name}` : `${url.namespace}/${url.name}`;
}

/** The distribution that most system packages name in `distro=ID-VERSION`; null where none does. */
export function distributionOf(urls: readonly PurlParts[]): Distribution | null {
  const votes = new Map<string, number>();
  for (const url of urls) {
    const distro = url.qualifiers?.['distro'];
    if (distro && (url.type === 'deb' || url.type === 'apk' || url.type === 'rpm')) {
      // `distro=bookworm` and `distro=12` occur too; the namespace says whose.
      const key = distro.includes('-') || !url.namespace ? distro : `${url.namespace}-${distro}`;
      votes.set(key, (votes.get(key) ?? 0) + 1);
    }
  }
  const winner = [...votes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0];
  const match = /^([a-z0-9._]+)-(.+)$/.exec(winner ?? '');
  if (!match?.[1] || !match[2]) return null;
  const [, id, release] = match;
  const numbered = /^[0-9]/.test(release);
  return { id, version: numbered ? release : '', codename: numbered ? null : release, name: `${id} ${release}` };
}
