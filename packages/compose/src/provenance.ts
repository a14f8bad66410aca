/** How an image came to be: an in-toto statement with SLSA provenance that names every file that went into it. */
import type { Suite } from './archive/open-archive.ts';
import type { Candidate } from './archive/packages.ts';
import type { ComposeRequest } from './request.ts';

/** @see in-toto Statement v1; SLSA Provenance v1.0 */
export type Provenance = {
  _type: 'https://in-toto.io/Statement/v1';
  subject: { name: string; digest: { sha256: string } }[];
  predicateType: 'https://slsa.dev/provenance/v1';
  predicate: {
    buildDefinition: {
      buildType: string;
      externalParameters: Record<string, unknown>;
      internalParameters: Record<string, unknown>;
      resolvedDependencies: {
        uri: string;
        name: string;
        digest: { sha256: string };
        annotations?: Record<string, unknown>;
      }[];
    };
    runDetails: {
      builder: { id: string; version: Record<string, string> };
      metadata: { startedOn: string; finishedOn: string };
    };
  };
};

const BUILD_TYPE = 'https://pratique.dev/compose/debian/v1';

/** @param digest the manifest's, with its algorithm */
export function describeProvenance(
  request: ComposeRequest,
  suites: Suite[],
  candidates: Candidate[],
  digest: string,
  times: { started: Date; finished: Date },
): Provenance {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'image', digest: { sha256: digest.replace('sha256:', '') } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: { ...request },
        internalParameters: {
          releases: suites.map(({ name, release }) => ({ suite: name, date: release.date.toISOString() })),
        },
        resolvedDependencies: [
          ...suites.map((suite) => ({
            uri: suite.url,
            name: `InRelease of ${suite.name}`,
            digest: { sha256: suite.digest },
            annotations: { signedBy: suite.signedBy },
          })),
          ...candidates.map((candidate) => ({
            uri: `${candidate.mirror}/${candidate.filename}`,
            name: `${candidate.name}_${candidate.version}_${candidate.architecture}.deb`,
            digest: { sha256: candidate.expected.sha256 },
          })),
        ],
      },
      runDetails: {
        // The compressed bytes depend on zlib's version, everything else on this one.
        builder: {
          id: 'https://pratique.dev/compose',
          version: { pratique: '0.1.0', node: process.versions.node, zlib: process.versions.zlib ?? '' },
        },
        metadata: { startedOn: times.started.toISOString(), finishedOn: times.finished.toISOString() },
      },
    },
  };
}
