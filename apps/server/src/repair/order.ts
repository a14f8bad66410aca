/** What a repair child is told, and what it answers. */
import { Digest, PlatformRepair } from '@pratique/contract';
import { z } from 'zod';

const StoredManifest = z.object({ digest: Digest, mediaType: z.string().max(200), base64: z.base64() });
export type StoredManifest = z.infer<typeof StoredManifest>;

/** Where a distribution's packages are and whose keys count, where that is configured. */
export type RepairArchives = Readonly<
  Record<
    string,
    {
      mirror?: string | undefined;
      securityMirror?: string | undefined;
      keyring?: string | undefined;
      repositories?: readonly string[] | undefined;
    }
  >
>;

export type RepairOrder = {
  digest: string;
  /** The subject, and the images of an index. */
  manifests: StoredManifest[];
  /** Where the blobs lie, by digest. */
  blobs: Record<string, string>;
  /** Those of the manifests that repairs of ours made. */
  repairs: string[];
  /** Packages that clear findings; null: all. */
  only: { name: string }[] | null;
  /** The newest release files that were seen. */
  seen: { uri: string; date: string }[];
  /** Mirrors and keyrings by the distribution's ID in os-release. */
  archives: RepairArchives;
  allowExpired: boolean;
  /** Where scripts may run in a sandbox: a folder that every user can reach; null: nowhere. */
  sandboxDir: string | null;
  /** Whether the original and the repaired image are started there, one after the other. */
  smokeStart: boolean;
  /** Folders of the child: packages and indexes by their hash, temporary files, and what is new of the repaired image. */
  cacheDir: string;
  temporaryDir: string;
  outDir: string;
};

/** What is new lies in `outDir`, each blob in a file that is named by the hex digits of its digest. */
export const Repaired = z.object({
  ok: z.literal(true),
  /** Null where there is nothing to do. */
  digest: Digest.nullable(),
  /** Children first, the subject last. */
  manifests: z.array(StoredManifest).max(60),
  blobs: z.array(z.object({ digest: Digest, size: z.number().int().nonnegative() })).max(200),
  platforms: z.array(PlatformRepair).max(60),
});
export type Repaired = z.infer<typeof Repaired>;

const Refused = z.object({ ok: z.literal(false), code: z.string().max(100), message: z.string() });
export const RepairAnswer = z.discriminatedUnion('ok', [Repaired, Refused]);
