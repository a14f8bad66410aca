/** Step: find out what is in the image, platform by platform, in a scanner child. */
import { CATALOGER_REVISION } from '@pratique/scan';
import { sql } from 'kysely';
import { z } from 'zod';
import type { BlobStore } from '../../blobs/store.ts';
import { asSystem, type Db, type Tx } from '../../db/connect.ts';
import { ServerError } from '../../error.ts';
import { ImageConfig, MAX_CONFIG_BYTES } from '../../inventory/image-config.ts';
import type { LayerMemories } from '../../inventory/layer-memories.ts';
import { readImageManifest, readPlatforms } from '../../inventory/platforms.ts';
import type { Scanner } from '../../inventory/scanner.ts';
import { inventoryExists, storeInventory } from '../../inventory/store-inventory.ts';
import type { Repository } from '../../registry/cache.ts';
import { PermanentStepError, type StepWork } from '../run-step.ts';

export type InventoryDeps = { db: Db; store: BlobStore; scan: Scanner; memory: LayerMemories };

export function inventoryStep(deps: InventoryDeps): StepWork {
  return async ({ repository, digest }) => {
    const platforms = await asSystem(deps.db, (tx) => readPlatforms(tx, repository.repositoryId, digest));
    if (platforms.length === 0)
      throw new PermanentStepError(
        `${digest} is no longer in ${repository.account}/${repository.name}, or has no platform that can run`,
      );
    let packages = 0;
    for (const platform of platforms) packages += await takeInventory(deps, repository, platform.digest);
    return {
      state: 'succeeded',
      summary: `${packages} packages in ${platforms.length === 1 ? 'the image' : `${platforms.length} platforms`}`,
      result: { packages },
    };
  };
}

/** @returns the number of packages; an inventory that exists is not taken again */
async function takeInventory(deps: InventoryDeps, repository: Repository, digest: string): Promise<number> {
  const known = await asSystem(
    deps.db,
    async (tx) => (await inventoryExists(tx, digest, CATALOGER_REVISION)) && (await countPackages(tx, digest)),
  );
  if (known !== false) return known;
  const manifest = await asSystem(deps.db, (tx) => readImageManifest(tx, repository.repositoryId, digest));
  if (!manifest)
    throw new PermanentStepError(`the platform manifest ${digest} is not in ${repository.account}/${repository.name}`);
  const config = await readConfig(deps.store, manifest.config.digest, manifest.config.size);
  const layers = manifest.layers.map((descriptor, index) => ({
    descriptor,
    diffId: diffIdOf(config, index),
    path: deps.store.path(descriptor.digest),
  }));
  try {
    const inventory = await deps.scan({ layers, config, memory: await deps.memory.of(repository.accountId) });
    await asSystem(deps.db, (tx) => storeInventory(tx, digest, inventory));
    return inventory.packages.length;
  } catch (error) {
    if (error instanceof ServerError && error.details['permanent'] === true)
      throw new PermanentStepError(`${digest} cannot be read: ${error.message}`);
    throw error;
  }
}

async function countPackages(tx: Tx, digest: string): Promise<number> {
  const { rows } = await sql<{ package_count: number }>`
    select package_count from inventory where manifest_digest = ${digest} and revision = ${CATALOGER_REVISION}`.execute(
    tx,
  );
  return rows[0]?.package_count ?? 0;
}

async function readConfig(store: BlobStore, digest: string, size: number): Promise<unknown> {
  if (size > MAX_CONFIG_BYTES)
    throw new PermanentStepError(`the image configuration has ${size} bytes; at most ${MAX_CONFIG_BYTES} are read`);
  const chunks: Buffer[] = [];
  for await (const chunk of store.read(digest)) chunks.push(chunk as Buffer);
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new PermanentStepError('the image configuration is not JSON');
  }
}

function diffIdOf(config: unknown, index: number): string | null {
  const parsed = ImageConfig.safeParse(config);
  const diffId = parsed.success ? parsed.data.rootfs.diff_ids[index] : undefined;
  return diffId &&
    z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/)
      .safeParse(diffId).success
    ? diffId
    : null;
}
