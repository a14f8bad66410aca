/** Packages that could be newer and have no known hole that the newer one closes: old, not vulnerable. */
import type { ImageScan } from '@pratique/contract';

/** Sorted by name. What a finding's fix explains stands with the finding, not here. */
export function outdatedPackages({
  packages,
  findings,
}: Pick<ImageScan, 'packages' | 'findings'>): ImageScan['packages'] {
  const explained = new Set(findings.filter((one) => one.fixCandidate != null).map((one) => one.package.purl));
  return packages
    .filter((each) => each.outdated === true && !explained.has(each.purl))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
