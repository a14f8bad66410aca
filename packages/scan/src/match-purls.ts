/** Matches packages that are named by purls alone, each in the distribution that it names. */
import type { Finding, Package, Uncovered } from '@pratique/contract';
import type { AdvisoryStore } from './advisories/store.ts';
import { matchInventory } from './match.ts';
import { distributionOf, packageOf } from './sbom/package-from-purl.ts';
import { splitPurl } from './sbom/split-purl.ts';

const MAX_PURL = 4096;

export type PurlMatches = {
  /** `purl` is the line as it was written. */
  findings: (Finding & { purl: string })[];
  uncovered: Uncovered[];
  /** Lines that are no purl with a version. */
  unreadable: string[];
};

/**
 * @param lines one purl each; empty ones and those that begin with `#` are passed over. Of the qualifiers `distro`,
 *   `upstream`, `epoch`, `arch` and `rpmmod` are understood
 * @throws ScanError `store-corrupt`
 */
export function matchPurls(lines: readonly string[], store: AdvisoryStore): PurlMatches {
  const unreadable: string[] = [];
  const byDistribution = new Map<string, { distribution: ReturnType<typeof distributionOf>; packages: Package[] }>();
  for (const text of new Set(lines.map((line) => line.trim()))) {
    if (text === '' || text.startsWith('#')) continue;
    const parts = text.length > MAX_PURL ? null : splitPurl(text);
    const found = parts && packageOf(parts, text);
    if (!found) {
      unreadable.push(text.slice(0, 500));
      continue;
    }
    const distribution = distributionOf([parts]);
    const key = `${distribution?.id} ${distribution?.version} ${distribution?.codename}`;
    const group = byDistribution.get(key) ?? { distribution, packages: [] };
    group.packages.push(found);
    byDistribution.set(key, group);
  }
  const findings: PurlMatches['findings'] = [];
  const uncovered: Uncovered[] = [];
  for (const { distribution, packages } of byDistribution.values()) {
    const matched = matchInventory({ revision: 0, distribution, packages, files: [], missing: [] }, store);
    for (const finding of matched.findings) findings.push({ ...finding, purl: finding.package.purl });
    uncovered.push(...matched.uncovered);
  }
  return { findings, uncovered, unreadable };
}
