/** Step: find out what is in the image and in its contents, platform by platform, in a scanner child. */
import { CATALOGER_REVISION } from '@pratique/scan';
import { sql } from 'kysely';
import type { BlobStore } from '../../blobs/store.ts';
import type { ContentRules } from '../../contents/rules.ts';
import { scanImage } from '../../contents/scan-image.ts';
import { contentsExist, storeContents } from '../../contents/store-contents.ts';
import { asSystem, type Db, type Tx } from '../../db/connect.ts';
import { ServerError } from '../../error.ts';
import type { LayerMemories } from '../../inventory/layer-memories.ts';
import { readImageManifest, readPlatforms } from '../../inventory/platforms.ts';
import type { LanedScanner } from '../../inventory/scanner.ts';
import { inventoryExists, storeInventory } from '../../inventory/store-inventory.ts';
import type { Repository } from '../../registry/cache.ts';
import { PermanentStepError, type StepWork } from '../run-step.ts';

export type InventoryDeps = {
  db: Db;
  store: BlobStore;
  scan: LanedScanner;
  memory: LayerMemories;
  contents: ContentRules;
};

export function inventoryStep(deps: InventoryDeps): StepWork {
  return async ({ repository, digest }) => {
    const platforms = await asSystem(deps.db, (tx) => readPlatforms(tx, repository.repositoryId, digest));
    if (platforms.length === 0)
      throw new PermanentStepError(
        `${digest} is no longer in ${repository.account}/${repository.name}, or has no platform that can run`,
      );
    for (const platform of platforms) await takeInventory(deps, repository, platform.digest);
    const digests = platforms.map((platform) => platform.digest);
    const held = await asSystem(deps.db, (tx) => countHeld(tx, digests));
    const where = platforms.length === 1 ? 'the image' : `${platforms.length} platforms`;
    return {
      state: 'succeeded',
      summary: `${held.packages} packages in ${where}${saysOf(held)}`,
      result: { ...held },
    };
  };
}

/** What exists already is not taken again: of an image whose inventory is there, the contents alone are examined. */
async function takeInventory(deps: InventoryDeps, repository: Repository, digest: string): Promise<void> {
  const { revision } = deps.contents;
  const known = await asSystem(deps.db, async (tx) => ({
    inventory: await inventoryExists(tx, digest, CATALOGER_REVISION),
    contents: await contentsExist(tx, digest, revision),
  }));
  if (known.inventory && known.contents) return;
  const manifest = await asSystem(deps.db, (tx) => readImageManifest(tx, repository.repositoryId, digest));
  if (!manifest)
    throw new PermanentStepError(`the platform manifest ${digest} is not in ${repository.account}/${repository.name}`);
  try {
    const { inventory, examination } = await scanImage(deps, manifest, {
      memory: await deps.memory.of(repository.accountId),
      inventory: !known.inventory,
      contents: !known.contents,
    });
    await asSystem(deps.db, async (tx) => {
      if (inventory) await storeInventory(tx, digest, inventory);
      if (examination) await storeContents(tx, digest, revision, examination);
    });
  } catch (error) {
    if (error instanceof ServerError && error.details['permanent'] === true)
      throw new PermanentStepError(`${digest} cannot be read: ${error.message}`);
    throw error;
  }
}

type Held = { packages: number; secrets: number; malware: number; failedChecks: number; unexamined: boolean };

async function countHeld(tx: Tx, digests: string[]): Promise<Held> {
  const { rows } = await sql<Held>`
    select coalesce(sum(i.package_count), 0)::int as packages, coalesce(sum(e.secret_count), 0)::int as secrets, coalesce(sum(e.malware_count), 0)::int as malware,
      coalesce(sum(e.failed_count), 0)::int as "failedChecks", bool_or(e.examination_id is null or e.failure is not null) as unexamined
    from unnest(${digests}::text[]) as asked (digest)
    left join inventory i on i.manifest_digest = asked.digest and i.revision = ${CATALOGER_REVISION}
    left join content_examination e on e.manifest_digest = asked.digest and e.newest`.execute(tx);
  return rows[0] ?? { packages: 0, secrets: 0, malware: 0, failedChecks: 0, unexamined: true };
}

function saysOf({ secrets, malware, unexamined }: Held): string {
  const parts = [
    ...(secrets > 0 ? [`${secrets} ${secrets === 1 ? 'secret' : 'secrets'}`] : []),
    ...(malware > 0 ? [`${malware} ${malware === 1 ? 'match' : 'matches'} of malware`] : []),
    ...(unexamined ? ['contents that could not be examined'] : []),
  ];
  return parts.map((part) => `, ${part}`).join('');
}
