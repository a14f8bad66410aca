/** What of an image's findings its base brings, and what other bases would make of them. */
import type { BaseAdvice, BaseCandidate, Finding, Package, Severity, SeverityCounts } from '@pratique/contract';

export type ScannedImage = {
  packages: readonly Pick<Package, 'purl' | 'layer'>[];
  findings: readonly Pick<Finding, 'id' | 'package' | 'severity' | 'status'>[];
};

export type BaseAdviceInput = {
  image: ScannedImage;
  /** Blob digests of the layers that the image has from its base. */
  baseLayers: ReadonlySet<string>;
  /** The base as it was built on; null where it is not to be had any more. */
  base: ScannedImage | null;
  candidates: readonly { reference: string; digest: string; scan: ScannedImage }[];
};

const ORDER: readonly Severity[] = ['critical', 'high', 'unknown', 'medium', 'low', 'negligible'];

/**
 * Pure: counts what scans found and estimates nothing. A package is the base's where its metadata lies in a layer of the
 * base, or the base has the very same: installing one more rewrites the database of all.
 */
export function adviseBase(input: BaseAdviceInput): Pick<BaseAdvice, 'findings' | 'candidates'> {
  const layerOf = new Map(input.image.packages.map(({ purl, layer }) => [purl, layer]));
  const ofBase = new Set(input.base?.packages.map(({ purl }) => purl));
  const findings = open(input.image);
  const isBase = ({ package: { purl } }: (typeof findings)[number]) =>
    ofBase.has(purl) || input.baseLayers.has(layerOf.get(purl) ?? '');
  const fromBase = findings.filter(isBase);
  const own = findings.filter((one) => !isBase(one));
  const had = new Set(fromBase.map(keyOf));
  const candidates = input.candidates.map(({ reference, digest, scan }): BaseCandidate => {
    const there = open(scan);
    const has = new Set(there.map(keyOf));
    return {
      reference,
      digest,
      clears: [...had].filter((key) => !has.has(key)).length,
      adds: [...has].filter((key) => !had.has(key)).length,
      remaining: countBySeverity([...own, ...there]),
    };
  });
  return {
    findings: {
      total: findings.length,
      fromBase: countBySeverity(fromBase),
      fromApplication: countBySeverity(own),
    },
    candidates: candidates.sort((a, b) => compareCounts(a.remaining, b.remaining)),
  };
}

const open = ({ findings }: ScannedImage) => findings.filter(({ status }) => status !== 'not-affected');
const keyOf = ({ id, package: of }: Pick<Finding, 'id' | 'package'>): string => `${id} ${of.type} ${of.name}`;

export function countBySeverity(findings: readonly { severity: Severity }[]): SeverityCounts {
  const counts: SeverityCounts = { critical: 0, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 };
  for (const { severity } of findings) counts[severity] += 1;
  return counts;
}

/** The worst that is left decides first; what nobody has judged counts next to high. Negative where `a` leaves less. */
export function compareCounts(a: SeverityCounts, b: SeverityCounts): number {
  for (const severity of ORDER) if (a[severity] !== b[severity]) return a[severity] - b[severity];
  return 0;
}

/** The candidate that is worth going to: one that leaves less than the image has now. */
export function bestCandidate({
  findings,
  candidates,
}: Pick<BaseAdvice, 'findings' | 'candidates'>): BaseCandidate | null {
  const [best] = candidates;
  if (!best) return null;
  const now: SeverityCounts = { ...findings.fromBase };
  for (const severity of ORDER) now[severity] += findings.fromApplication[severity];
  return compareCounts(best.remaining, now) < 0 ? best : null;
}
