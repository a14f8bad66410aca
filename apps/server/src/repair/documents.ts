/** What is published beside a repaired image: what was done, at both images, and how the new one came to be. */
import { createHash } from 'node:crypto';
import { describeRepair } from '@pratique/compose';
import type { RepairScope } from '@pratique/contract';
import { OCI_EMPTY, OCI_MANIFEST } from '@pratique/oci';
import { IN_TOTO, PROVENANCE } from '@pratique/sign';
import type { Repaired, StoredManifest } from './order.ts';

/** An artifact of this type names the other image: at the original what it was repaired to, at the repaired one what from. */
export const REPAIR_REPORT = 'application/vnd.pratique.repair.v1+json';
const REPAIRED_AS = 'dev.pratique.repaired-as';
const REPAIRED_FROM = 'dev.pratique.repaired-from';

export type Blob = { digest: string; bytes: Buffer };
/** `provenance` is the digest of the manifest that says how the repaired image came to be. */
export type Documents = { blobs: Blob[]; manifests: StoredManifest[]; provenance: string };

export type DocumentsOf = {
  /** `registry.example/account/name` */
  name: string;
  publicUrl: string;
  original: Subject;
  subject: Subject;
  repaired: Subject;
  platforms: Repaired['platforms'];
  scope: RepairScope;
  started: Date;
  finished: Date;
};
type Subject = { digest: string; mediaType: string; size: number };

/** Of the original there is one only where it is still stored here. */
export function makeDocuments(of: DocumentsOf): Documents {
  const { subject, repaired, platforms, scope } = of;
  const report = blobOf({ from: subject.digest, to: repaired.digest, original: of.original.digest, scope, platforms });
  const provenance = blobOf(
    describeRepair({
      digest: repaired.digest,
      name: of.name,
      original: of.original.digest,
      results: platforms.flatMap(({ result }) => (result ? [result] : [])),
      onlyFindings: scope === 'findings',
      builder: `${of.publicUrl}/repair`,
      started: of.started,
      finished: of.finished,
    }),
  );
  const empty = { digest: digestOf(Buffer.from('{}')), bytes: Buffer.from('{}') };
  const created = of.finished.toISOString();
  const stated = manifestOf(
    IN_TOTO,
    empty,
    { blob: provenance, mediaType: IN_TOTO, predicateType: PROVENANCE },
    repaired,
    { 'org.opencontainers.image.created': created },
  );
  const about = (target: Subject, annotations: Record<string, string>) =>
    manifestOf(REPAIR_REPORT, empty, { blob: report, mediaType: REPAIR_REPORT }, target, {
      'org.opencontainers.image.created': created,
      ...annotations,
    });
  const named = [of.original, subject].filter(
    ({ digest }, index, all) => all.findIndex((one) => one.digest === digest) === index,
  );
  return {
    blobs: [report, provenance, empty],
    manifests: [
      ...named.map((one) => about(one, { [REPAIRED_AS]: repaired.digest })),
      about(repaired, { [REPAIRED_FROM]: of.original.digest }),
      stated,
    ],
    provenance: stated.digest,
  };
}

/** @see image-spec 1.1 manifest.md, "Guidelines for Artifact Usage" */
function manifestOf(
  artifactType: string,
  config: Blob,
  layer: { blob: Blob; mediaType: string; predicateType?: string },
  subject: Subject,
  annotations: Record<string, string>,
): StoredManifest {
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      artifactType,
      config: { mediaType: OCI_EMPTY, digest: config.digest, size: config.bytes.length },
      layers: [
        {
          mediaType: layer.mediaType,
          digest: layer.blob.digest,
          size: layer.blob.bytes.length,
          ...(layer.predicateType ? { annotations: { 'in-toto.io/predicate-type': layer.predicateType } } : {}),
        },
      ],
      subject,
      annotations,
    }),
  );
  return { digest: digestOf(bytes), mediaType: OCI_MANIFEST, base64: bytes.toString('base64') };
}

function blobOf(value: unknown): Blob {
  const bytes = Buffer.from(JSON.stringify(value));
  return { digest: digestOf(bytes), bytes };
}

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
