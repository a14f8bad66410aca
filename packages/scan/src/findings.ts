/** Brings findings into one form: one per hole and package, in a fixed order. */
import type { Finding } from '@pratique/contract';

const STATUS_RANK: Readonly<Record<Finding['status'], number>> = {
  affected: 0,
  'will-not-fix': 1,
  unknown: 2,
  'not-affected': 3,
};

/**
 * Joins findings of one package that are the same hole under several names or from several sources. The first by
 * source, then by status, then with a fix, then with a severity stays; the names of all become aliases.
 */
export function joinFindings(findings: readonly Finding[]): Finding[] {
  const byPackage = new Map<string, Finding[]>();
  for (const finding of findings)
    byPackage.set(finding.package.purl, [...(byPackage.get(finding.package.purl) ?? []), finding]);
  const joined: Finding[] = [];
  for (const group of byPackage.values()) joined.push(...joinGroup(group));
  return joined.sort(
    (a, b) => byText(a.package.name, b.package.name) || byText(a.package.purl, b.package.purl) || byText(a.id, b.id),
  );
}

function joinGroup(group: readonly Finding[]): Finding[] {
  const ordered = [...group].sort(preference);
  const byName = new Map<string, number>();
  const joined: Finding[] = [];
  for (const finding of ordered) {
    // A CVE is a hole of its own: two CVEs are never joined by an alias that both have.
    const names = finding.id.startsWith('CVE-') ? [finding.id] : [finding.id, ...finding.aliases];
    const at = names.map((name) => byName.get(name)).find((index) => index !== undefined);
    const before = at === undefined ? undefined : joined[at];
    if (at === undefined || !before) {
      for (const name of [finding.id, ...finding.aliases]) if (!byName.has(name)) byName.set(name, joined.length);
      joined.push(finding);
      continue;
    }
    const aliases = [...new Set([...before.aliases, finding.id, ...finding.aliases])]
      .filter((name) => name !== before.id)
      .sort();
    joined[at] = {
      ...before,
      aliases,
      exploited: before.exploited || finding.exploited,
      title: before.title ?? finding.title,
    };
    for (const name of aliases) if (!byName.has(name)) byName.set(name, at);
  }
  return joined;
}

/** CVEs come first, so that an advisory without one finds the CVE it is an alias of. */
function preference(a: Finding, b: Finding): number {
  const cve = Number(b.id.startsWith('CVE-')) - Number(a.id.startsWith('CVE-'));
  const fix = Number(b.fixedVersion !== null) - Number(a.fixedVersion !== null);
  // A distribution's own feed says more than a copy of it elsewhere: what it will not fix, for example.
  const own = Number(a.evidence.source === 'osv') - Number(b.evidence.source === 'osv');
  const rated = Number(b.severity !== 'unknown') - Number(a.severity !== 'unknown');
  return (
    cve ||
    own ||
    STATUS_RANK[a.status] - STATUS_RANK[b.status] ||
    fix ||
    rated ||
    byText(a.id, b.id) ||
    byText(a.evidence.advisory, b.evidence.advisory)
  );
}

function byText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
