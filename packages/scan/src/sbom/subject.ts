/** What an SBOM is about, and when it was made; both are passed in, so that the same input gives the same bytes. */
export type SbomSubject = {
  /** Reference or path, for example `registry.example/app@sha256:...`. */
  name: string;
  /** Digest of the image manifest; null for a directory. */
  digest: string | null;
  /** ISO 8601. */
  created: string;
  /** Version of this program. */
  toolVersion: string;
};

export const TOOL = 'pratique';
export const VENDOR = 'Pratique';
