/** How a repaired image came to be: an in-toto statement with SLSA provenance that names the original and every package. */
import type { RepairResult } from '@pratique/contract';
import type { Provenance } from '../provenance.ts';

const BUILD_TYPE = 'https://pratique.dev/repair/v1';

export type RepairBuild = {
  /** The repaired manifest's digest, with its algorithm: of the image, or of the index of several. */
  digest: string;
  /** Name by which the original can be had, without tag and digest; `image` where there is none. */
  name: string;
  original: string;
  /** What was done to each of its images. */
  results: readonly RepairResult[];
  /** Only what clears findings was upgraded. */
  onlyFindings: boolean;
  /** Who repaired; `pratique repair` by default. */
  builder?: string;
  started: Date;
  finished: Date;
};

/** @see in-toto Statement v1; SLSA Provenance v1.0 */
export function describeRepair(build: RepairBuild): Provenance {
  const { results } = build;
  const packages = unique(
    results.flatMap((result) => result.upgraded),
    (one) => one.sha256,
  );
  const sources = unique(
    results.flatMap((result) => result.sources),
    (one) => one.digest,
  );
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'image', digest: { sha256: bare(build.digest) } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: {
          image: `${build.name}@${build.original}`,
          upgrades: build.onlyFindings ? 'findings' : 'all',
        },
        internalParameters: {
          releases: sources.map(({ suite, date }) => ({ suite, date })),
          scripts: results.flatMap((result) => result.scripts),
        },
        resolvedDependencies: [
          {
            uri: `pkg:oci/${build.name}@${build.original}`,
            name: 'original',
            digest: { sha256: bare(build.original) },
          },
          ...sources.map((source) => ({
            uri: source.uri,
            name: `release of ${source.suite}`,
            digest: { sha256: bare(source.digest) },
            annotations: { signedBy: source.signedBy },
          })),
          ...packages.map((one) => ({
            uri: one.url,
            name: `${one.name} ${one.to} ${one.architecture}`,
            digest: { sha256: bare(one.sha256) },
            annotations: { from: one.from, source: one.source, suite: one.suite },
          })),
        ],
      },
      runDetails: {
        builder: {
          id: build.builder ?? 'https://pratique.dev/repair',
          version: { pratique: '0.1.0', node: process.versions.node, zlib: process.versions.zlib ?? '' },
        },
        metadata: { startedOn: build.started.toISOString(), finishedOn: build.finished.toISOString() },
      },
    },
  };
}

function unique<T>(all: readonly T[], key: (one: T) => string): T[] {
  return [...new Map(all.map((one) => [key(one), one])).values()];
}

const bare = (digest: string): string => digest.replace(/^sha256:/, '');
