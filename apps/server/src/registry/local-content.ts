/** One of our own repositories as a place to copy from and to; the same rules as for a client's push. */
import { pipeline } from 'node:stream/promises';
import { type ContentSink, type ContentSource, OciError, verifyStream } from '@pratique/oci';
import type { Actor } from '../auth/audit.ts';
import type { BlobStore } from '../blobs/store.ts';
import { asTenant, type Db } from '../db/connect.ts';
import type { Repository } from './cache.ts';
import { type OnTagged, type Origin, putManifest } from './put-manifest.ts';
import { readBlobSize, readManifestByDigest, readManifestByTag, readReferrers } from './read-content.ts';
import { insertBlob } from './uploads.ts';

export type LocalContentDeps = { db: Db; store: BlobStore; onTagged: OnTagged };

export function localSource(deps: Pick<LocalContentDeps, 'db' | 'store'>, repository: Repository): ContentSource {
  const { db, store } = deps;
  const id = repository.repositoryId;
  return {
    async manifest(reference) {
      const found = await asTenant(db, [repository.accountId], (tx) =>
        reference.includes(':') ? readManifestByDigest(tx, id, reference) : readManifestByTag(tx, id, reference),
      );
      if (!found) throw new OciError('not-found', `${repository.account}/${repository.name} has no ${reference}`);
      return found;
    },
    async blob(descriptor) {
      const size = await asTenant(db, [repository.accountId], (tx) => readBlobSize(tx, id, descriptor.digest));
      if (size === null)
        throw new OciError('not-found', `${repository.account}/${repository.name} has no blob ${descriptor.digest}`);
      return store.read(descriptor.digest);
    },
    async referrers(digest) {
      const rows = await asTenant(db, [repository.accountId], (tx) => readReferrers(tx, id, digest, null));
      return rows.map((row) => ({
        mediaType: row.media_type,
        digest: row.digest,
        size: row.size,
        artifactType: row.artifact_type,
      }));
    },
  };
}

/**
 * @param from the repository that blobs may be taken over from without their bytes, since the caller may read it
 */
export function localSink(
  deps: LocalContentDeps,
  repository: Repository,
  actor: Actor,
  origin: Origin,
  options: { immutable?: boolean; from?: Repository } = {},
): ContentSink {
  const { db, store } = deps;
  const { from, immutable = false } = options;
  const transact = <T>(work: Parameters<typeof asTenant<T>>[2]) => asTenant(db, [repository.accountId], work);
  return {
    hasManifest: async (digest) =>
      (await transact((tx) => readManifestByDigest(tx, repository.repositoryId, digest))) !== null,
    hasBlob: async (descriptor) =>
      (await transact((tx) => readBlobSize(tx, repository.repositoryId, descriptor.digest))) === descriptor.size,
    async mountBlob(descriptor) {
      const size = from
        ? await asTenant(db, [from.accountId], (tx) => readBlobSize(tx, from.repositoryId, descriptor.digest))
        : null;
      if (size !== descriptor.size) return false;
      await transact((tx) => insertBlob(tx, repository, descriptor.digest, descriptor.size));
      return true;
    },
    async putBlob(descriptor, content) {
      const size = await pipeline(content, verifyStream(descriptor), (checked: AsyncIterable<Buffer>) =>
        store.receive(checked, descriptor.digest, descriptor.size),
      );
      if (size === null) throw new OciError('digest-mismatch', `the bytes of ${descriptor.digest} do not match`);
      await transact((tx) => insertBlob(tx, repository, descriptor.digest, size));
    },
    async putManifest(manifest, tag) {
      await transact((tx) =>
        putManifest(
          tx,
          {
            repository,
            tag,
            expected: manifest.digest,
            contentType: manifest.mediaType,
            bytes: manifest.bytes,
            actor,
            origin,
            immutable,
          },
          deps.onTagged,
        ),
      );
    },
  };
}
