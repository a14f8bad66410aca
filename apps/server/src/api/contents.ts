/** What is in the contents of images: secrets, malware, how they stand against the baseline. */
import {
  HeldMalware,
  HeldSecret,
  HeldSecrets,
  ImageChecks,
  ImageContents,
  ImageMalware,
  ImageSecrets,
  ImageUnexamined,
  MalwareQuery,
  SecretFingerprint,
  SecretHolders,
  SecretQuery,
} from '@pratique/contract';
import type { FastifyRequest } from 'fastify';
import { sql } from 'kysely';
import { z } from 'zod';
import { listHeldMalware, listHeldSecrets, listSecretHolders, readHeldSecret } from '../contents/across-images.ts';
import {
  readChecks,
  readExamination,
  readMalware,
  readSecrets,
  readUnexamined,
  type Slice,
  type StoredExamination,
} from '../contents/read-contents.ts';
import type { Db, Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { decodeCursor, OneNumber, pageOf } from '../findings/cursor.ts';
import { acrossImages } from '../findings/held.ts';
import { contentExceptions, readActiveExceptions } from '../gate/exceptions.ts';
import { choosePlatform } from '../inventory/choose-platform.ts';
import type { Repository } from '../registry/cache.ts';
import { grantOf, wholeGrantOf } from './access.ts';
import type { App } from './app.ts';
import { PageQuery } from './findings.ts';
import { ImageQuery, withImage } from './with-image.ts';

const AccountPath = z.object({ account: z.string() });
const SecretPath = AccountPath.extend({ fingerprint: SecretFingerprint });
const PlatformQuery = ImageQuery.extend({ platform: z.string().max(200).optional() });
const ListQuery = PlatformQuery.extend(PageQuery.shape);

export function contentRoutes(app: App, { db }: { db: Db }): void {
  app.get(
    '/api/v1/accounts/:account/image/contents',
    {
      config: { access: 'reader' },
      schema: { params: AccountPath, querystring: PlatformQuery, response: { 200: ImageContents } },
    },
    async (request) =>
      withImage(db, grantOf(request), request.query, async (tx, repository, image) => {
        const { digest } = await choosePlatform(tx, repository.repositoryId, image.digest, request.query.platform);
        return toImageContents(digest, await readExamination(tx, digest), await readRevision(tx));
      }),
  );

  /** A page of one of the lists of an image's contents; empty where nothing is known. */
  async function listOf<T extends { ordinal: number }, R>(
    request: FastifyRequest & { query: z.infer<typeof ListQuery> },
    read: (tx: Tx, examinationId: number, slice: Slice) => Promise<T[]>,
    say: (tx: Tx, repository: Repository) => Promise<(found: T) => R>,
  ): Promise<{ rows: R[]; next: string | null }> {
    const { platform, after, limit } = request.query;
    const [last] = decodeCursor(after, OneNumber) ?? [-1];
    return withImage(db, grantOf(request), request.query, async (tx, repository, image) => {
      const { digest } = await choosePlatform(tx, repository.repositoryId, image.digest, platform);
      const examination = await readExamination(tx, digest);
      if (!examination || examination.failure !== null) return { rows: [], next: null };
      const found = await read(tx, examination.examinationId, { after: last, limit: limit + 1 });
      const page = pageOf(found, limit, (row) => [row.ordinal]);
      const told = await say(tx, repository);
      return { rows: page.rows.map(told), next: page.next };
    });
  }
  const exceptionsOf = async (tx: Tx, { accountId, name }: Repository) =>
    contentExceptions(await readActiveExceptions(tx, accountId), name);

  app.get(
    '/api/v1/accounts/:account/image/secrets',
    {
      config: { access: 'reader' },
      schema: { params: AccountPath, querystring: ListQuery, response: { 200: ImageSecrets } },
    },
    async (request) => {
      const { rows, next } = await listOf(request, readSecrets, async (tx, repository) => {
        const { ofSecret } = await exceptionsOf(tx, repository);
        return (secret) => ({ ...secret, exception: ofSecret(secret) });
      });
      return { secrets: rows, next };
    },
  );

  app.get(
    '/api/v1/accounts/:account/image/malware',
    {
      config: { access: 'reader' },
      schema: { params: AccountPath, querystring: ListQuery, response: { 200: ImageMalware } },
    },
    async (request) => {
      const { rows, next } = await listOf(request, readMalware, async (tx, repository) => {
        const { ofMalware } = await exceptionsOf(tx, repository);
        return (match) => ({ ...match, exception: ofMalware(match) });
      });
      return { malware: rows, next };
    },
  );

  app.get(
    '/api/v1/accounts/:account/image/checks',
    {
      config: { access: 'reader' },
      schema: { params: AccountPath, querystring: ListQuery, response: { 200: ImageChecks } },
    },
    async (request) => {
      const { rows, next } = await listOf(request, readChecks, async (tx, repository) => {
        const { ofCheck } = await exceptionsOf(tx, repository);
        return (check) => ({ ...check, exception: ofCheck(check.id) });
      });
      return { checks: rows, next };
    },
  );

  app.get(
    '/api/v1/accounts/:account/image/unexamined',
    {
      config: { access: 'reader' },
      schema: { params: AccountPath, querystring: ListQuery, response: { 200: ImageUnexamined } },
    },
    async (request) => {
      const { rows, next } = await listOf(request, readUnexamined, async () => (one) => one);
      return { unexamined: rows, next };
    },
  );

  app.get(
    '/api/v1/accounts/:account/secrets',
    {
      config: { access: 'reader' },
      schema: { params: AccountPath, querystring: SecretQuery, response: { 200: HeldSecrets } },
    },
    async (request) => {
      const { accountId } = wholeGrantOf(request);
      return acrossImages(db, accountId, (tx) => listHeldSecrets(tx, accountId, request.query));
    },
  );

  app.get(
    '/api/v1/accounts/:account/secrets/:fingerprint',
    { config: { access: 'reader' }, schema: { params: SecretPath, response: { 200: HeldSecret } } },
    async (request) => {
      const { accountId, account } = wholeGrantOf(request);
      const found = await acrossImages(db, accountId, (tx) =>
        readHeldSecret(tx, accountId, request.params.fingerprint),
      );
      if (!found) throw new ServerError('not-found', `no image of ${account} holds such a secret`);
      return found;
    },
  );

  app.get(
    '/api/v1/accounts/:account/secrets/:fingerprint/images',
    {
      config: { access: 'reader' },
      schema: { params: SecretPath, querystring: PageQuery, response: { 200: SecretHolders } },
    },
    async (request) => {
      const { accountId } = wholeGrantOf(request);
      return acrossImages(db, accountId, (tx) =>
        listSecretHolders(tx, accountId, request.params.fingerprint, request.query),
      );
    },
  );

  app.get(
    '/api/v1/accounts/:account/malware',
    {
      config: { access: 'reader' },
      schema: { params: AccountPath, querystring: MalwareQuery, response: { 200: HeldMalware } },
    },
    async (request) => {
      const { accountId } = wholeGrantOf(request);
      return acrossImages(db, accountId, (tx) => listHeldMalware(tx, accountId, request.query));
    },
  );
}

async function readRevision(tx: Tx): Promise<string | null> {
  const { rows } = await sql<{ revision: string }>`
    select value #>> '{}' as revision from setting where key = 'contents.revision'`.execute(tx);
  return rows[0]?.revision ?? null;
}

function toImageContents(digest: string, found: StoredExamination | null, revision: string | null): ImageContents {
  const known = found !== null && found.failure === null;
  return {
    digest,
    counts: known
      ? {
          secrets: found.secrets,
          reachableSecrets: found.reachableSecrets,
          malware: found.malware,
          unexamined: found.unexamined,
          failedChecks: found.failedChecks,
          passedChecks: found.passed.length,
        }
      : null,
    examinedAt: found?.examinedAt.toISOString() ?? null,
    failure: found?.failure ?? null,
    current: found !== null && found.revision === revision,
    passed: found?.passed ?? [],
    notApplicable: found?.notApplicable ?? [],
  };
}
