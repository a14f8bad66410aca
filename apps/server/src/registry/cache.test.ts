import { describe, expect, test } from 'vitest';
import { type CachedManifest, createRegistryCache } from './cache.ts';

const manifest = (n: number): CachedManifest => ({
  digest: `sha256:${String(n).padStart(64, '0')}`,
  mediaType: 'm',
  bytes: Buffer.from(`${n}`),
});
const pushed = (tag: string) => [{ type: 'tag.pushed', data: { repositoryId: 'r', tag } }];

describe('the registry cache', () => {
  test('answers a second read from memory, and asks again after a push', async () => {
    const cache = createRegistryCache(() => true);
    let loads = 0;
    const read = () => cache.manifest('r', 'latest', async () => manifest(++loads));
    expect((await read())?.digest).toBe(manifest(1).digest);
    expect(read()).toEqual(manifest(1));
    cache.forget(pushed('latest'));
    expect((await read())?.digest).toBe(manifest(2).digest);
  });

  test('does not keep what was read before a change and arrives after it', async () => {
    const cache = createRegistryCache(() => true);
    const slow = Promise.withResolvers<CachedManifest>();
    const first = cache.manifest('r', 'latest', () => slow.promise);
    cache.forget(pushed('latest'));
    slow.resolve(manifest(1));
    await first;
    expect((await cache.manifest('r', 'latest', async () => manifest(2)))?.digest).toBe(manifest(2).digest);
  });

  test('is not used while the feed is late', async () => {
    let current = true;
    const cache = createRegistryCache(() => current);
    await cache.manifest('r', 'latest', async () => manifest(1));
    current = false;
    expect((await cache.manifest('r', 'latest', async () => manifest(2)))?.digest).toBe(manifest(2).digest);
  });

  test('forgets a deleted manifest by its digest, and what is absent is never remembered', async () => {
    const cache = createRegistryCache(() => true);
    const { digest } = manifest(1);
    await cache.manifest('r', digest, async () => manifest(1));
    cache.forget([{ type: 'manifest.deleted', data: { repositoryId: 'r', digest } }]);
    expect(await cache.manifest('r', digest, async () => null)).toBeNull();
    expect(await cache.manifest('r', digest, async () => manifest(1))).toEqual(manifest(1));
  });
});
