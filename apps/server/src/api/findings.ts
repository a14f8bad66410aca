/** Findings, packages and upgrades across the images of an account. */
import {
  Cursor,
  FacetQuery,
  FindingFacets,
  FindingFilter,
  FindingQuery,
  FindingRows,
  HoldingCustomers,
  HoldingImages,
  HoldingPlacements,
  PackagePage,
  PackageRows,
  UpgradeGroups,
} from '@pratique/contract';
import type { FastifyRequest } from 'fastify';
import type { RawBuilder } from 'kysely';
import { z } from 'zod';
import type { Config } from '../config.ts';
import type { Db, Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { keepAccountFacts, keepSeconds } from '../findings/account-facts.ts';
import { countFacets, readCells } from '../findings/count-facets.ts';
import { type FindingScope, isNarrowed, readScope } from '../findings/finding-source.ts';
import { acrossImages } from '../findings/held.ts';
import { listHoldingCustomers, listHoldingImages, listHoldingPlacements } from '../findings/holders.ts';
import { listFindings } from '../findings/list-findings.ts';
import { listUpgrades } from '../findings/list-upgrades.ts';
import { lookUpOffers, readBuiltFor } from '../findings/package-offers.ts';
import { listPackages, packagesOf, readPackagePage } from '../findings/packages.ts';
import { withLikelihood } from '../scan/likelihood.ts';
import { wholeGrantOf } from './access.ts';
import type { App } from './app.ts';

export const AccountPath = z.object({ account: z.string() });
export const PageQuery = z.object({
  after: Cursor.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
const Term = z.string().min(1).max(300);
const PackageSearch = PageQuery.extend({
  name: Term.optional(),
  search: Term.optional(),
  type: z.string().min(1).max(30).optional(),
  version: Term.optional(),
  below: Term.optional(),
  purl: z.string().min(1).max(1000).optional(),
  covered: z.stringbool().optional(),
});
const PackageQuery = z.object({
  type: z.string().min(1).max(30),
  name: Term,
  version: Term.optional(),
  below: Term.optional(),
  /** Name and version are those of the source package that a distribution built packages from. */
  source: z.stringbool().default(false),
  /** The version is the whole one, not how it begins. */
  exact: z.stringbool().default(false),
  purl: z.string().min(1).max(1000).optional(),
});

export function findingRoutes(app: App, { db, config }: { db: Db; config: Config }): void {
  const factsOf = keepAccountFacts(db);
  const cellsOf = keepSeconds(async (accountId) => {
    const facts = await factsOf(accountId);
    return acrossImages(db, accountId, async (tx) => {
      const scope = await readScope(tx, accountId, facts, {});
      return scope ? readCells(tx, scope) : [];
    });
  });

  /** Runs `work` on the account's findings as the filter narrows them. */
  async function withFindings<T>(
    request: FastifyRequest,
    filter: FindingFilter,
    work: (tx: Tx, scope: FindingScope) => Promise<T>,
  ): Promise<T> {
    const { accountId, account } = wholeGrantOf(request);
    const facts = await factsOf(accountId);
    return acrossImages(db, accountId, async (tx) => {
      const scope = await readScope(tx, accountId, facts, filter);
      if (!scope) throw new ServerError('not-found', `${account} has no repository ${filter.repository ?? ''}`);
      return work(tx, scope);
    });
  }

  app.get(
    '/api/v1/accounts/:account/findings',
    {
      config: { access: 'reader' },
      schema: { params: AccountPath, querystring: FindingQuery, response: { 200: FindingRows } },
    },
    async (request) => {
      const { sort, after, limit, ...filter } = request.query;
      return withFindings(request, filter, (tx, scope) => listFindings(tx, scope, { sort, after, limit }));
    },
  );

  app.get(
    '/api/v1/accounts/:account/findings/facets',
    {
      config: { access: 'reader' },
      schema: { params: AccountPath, querystring: FacetQuery, response: { 200: FindingFacets } },
    },
    async (request) => {
      const { repositories, ...filter } = request.query;
      // Whatever is chosen, all facets are counted from the same cells.
      const kept = !isNarrowed(filter) ? await cellsOf(wholeGrantOf(request).accountId) : null;
      return withFindings(request, filter, async (tx, scope) =>
        countFacets(tx, scope, kept ?? (await readCells(tx, scope)), repositories),
      );
    },
  );

  app.get(
    '/api/v1/accounts/:account/findings/upgrades',
    {
      config: { access: 'reader' },
      schema: {
        params: AccountPath,
        querystring: FindingFilter.extend(PageQuery.shape),
        response: { 200: UpgradeGroups },
      },
    },
    async (request) => {
      const { after, limit, ...filter } = request.query;
      return withFindings(request, filter, (tx, scope) => listUpgrades(tx, scope, { after, limit }));
    },
  );

  app.get(
    '/api/v1/accounts/:account/packages',
    {
      config: { access: 'reader' },
      schema: { params: AccountPath, querystring: PackageSearch, response: { 200: PackageRows } },
    },
    async (request) => {
      const { accountId } = wholeGrantOf(request);
      const { after, limit, ...filter } = request.query;
      return acrossImages(db, accountId, async (tx) =>
        listPackages(tx, accountId, await packagesOf(tx, accountId, filter), {
          after,
          limit,
        }),
      );
    },
  );

  /** Runs `work` on the packages of one name that are asked for. */
  async function withPackages<T>(
    request: FastifyRequest,
    { type, name, version, below, source, exact, purl }: z.infer<typeof PackageQuery>,
    work: (tx: Tx, accountId: string, packages: RawBuilder<unknown>) => Promise<T | null>,
  ): Promise<T> {
    const { accountId, account } = wholeGrantOf(request);
    return acrossImages(db, accountId, async (tx) => {
      const filter = { type, name, version, below, source, exact, purl };
      const found = await work(tx, accountId, await packagesOf(tx, accountId, filter));
      if (found === null)
        throw new ServerError('not-found', `no image of ${account} holds such a package ${type} ${name}`);
      return found;
    });
  }

  app.get(
    '/api/v1/accounts/:account/package',
    {
      config: { access: 'reader' },
      schema: { params: AccountPath, querystring: PackageQuery, response: { 200: PackagePage } },
    },
    async (request) => {
      const read = await withPackages(request, request.query, async (tx, accountId, packages) => {
        const page = await readPackagePage(tx, accountId, packages);
        return page && { page, built: await readBuiltFor(tx, accountId, packages) };
      });
      // Files are read after the transaction, not in it.
      const offered = await withLikelihood(config.dataDir, (_, store) =>
        store ? lookUpOffers(read.built, store) : [],
      );
      return { ...read.page, offered };
    },
  );

  const paged = PackageQuery.extend(PageQuery.shape);
  app.get(
    '/api/v1/accounts/:account/package/images',
    {
      config: { access: 'reader' },
      schema: { params: AccountPath, querystring: paged, response: { 200: HoldingImages } },
    },
    async (request) =>
      withPackages(request, request.query, (tx, accountId, packages) =>
        listHoldingImages(tx, { accountId, packages, until: null }, request.query),
      ),
  );

  app.get(
    '/api/v1/accounts/:account/package/placements',
    {
      config: { access: 'reader' },
      schema: { params: AccountPath, querystring: paged, response: { 200: HoldingPlacements } },
    },
    async (request) =>
      withPackages(request, request.query, (tx, accountId, packages) =>
        listHoldingPlacements(tx, { accountId, packages, until: null }, request.query, new Date()),
      ),
  );

  app.get(
    '/api/v1/accounts/:account/package/customers',
    {
      config: { access: 'reader' },
      schema: { params: AccountPath, querystring: paged, response: { 200: HoldingCustomers } },
    },
    async (request) =>
      withPackages(request, request.query, (tx, accountId, packages) =>
        listHoldingCustomers(tx, { accountId, packages, until: null }, request.query),
      ),
  );
}
