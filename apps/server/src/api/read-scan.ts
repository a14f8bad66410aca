/** What is in an image and what is known about it, as the API tells it. */
import type { Finding, ImageScan } from '@pratique/contract';
import { prioritise, withCandidates } from '@pratique/scan';
import type { BlobStore } from '../blobs/store.ts';
import { readContents } from '../contents/read-contents.ts';
import type { Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { choosePlatform } from '../inventory/choose-platform.ts';
import { readConfigOf } from '../inventory/read-config.ts';
import { readInventory, type StoredInventory } from '../inventory/read-inventory.ts';
import type { Repository } from '../registry/cache.ts';
import { withLikelihood } from '../scan/likelihood.ts';
import { readStatedFindings, type StatedDeps } from '../vex/stated-findings.ts';
import type { ResolvedImage } from './image-queries.ts';

export type ScanDeps = {
  store: BlobStore;
  vex: StatedDeps['vex'];
  config: { dataDir: string; publicUrl: string };
};

const NOT_EXAMINED = { secrets: null, malware: null, unexamined: null, baseline: null };

/** Packages and findings of one image, or of one platform of an index. @throws ServerError `conflict` before it was scanned */
export async function readScan(
  tx: Tx,
  deps: ScanDeps,
  repository: Repository,
  image: ResolvedImage,
  { platform, all }: { platform?: string | undefined; all: boolean },
): Promise<ImageScan> {
  const { digest, inventory } = await requireInventory(tx, repository, image, platform);
  const stating = { publicUrl: deps.config.publicUrl, vex: deps.vex };
  const place = { digest, index: image.digest };
  const scanned = await readStatedFindings(tx, stating, repository, place, inventory.inventoryId);
  if (!scanned) throw new ServerError('conflict', 'the image has not been scanned yet; its chain may still be running');
  const config = (await readConfigOf(tx, deps.store, digest))?.config;
  const exposure = config ? { user: config.User, ports: Object.keys(config.ExposedPorts) } : null;
  const findings = all ? scanned.findings : scanned.findings.filter((one: Finding) => one.status !== 'not-affected');
  const { packages, distribution } = inventory;
  const known = await withLikelihood(deps.config.dataDir, (likelihood, advisories) => {
    const plain = { packages, findings: prioritise(findings, { likelihood, exposure }) };
    return advisories ? withCandidates(plain, distribution, advisories) : plain;
  });
  return {
    image: { reference: `${repository.account}/${repository.name}`, digest, distribution },
    ...known,
    missing: inventory.missing,
    uncovered: scanned.uncovered,
    ...((await readContents(tx, digest)) ?? NOT_EXAMINED),
  };
}

/** Of the platform that is asked for, or of the first. @throws ServerError `not-found`, `conflict` before there is one */
export async function requireInventory(
  tx: Tx,
  repository: Repository,
  image: ResolvedImage,
  platform: string | undefined,
): Promise<{ digest: string; inventory: StoredInventory }> {
  const chosen = await choosePlatform(tx, repository.repositoryId, image.digest, platform);
  const inventory = await readInventory(tx, chosen.digest);
  if (!inventory) throw new ServerError('conflict', 'the image has no inventory yet; its chain may still be running');
  return { digest: chosen.digest, inventory };
}
