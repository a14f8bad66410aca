/** Images: lists, the image document, packages, findings, SBOMs. */
import { Admission, ImageRow, ImageScan, ImageStatus, Receipt, Run } from '@pratique/contract';
import { toCycloneDx, toSpdx } from '@pratique/scan';
import { sql } from 'kysely';
import { z } from 'zod';
import { matchesAny } from '../auth/pattern.ts';
import { asTenant, type Db, type Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { VERSION } from '../version.ts';
import { grantOf, wholeGrantOf } from './access.ts';
import type { App } from './app.ts';
import { coveredRepositories } from './covered-repositories.ts';
import { listImages, readAdmissions, readReceipts } from './image-queries.ts';
import { readRuns } from './read-runs.ts';
import { readScan, requireInventory, type ScanDeps } from './read-scan.ts';
import { readStatus } from './read-status.ts';
import { ImageQuery, withImage } from './with-image.ts';

const AccountPath = z.object({ account: z.string() });
const PlatformQuery = ImageQuery.extend({ platform: z.string().max(200).optional() });

export function imageRoutes(app: App, deps: ScanDeps & { db: Db }): void {
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
        const covered = await coveredRepositories(tx, grant);
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
