/** Images: lists, the image document, packages, findings, SBOMs. */
import { Admission, type Finding, ImageRow, ImageScan, ImageStatus, Receipt, Run } from '@pratique/contract';
import { ImageManifest, isIndexType } from '@pratique/oci';
import { prioritise, toCycloneDx, toSpdx, withCandidates } from '@pratique/scan';
import { sql } from 'kysely';
import { z } from 'zod';
import { matchesAny } from '../auth/pattern.ts';
import type { Grant } from '../auth/principal.ts';
import type { BlobStore } from '../blobs/store.ts';
import { readPlacements } from '../cluster/read-cluster.ts';
import { asTenant, type Db, type Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { readRenewal } from '../explain/read-renewal.ts';
import { readPlatforms } from '../inventory/platforms.ts';
import { readConfigBlob, readConfigOf } from '../inventory/read-config.ts';
import { readInventory, type StoredInventory } from '../inventory/read-inventory.ts';
import type { Repository } from '../registry/cache.ts';
import { findRepository } from '../registry/find-repository.ts';
import { readRevocation } from '../revocation/read-revocation.ts';
import { withLikelihood } from '../scan/likelihood.ts';
import { countFindings } from '../scan/read-findings.ts';
import { VERSION } from '../version.ts';
import { readStatedFindings, type StatedDeps } from '../vex/stated-findings.ts';
import { grantOf, wholeGrantOf } from './access.ts';
import type { App } from './app.ts';
import {
  listImages,
  type ResolvedImage,
  readAdmissions,
  readReceipts,
  readRuns,
  readSignatures,
  readVerdict,
  resolveImage,
} from './image-queries.ts';

const AccountPath = z.object({ account: z.string() });
export const ImageQuery = z.object({ repository: z.string().min(1).max(255), reference: z.string().min(1).max(200) });
const PlatformQuery = ImageQuery.extend({ platform: z.string().max(200).optional() });

export type ImageDeps = {
  db: Db;
  store: BlobStore;
  vex: StatedDeps['vex'];
  config: { dataDir: string; publicUrl: string };
};

export function imageRoutes(app: App, deps: ImageDeps): void {
  const { db } = deps;

  app.get(
    '/api/v1/accounts/:account/repositories',
    {
      config: { access: 'reader' },
      schema: {
        params: AccountPath,
        response: { 200: z.array(z.object({ name: z.string(), tags: z.number(), createdAt: z.string() })) },
      },
    },
    async (request) => {
      const grant = grantOf(request);
      const rows = await asTenant(db, [grant.accountId], readRepositories);
      return rows.filter((row) => matchesAny(grant.repositories, row.name));
    },
  );

  app.get(
    '/api/v1/accounts/:account/images',
    {
      config: { access: 'reader' },
      schema: {
        params: AccountPath,
        querystring: z.object({
          repository: z.string().max(255).optional(),
          search: z.string().max(200).optional(),
          limit: z.coerce.number().int().min(1).max(500).default(100),
          offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
        }),
        response: { 200: z.array(ImageRow) },
      },
    },
    async (request) => {
      const grant = grantOf(request);
      const { repository, search, limit, offset } = request.query;
      return asTenant(db, [grant.accountId], async (tx) => {
        // Chosen before the page is cut: filtered after it, pages of a limited robot would have holes, or nothing in them.
        const covered = grant.repositories.includes('**')
          ? null
          : (await readRepositories(tx)).map((row) => row.name).filter((name) => matchesAny(grant.repositories, name));
        const filter = { repository: repository ?? null, covered, search: search ?? null, limit, offset };
        return listImages(tx, grant.account, filter);
      });
    },
  );

  app.get(
    '/api/v1/accounts/:account/image',
    {
      config: { access: 'reader' },
      schema: { params: AccountPath, querystring: ImageQuery, response: { 200: ImageStatus } },
    },
    async (request) =>
      withImage(db, grantOf(request), request.query, (tx, repository, image) =>
        readStatus(tx, deps, repository, image, request.query.reference, grantOf(request)),
      ),
  );

  app.get(
    '/api/v1/accounts/:account/image/scan',
    {
      config: { access: 'reader' },
      schema: {
        params: AccountPath,
        querystring: PlatformQuery.extend({ all: z.stringbool().default(false) }),
        response: { 200: ImageScan },
      },
    },
    async (request) =>
      withImage(db, grantOf(request), request.query, (tx, repository, image) =>
        readScan(tx, deps, repository, image, request.query),
      ),
  );

  app.get(
    '/api/v1/accounts/:account/image/sbom',
    {
      config: { access: 'reader' },
      schema: {
        params: AccountPath,
        querystring: PlatformQuery.extend({ format: z.enum(['spdx', 'cyclonedx']).default('spdx') }),
        response: { 200: z.record(z.string(), z.unknown()) },
      },
    },
    async (request) =>
      withImage(db, grantOf(request), request.query, async (tx, repository, image) => {
        const { digest, inventory } = await requireInventory(tx, repository, image, request.query.platform);
        const subject = {
          name: `${repository.account}/${repository.name}`,
          digest,
          created: image.pushedAt.toISOString(),
          toolVersion: VERSION,
        };
        const whole = { ...inventory, files: [] };
        return request.query.format === 'spdx' ? toSpdx(whole, subject) : toCycloneDx(whole, subject);
      }),
  );

  app.get(
    '/api/v1/accounts/:account/image/runs',
    {
      config: { access: 'reader' },
      schema: { params: AccountPath, querystring: ImageQuery, response: { 200: z.array(Run) } },
    },
    async (request) =>
      withImage(db, grantOf(request), request.query, (tx, repository, image) =>
        readRuns(tx, { repositoryId: repository.repositoryId, digest: image.digest, limit: 50 }),
      ),
  );

  app.get(
    '/api/v1/accounts/:account/image/attestation',
    {
      config: { access: 'reader' },
      schema: {
        params: AccountPath,
        querystring: ImageQuery.extend({ predicateType: z.string().max(300) }),
        response: { 200: z.object({ bundle: z.unknown() }) },
      },
    },
    async (request) =>
      withImage(db, grantOf(request), request.query, async (tx, repository, image) => ({
        bundle: await readBundle(tx, repository.repositoryId, image.digest, request.query.predicateType),
      })),
  );

  app.get(
    '/api/v1/accounts/:account/receipts',
    { config: { access: 'reader' }, schema: { params: AccountPath, response: { 200: z.array(Receipt) } } },
    async (request) => asTenant(db, [wholeGrantOf(request).accountId], (tx) => readReceipts(tx, { limit: 200 })),
  );

  app.get(
    '/api/v1/accounts/:account/admissions',
    {
      config: { access: 'reader' },
      schema: {
        params: AccountPath,
        querystring: z.object({
          digest: z.string().max(100).optional(),
          before: z.coerce.number().int().optional(),
          limit: z.coerce.number().int().min(1).max(500).default(100),
        }),
        response: { 200: z.array(Admission) },
      },
    },
    async (request) =>
      asTenant(db, [wholeGrantOf(request).accountId], (tx) =>
        readAdmissions(tx, {
          digest: request.query.digest ?? null,
          before: request.query.before ?? null,
          limit: request.query.limit,
        }),
      ),
  );
}

/** Runs `work` on an image that the caller may read; what it may not read is answered like what does not exist. */
export async function withImage<T>(
  db: Db,
  grant: Grant,
  query: z.infer<typeof ImageQuery>,
  work: (tx: Tx, repository: Repository, image: ResolvedImage) => Promise<T>,
): Promise<T> {
  return asTenant(db, [grant.accountId], async (tx) => {
    const repository = matchesAny(grant.repositories, query.repository)
      ? await findRepository(tx, grant.account, query.repository)
      : null;
    const image = repository ? await resolveImage(tx, repository.repositoryId, query.reference) : null;
    if (!repository || !image)
      throw new ServerError(
        'not-found',
        `there is no image ${grant.account}/${query.repository}${query.reference.includes(':') ? '@' : ':'}${query.reference}`,
      );
    return work(tx, repository, image);
  });
}

async function readRepositories(tx: Tx): Promise<{ name: string; tags: number; createdAt: string }[]> {
  const { rows } = await sql<{ name: string; tags: number; created_at: Date }>`
    select r.name, r.created_at, (select count(*) from tag t where t.repository_id = r.repository_id)::int as tags from repository r order by r.name`.execute(
    tx,
  );
  return rows.map((row) => ({ name: row.name, tags: row.tags, createdAt: row.created_at.toISOString() }));
}

async function readBundle(tx: Tx, repositoryId: string, digest: string, predicateType: string): Promise<unknown> {
  const { rows } = await sql<{ bundle: unknown }>`
    select bundle from attestation where repository_id = ${repositoryId} and subject_digest = ${digest} and predicate_type = ${predicateType} order by created_at desc limit 1`.execute(
    tx,
  );
  if (!rows[0]) throw new ServerError('not-found', `there is no attestation of type ${predicateType}`);
  return rows[0].bundle;
}

/** Packages and findings of one image, or of one platform of an index. @throws ServerError `conflict` before it was scanned */
export async function readScan(
  tx: Tx,
  deps: Omit<ImageDeps, 'db'>,
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
  };
}

async function requireInventory(
  tx: Tx,
  repository: Repository,
  image: ResolvedImage,
  platform: string | undefined,
): Promise<{ digest: string; inventory: StoredInventory }> {
  const platforms = await readPlatforms(tx, repository.repositoryId, image.digest);
  const chosen =
    platform === undefined
      ? platforms[0]
      : platforms.find((one) => one.digest === platform || `${one.os}/${one.architecture}` === platform);
  if (!chosen)
    throw new ServerError(
      'not-found',
      `the image has no platform ${platform ?? ''}; it has ${platforms.map((one) => `${one.os}/${one.architecture}`).join(', ')}`,
    );
  const inventory = await readInventory(tx, chosen.digest);
  if (!inventory) throw new ServerError('conflict', 'the image has no inventory yet; its chain may still be running');
  return { digest: chosen.digest, inventory };
}

async function readStatus(
  tx: Tx,
  deps: Omit<ImageDeps, 'db'>,
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
      ? {
          user: config.config.User,
          entrypoint: config.config.Entrypoint,
          cmd: config.config.Cmd,
          env: config.config.Env,
          labels: config.config.Labels,
        }
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
  };
}
