/** What the distributions that a package was built for offer of it now. */
import { Distribution, type PackageOffer } from '@pratique/contract';
import { type AdvisoryStore, candidatesKey } from '@pratique/scan';
import { releaseOf } from '@pratique/scan/distributions';
import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import { distributionName } from './held.ts';

type Offering = Pick<AdvisoryStore, 'candidatesDate' | 'candidate'>;
export type BuiltFor = { name: string; distribution: string; architecture: string | null };

/** Systems that are looked up; an account's packages of one name are of few. */
const SYSTEMS = 20;
/** Where a package is for all architectures it comes with the system's own, which is one of these. */
const USUAL = ['amd64', 'arm64'];

/** The systems and architectures that the packages were built for; only Debian's kind has suites that are asked. */
export async function readBuiltFor(tx: Tx, accountId: string, packages: RawBuilder<unknown>): Promise<BuiltFor[]> {
  const { rows } = await sql<BuiltFor>`
    select distinct p.name, p.distribution, nullif(p.architecture, 'all') as architecture from held_package p
    where p.account_id = ${accountId} and p.package_id in (${packages}) and p.type = 'deb' and p.distribution is not null
    order by 1, 2, 3 limit ${SYSTEMS}`.execute(tx);
  return rows;
}

/**
 * Costs two small reads of a file for each system. Systems of which nothing is known are left out.
 * @throws ScanError `store-corrupt`
 */
export function lookUpOffers(built: readonly BuiltFor[], store: Offering): PackageOffer[] {
  const offers = new Map<string, PackageOffer>();
  for (const { name, distribution, architecture } of built) {
    const parsed = Distribution.safeParse(JSON.parse(distribution));
    if (!parsed.success) continue;
    const { id, version, codename } = parsed.data;
    const release = releaseOf(id, version || codename || '')?.version ?? version;
    if (!release) continue;
    for (const wanted of architecture === null ? USUAL : [architecture]) {
      const key = candidatesKey({ id, release, architecture: wanted });
      const date = store.candidatesDate(key);
      if (date === undefined) continue;
      offers.set(key, {
        distribution: distributionName(distribution) ?? `${id} ${release}`,
        architecture: wanted,
        version: store.candidate(key, name)?.version ?? null,
        date,
      });
      break;
    }
  }
  return [...offers.values()];
}
