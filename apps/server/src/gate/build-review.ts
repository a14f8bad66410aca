/** What the gate's policies see of one platform of an image. */
import type { ImageReview } from '@pratique/contract';
import { supportOf } from '@pratique/scan';
import type { BlobStore } from '../blobs/store.ts';
import { imageManifestOf } from '../inventory/platforms.ts';
import { readConfigBlob } from '../inventory/read-config.ts';
import type { Repository } from '../registry/cache.ts';
import { type ActiveException, exceptionFor, findingExceptions } from './exceptions.ts';
import type { PlatformFacts } from './read-subjects.ts';
import { reviewContents } from './review-contents.ts';

const DAY_MS = 86_400_000;

/**
 * The review of one platform manifest. What was not examined is said to be incomplete: absence of data never looks
 * like absence of problems.
 */
export async function buildReview(
  store: BlobStore,
  repository: Repository,
  facts: PlatformFacts,
  exceptions: readonly ActiveException[],
  now: Date,
): Promise<ImageReview> {
  const { platform, inventory } = facts;
  const manifest = facts.manifest ? imageManifestOf(facts.manifest) : null;
  const config = manifest ? await readConfigBlob(store, manifest.config) : null;
  const applicable = findingExceptions(exceptions, repository.name);
  const distribution = inventory?.distribution ?? null;
  const missing = [...(inventory?.missing ?? [])];
  if (!inventory) missing.push({ kind: 'unreadable', what: 'inventory', path: '', detail: 'no inventory was taken' });
  if (inventory && !inventory.scan)
    missing.push({
      kind: 'unreadable',
      what: 'findings',
      path: '',
      detail: 'the packages were not matched with advisories',
    });
  if (!config) missing.push({ kind: 'unreadable', what: 'image configuration', path: '', detail: 'it is not valid' });
  return {
    image: {
      account: repository.account,
      repository: repository.name,
      digest: platform.digest,
      tags: facts.tags,
      platform: { os: config?.os || platform.os, architecture: config?.architecture || platform.architecture },
      created: config?.created ?? null,
      ageDays: config?.created ? (now.getTime() - Date.parse(config.created)) / DAY_MS : null,
      user: config?.config.User ?? '',
      entrypoint: [...(config?.config.Entrypoint ?? []), ...(config?.config.Cmd ?? [])],
      labels: config?.config.Labels ?? {},
      layers: manifest?.layers.length ?? 0,
    },
    distribution: distribution
      ? { id: distribution.id, version: distribution.version, name: distribution.name, ...supportOf(distribution, now) }
      : null,
    inventory: { packages: inventory?.packages ?? 0, complete: missing.length === 0, missing },
    findings: facts.findings.map((finding) => ({
      ...finding,
      exception: exceptionFor(applicable, finding),
    })),
    uncovered: inventory?.scan?.uncovered ?? [],
    contents: reviewContents(facts, exceptions, repository.name),
    contentsFailure: facts.examination?.failure ?? null,
  };
}
