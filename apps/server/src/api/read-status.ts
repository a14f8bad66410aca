/** The image document: everything that stands on an image's page. */
import type { ImageStatus, Secret } from '@pratique/contract';
import { ImageManifest, isIndexType } from '@pratique/oci';
import { sql } from 'kysely';
import type { Grant } from '../auth/principal.ts';
import { readPlacements } from '../cluster/read-cluster.ts';
import { readExamination, readSecrets } from '../contents/read-contents.ts';
import { redactConfig } from '../contents/redact-config.ts';
import type { Tx } from '../db/connect.ts';
import { readRenewal } from '../explain/read-renewal.ts';
import { readPlatforms } from '../inventory/platforms.ts';
import { readConfigBlob } from '../inventory/read-config.ts';
import { readInventory } from '../inventory/read-inventory.ts';
import type { Repository } from '../registry/cache.ts';
import { readRepairs } from '../repair/read-repairs.ts';
import { readRevocation } from '../revocation/read-revocation.ts';
import { countFindings } from '../scan/read-findings.ts';
import { readStatedFindings } from '../vex/stated-findings.ts';
import { type ResolvedImage, readAdmissions, readReceipts, readSignatures, readVerdict } from './image-queries.ts';
import { readRuns } from './read-runs.ts';
import type { ScanDeps } from './read-scan.ts';

/** As the caller may see it. */
export async function readStatus(
  tx: Tx,
  deps: ScanDeps,
  repository: Repository,
  image: ResolvedImage,
  reference: string,
  grant: Grant,
): Promise<ImageStatus> {
  const { repositoryId } = repository;
  const platforms = await readPlatforms(tx, repositoryId, image.digest);
  const [platform] = platforms;
  const inventory = platform ? await readInventory(tx, platform.digest) : null;
  const stating = { publicUrl: deps.config.publicUrl, vex: deps.vex };
  const scanned =
    platform && inventory
      ? await readStatedFindings(
          tx,
          stating,
          repository,
          { digest: platform.digest, index: image.digest },
          inventory.inventoryId,
        )
      : null;
  const counted = scanned ? countFindings(scanned.findings) : null;
  const [run] = await readRuns(tx, { repositoryId, digest: image.digest, limit: 1 });
  const revocation = await readRevocation(tx, repository, image.digest);
  const manifest = isIndexType(image.mediaType) ? null : ImageManifest.parse(JSON.parse(image.bytes.toString('utf8')));
  const config =
    manifest && (await deps.store.has(manifest.config.digest))
      ? await readConfigBlob(deps.store, manifest.config)
      : null;
  const tags = await sql<{
    name: string;
    immutable: boolean;
  }>`select name, immutable from tag where repository_id = ${repositoryId} and digest = ${image.digest} order by name`.execute(
    tx,
  );
  return {
    account: repository.account,
    repository: repository.name,
    reference,
    tags: tags.rows,
    digest: image.digest,
    mediaType: image.mediaType,
    size:
      image.bytes.length +
      (manifest ? [manifest.config, ...manifest.layers].reduce((sum, blob) => sum + blob.size, 0) : 0),
    pushedAt: image.pushedAt.toISOString(),
    pushedBy: image.pushedBy,
    created: config?.created ?? null,
    config: config
      ? redactConfig(
          {
            user: config.config.User,
            entrypoint: config.config.Entrypoint,
            cmd: config.config.Cmd,
            env: config.config.Env,
            labels: config.config.Labels,
          },
          await readSecretsOf(tx, image.digest),
        )
      : null,
    layers: (manifest?.layers ?? []).map(({ digest, size, mediaType }) => ({ digest, size, mediaType })),
    platforms: platforms.map((platform) => ({
      ...platform,
      os: platform.os || config?.os || '',
      architecture: platform.architecture || config?.architecture || '',
    })),
    verdict: await readVerdict(tx, repository, image.digest),
    renewal: await readRenewal(tx, repositoryId, image.digest),
    revocation: revocation ? { by: revocation.by, at: revocation.at.toISOString(), reason: revocation.reason } : null,
    chain: { state: run?.state ?? 'none', run: run ?? null },
    inventory: inventory
      ? {
          distribution: inventory.distribution,
          packages: inventory.packages.length,
          files: inventory.fileCount,
          missing: inventory.missing,
        }
      : null,
    findings: counted?.counts ?? null,
    fixable: counted?.fixable ?? null,
    uncovered: scanned?.uncovered ?? [],
    signatures: await readSignatures(tx, repositoryId, image.digest),
    deliveries: await readReceipts(tx, { repositoryId, digest: image.digest, limit: 100 }),
    // A review names every image of its pod, in whatever repository.
    admissions: grant.repositories.includes('**')
      ? await readAdmissions(tx, { digest: image.digest, before: null, limit: 20 })
      : [],
    // So does a placement.
    runningIn: grant.repositories.includes('**')
      ? await readPlacements(
          tx,
          { digests: [image.digest, ...platforms.map((platform) => platform.digest)], limit: 100, offset: 0 },
          new Date(),
        )
      : [],
    repairs: (await readRepairs(tx, { repositoryId, digest: image.digest, mode: 'repair', limit: 10 })).filter(
      (repair) => repair.repaired !== null,
    ),
  };
}

/** null where the contents were not examined. */
async function readSecretsOf(tx: Tx, digest: string): Promise<Secret[] | null> {
  const examination = await readExamination(tx, digest);
  if (!examination || examination.failure !== null) return null;
  return readSecrets(tx, examination.examinationId, { after: -1, limit: null });
}
