/** Looks up what the suites offer for the packages of an image, when it is asked for: it is no match and nothing is stored. */
import type { Distribution, ImageScan, Package } from '@pratique/contract';
import { schemeOf, schemeOfType } from '../advisories/ecosystems.ts';
import type { AdvisoryStore } from '../advisories/store.ts';
import { releaseOf } from '../distributions.ts';
import { subjectOf } from '../subject.ts';
import { compareVersions, isVersion } from '../versions/compare.ts';
import { type Candidate, candidatesKey } from './candidate.ts';

/** A scan's packages and findings, with what an upgrade from the distribution's own suites would bring. */
type Scanned = Pick<ImageScan, 'packages' | 'findings'>;
type WithCandidates = Scanned & Required<Pick<ImageScan, 'candidates'>>;

/**
 * Gives every package `candidate` and `outdated`, every finding `fixCandidate`; null where nothing is known.
 * Costs two small reads of a file for each package of the distribution.
 *
 * @throws ScanError `store-corrupt`
 */
export function withCandidates<T extends Scanned>(
  scan: T,
  distribution: Distribution | null,
  store: AdvisoryStore,
): T & WithCandidates {
  const looked = lookUpCandidates(scan.packages, distribution, store);
  const byPurl = new Map<string, { each: Package; candidate: Candidate }>();
  const packages = scan.packages.map((each) => {
    const candidate = looked.find(each);
    if (candidate === null) return { ...each, candidate: null, outdated: null };
    byPurl.set(each.purl, { each, candidate });
    return { ...each, candidate: candidate.version, outdated: isNewer(each, candidate) };
  });
  const findings = scan.findings.map((finding) => {
    const known = byPurl.get(finding.package.purl);
    const fixed = finding.fixedVersion;
    const clears = known && fixed !== null && hasFix(known.each, known.candidate, distribution, fixed);
    return { ...finding, fixCandidate: clears ? known.candidate.version : null };
  });
  return { ...scan, packages, findings, candidates: looked.sources };
}

export type CandidateLookUp = {
  /** What was asked: a release and an architecture each, with the date of the archive's newest word. */
  sources: NonNullable<ImageScan['candidates']>;
  find(each: Package): Candidate | null;
};

export function lookUpCandidates(
  packages: readonly Package[],
  distribution: Distribution | null,
  store: AdvisoryStore,
): CandidateLookUp {
  const native = nativeArchitecture(packages);
  const release =
    distribution &&
    (releaseOf(distribution.id, distribution.version || distribution.codename || '')?.version ?? distribution.version);
  if (!distribution || !release || native === null) return { sources: [], find: () => null };
  const sources = new Map<string, CandidateLookUp['sources'][number]>();
  return {
    get sources() {
      return [...sources.values()];
    },
    find(each) {
      if (each.type !== 'deb' || each.owner !== null) return null;
      // Packages for all architectures come with the image's own (apt does the same).
      const architecture = each.architecture === null || each.architecture === 'all' ? native : each.architecture;
      const key = candidatesKey({ id: distribution.id, release, architecture });
      const date = store.candidatesDate(key);
      if (date === undefined) return null;
      sources.set(key, { release: `${distribution.id}:${release}`, architecture, date });
      return store.candidate(key, each.name);
    },
  };
}

/** The architecture that most packages are built for: the one the image was made for. */
function nativeArchitecture(packages: readonly Package[]): string | null {
  const counts = new Map<string, number>();
  for (const { type, architecture } of packages)
    if (type === 'deb' && architecture !== null && architecture !== 'all')
      counts.set(architecture, (counts.get(architecture) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? null;
}

function isNewer(each: Package, candidate: Candidate): boolean {
  const scheme = schemeOfType(each.type);
  if (scheme === null || !isVersion(scheme, each.version)) return false;
  return compareVersions(scheme, candidate.version, each.version) > 0;
}

/** Advisories may count the source's versions: the candidate is asked about under the name that the package is. */
function hasFix(each: Package, candidate: Candidate, distribution: Distribution | null, fixed: string): boolean {
  const { version, source = each.name, sourceVersion = version } = candidate;
  const subject = subjectOf({ ...each, version, sourceName: source, sourceVersion }, distribution);
  if (subject.kind !== 'subject') return false;
  const scheme = schemeOf(subject.ecosystem);
  if (scheme === null || !isVersion(scheme, subject.version) || !isVersion(scheme, fixed)) return false;
  return compareVersions(scheme, subject.version, fixed) >= 0;
}
