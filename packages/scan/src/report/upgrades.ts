/** Groups findings by the upgrade that clears them: people upgrade packages, not rows. */
import type { Package, RankedFinding } from '@pratique/contract';
import { schemeOfType } from '../advisories/ecosystems.ts';
import { compareVersions, isVersion, type SchemeName } from '../versions/compare.ts';

export type Upgrade = {
  /** What one upgrade moves: a source package of a distribution, or one package. */
  name: string;
  type: string;
  /** The packages of it that are installed. */
  packages: { name: string; version: string }[];
  /** The lowest version that clears all of `ids`; null where the versions cannot be ordered and several are named. */
  to: string | null;
  ids: string[];
  /** Highest priority of a finding that it clears. */
  score: number;
};

/** The upgrades that clear something, the one that clears most first. What has no fix is in none of them. */
export function groupByUpgrade(findings: readonly RankedFinding[], packages: readonly Package[]): Upgrade[] {
  const byPurl = new Map(packages.map((each) => [each.purl, each]));
  const groups = new Map<string, { upgrade: Upgrade; fixes: Set<string>; scheme: SchemeName | null }>();
  for (const finding of findings) {
    if (finding.fixedVersion === null || finding.status === 'not-affected') continue;
    const { name, version, type, purl } = finding.package;
    const installed = byPurl.get(purl);
    const source = installed && isSystem(type) ? installed.sourceName : name;
    const key = JSON.stringify([type, source, isSystem(type) ? (installed?.sourceVersion ?? version) : version]);
    const group = groups.get(key) ?? {
      upgrade: { name: source, type, packages: [], to: null, ids: [], score: 0 },
      fixes: new Set<string>(),
      scheme: schemeOfType(type),
    };
    groups.set(key, group);
    group.fixes.add(finding.fixedVersion);
    if (!group.upgrade.ids.includes(finding.id)) group.upgrade.ids.push(finding.id);
    if (!group.upgrade.packages.some((one) => one.name === name && one.version === version))
      group.upgrade.packages.push({ name, version });
    group.upgrade.score = Math.max(group.upgrade.score, finding.priority.score);
  }
  return [...groups.values()]
    .map(({ upgrade, fixes, scheme }) => ({ ...upgrade, to: newest(scheme, [...fixes]) }))
    .sort((a, b) => b.ids.length - a.ids.length || b.score - a.score || (a.name < b.name ? -1 : 1));
}

const isSystem = (type: string) => type === 'deb' || type === 'apk' || type === 'rpm';

function newest(scheme: SchemeName | null, versions: readonly string[]): string | null {
  if (versions.length === 1) return versions[0] ?? null;
  if (scheme === null || !versions.every((version) => isVersion(scheme, version))) return null;
  return versions.reduce((top, version) => (compareVersions(scheme, version, top) > 0 ? version : top));
}
