/** Stores of Debian's advisories and scanned images of Debian packages, for tests. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Inventory } from '@pratique/contract';
import { type AdvisoryStore, importAdvisories, openAdvisoryStore } from '@pratique/scan';
import { sql } from 'kysely';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { makeImage } from '../gate/account.fixture.ts';
import { readInventory } from '../inventory/read-inventory.ts';
import { storeInventory } from '../inventory/store-inventory.ts';
import type { Repository } from '../registry/cache.ts';
import { matchStoredPackages } from './match-packages.ts';

export type Hole = { id: string; fixed?: string; urgency?: string; title?: string };

/** Imports what is said of each source package into the folder's store, in place of what was said before. */
export async function sayOfDebian(dir: string, holes: Record<string, readonly Hole[]>): Promise<AdvisoryStore> {
  const feed = Object.fromEntries(
    Object.entries(holes).map(([source, all]) => [
      source,
      Object.fromEntries(
        all.map(({ id, fixed, urgency = 'high', title = 'a hole' }) => [
          id,
          {
            description: title,
            releases: {
              bookworm: fixed
                ? { status: 'resolved', fixed_version: fixed, urgency, repositories: {} }
                : { status: 'open', urgency, repositories: {} },
            },
          },
        ]),
      ),
    ]),
  );
  const file = join(`${dir}.json`);
  // A feed that shrinks by half is taken for a damaged one.
  const ballast = Object.fromEntries(
    Array.from({ length: 20 }, (_, at) => [
      `ballast${at}`,
      {
        [`CVE-1990-${1000 + at}`]: {
          description: 'ballast',
          releases: { bookworm: { status: 'open', urgency: 'low', repositories: {} } },
        },
      },
    ]),
  );
  await writeFile(file, JSON.stringify({ ...ballast, ...feed }));
  await importAdvisories(dir, 'debian', file);
  return openAdvisoryStore(dir);
}

export const digestOf = (n: number) => `sha256:${String(n).padStart(64, '0')}`;

/** An inventory of Debian 12 with these packages, as `name@version`. */
export function debianInventory(packages: readonly string[]): Inventory {
  return {
    revision: 2,
    distribution: { id: 'debian', version: '12', codename: 'bookworm', name: 'Debian 12' },
    packages: packages.map((text) => {
      const [name = '', version = '1'] = text.split('@');
      return {
        name,
        version,
        type: 'deb',
        purl: `pkg:deb/debian/${name}@${version}`,
        sourceName: name,
        sourceVersion: version,
        architecture: 'amd64',
        owner: null,
        licenses: ['MIT'],
        layer: null,
        paths: [],
      };
    }),
    files: [],
    missing: [],
  };
}

/** The repository holds an image with these packages, scanned by the store. */
export async function scanDebianImage(
  db: Db,
  repository: Repository,
  digest: string,
  packages: readonly string[],
  store: AdvisoryStore,
): Promise<void> {
  await asSystem(db, async (tx) => {
    await makeImage(tx, repository, digest);
    await scanAgain(tx, digest, debianInventory(packages), store);
  });
}

/** The image has this inventory. */
export async function scanAgain(tx: Tx, digest: string, inventory: Inventory, store: AdvisoryStore): Promise<void> {
  await storeInventory(tx, digest, inventory);
  const stored = await readInventory(tx, digest);
  if (stored) await matchStoredPackages(tx, stored.inventoryId, stored, store);
}

/** What counts as held, recounted from the images themselves: the triggers' numbers must be these. */
export async function countedWrong(db: Db): Promise<unknown[]> {
  return asSystem(db, async (tx) => {
    const { rows } = await sql`
      with image as (
        select distinct on (r.repository_id, r.digest) r.account_id, r.repository_id, r.digest, i.inventory_id
        from repository_manifest r join inventory i on i.manifest_digest = r.digest join scan using (inventory_id) order by r.repository_id, r.digest, i.revision desc),
      content as (select distinct image.*, p.package_id from image join inventory_package p using (inventory_id) where p.owner is null),
      truth as (
        select 'image' as what, account_id::text || repository_id::text as whose, digest as which, inventory_id as count from image
        union all select 'repository', account_id::text || repository_id::text, package_id::text, count(*) from content group by 1, 2, 3
        union all select 'account', account_id::text, package_id::text, count(*) from content group by 1, 2, 3),
      counted as (
        select 'image' as what, account_id::text || repository_id::text as whose, digest as which, inventory_id as count from held_image
        union all select 'repository', account_id::text || repository_id::text, package_id::text, images from repository_package
        union all select 'account', account_id::text, package_id::text, images from account_package)
      (select 'missing' as is, * from truth except select 'missing', * from counted) union all (select 'too much', * from counted except select 'too much', * from truth)`.execute(
      tx,
    );
    return rows;
  });
}
