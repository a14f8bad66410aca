/** What hot reads need, in memory, bounded, and true as long as the change feed is current. */
import type { FeedEvent } from '../feed/follow-feed.ts';

export type Repository = {
  repositoryId: string;
  accountId: string;
  account: string;
  name: string;
  immutableTags: boolean;
};
export type CachedManifest = { digest: string; mediaType: string; bytes: Buffer };

export type RegistryCache = {
  /** Reads through: from memory, else by `load`, whose answer is kept only if nothing changed while it was read. */
  repository(
    account: string,
    name: string,
    load: () => Promise<Repository | null>,
  ): Repository | null | Promise<Repository | null>;
  manifest(
    repositoryId: string,
    reference: string,
    load: () => Promise<CachedManifest | null>,
  ): CachedManifest | null | Promise<CachedManifest | null>;
  blobSize(
    repositoryId: string,
    digest: string,
    load: () => Promise<number | null>,
  ): number | null | Promise<number | null>;
  /** Called with what the feed brings, and at once with what this process itself committed. */
  forget(events: Pick<FeedEvent, 'type' | 'data'>[]): void;
};

const MAX_REPOSITORIES = 50_000;
const MAX_REFERENCES = 200_000;
const MAX_BLOBS = 500_000;
const MAX_MANIFEST_BYTES = 128 * 1024 * 1024;

export function createRegistryCache(isCurrent: () => boolean): RegistryCache {
  const repositories = new Map<string, Repository>();
  const references = new Map<string, string>(); // repository and reference -> digest
  const manifests = new Map<string, CachedManifest>(); // by digest: immutable
  const blobs = new Map<string, number>(); // repository and digest -> size
  let manifestBytes = 0;
  let generation = 0;

  function readThrough<T>(load: () => Promise<T | null>, keep: (value: T) => void): Promise<T | null> {
    const before = generation;
    return load().then((value) => {
      if (value !== null && before === generation) keep(value);
      return value;
    });
  }

  function keepManifest(manifest: CachedManifest): void {
    if (manifests.has(manifest.digest)) return;
    manifests.set(manifest.digest, manifest);
    manifestBytes += manifest.bytes.length;
    for (const [digest, oldest] of manifests) {
      if (manifestBytes <= MAX_MANIFEST_BYTES) break;
      manifests.delete(digest);
      manifestBytes -= oldest.bytes.length;
    }
  }

  return {
    repository(account, name, load) {
      const key = `${account}/${name}`;
      const hit = repositories.get(key);
      if (hit && isCurrent()) return hit;
      return readThrough(load, (value) => keepBounded(repositories, key, value, MAX_REPOSITORIES));
    },
    manifest(repositoryId, reference, load) {
      const key = `${repositoryId} ${reference}`;
      const digest = references.get(key);
      const hit = digest === undefined ? undefined : manifests.get(digest);
      if (hit && isCurrent()) return hit;
      return readThrough(load, (value) => {
        keepBounded(references, key, value.digest, MAX_REFERENCES);
        keepManifest(value);
      });
    },
    blobSize(repositoryId, digest, load) {
      const key = `${repositoryId} ${digest}`;
      const hit = blobs.get(key);
      if (hit !== undefined && isCurrent()) return hit;
      return readThrough(load, (value) => keepBounded(blobs, key, value, MAX_BLOBS));
    },
    forget(events) {
      for (const { type, data } of events) {
        if (!/^(tag|manifest|blob|repository)\./.test(type)) continue;
        generation++;
        const id = String(data['repositoryId']);
        if (type.startsWith('tag.')) references.delete(`${id} ${String(data['tag'])}`);
        else if (type === 'manifest.deleted') references.delete(`${id} ${String(data['digest'])}`);
        else if (type === 'blob.deleted') blobs.delete(`${id} ${String(data['digest'])}`);
        else if (type.startsWith('repository.'))
          repositories.delete(`${String(data['account'])}/${String(data['repository'])}`);
      }
    },
  };
}

function keepBounded<K, V>(map: Map<K, V>, key: K, value: V, max: number): void {
  if (map.size >= max) {
    // Insertion order is age; dropping an eighth at once keeps the cost of eviction out of single requests.
    let drop = max / 8;
    for (const old of map.keys()) {
      if (drop-- <= 0) break;
      map.delete(old);
    }
  }
  map.set(key, value);
}
