/** One advisory and whom it touches, and what updates of the advisories changed. */
import {
  AdvisoryChangeRows,
  AdvisoryPage,
  type AdvisoryUpdate,
  AdvisoryUpdateDetail,
  AdvisoryUpdates,
  AffectedPackages,
  ChangeKind,
  HoldingCustomers,
  HoldingImages,
  HoldingPlacements,
  HoldingTime,
} from '@pratique/contract';
import type { FastifyRequest } from 'fastify';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Config } from '../config.ts';
import type { Db, Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import {
  hadHole,
  havingHole,
  type KnownHole,
  listAffectedPackages,
  readAdvisoryPage,
  readHole,
} from '../findings/advisory-page.ts';
import { createAdvisoryFinder } from '../findings/find-advisory.ts';
import { acrossImages } from '../findings/held.ts';
import { listHoldingCustomers, listHoldingImages, listHoldingPlacements } from '../findings/holders.ts';
import { describeUpdate, listChanges, listUpdates, readUpdate, touchedBy } from '../findings/updates.ts';
import { wholeGrantOf } from './access.ts';
import type { App } from './app.ts';
import { AccountPath, PageQuery } from './findings.ts';

const AdvisoryPath = AccountPath.extend({
  advisory: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/, 'is no name of an advisory'),
});
const UpdatePath = AccountPath.extend({ update: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) });
const KindQuery = PageQuery.extend({ kind: ChangeKind.default('affected') });

export function advisoryRoutes(app: App, { db, config }: { db: Db; config: Config }): void {
  const finder = createAdvisoryFinder(config.dataDir);

  app.get(
    '/api/v1/accounts/:account/advisories/:advisory',
    { config: { access: 'reader' }, schema: { params: AdvisoryPath, response: { 200: AdvisoryPage } } },
    async (request) => {
      const { accountId } = wholeGrantOf(request);
      const { advisory } = request.params;
      const hole = await acrossImages(db, accountId, (tx) => readHole(tx, accountId, advisory));
      // Files are read between the transactions, not in one.
      const about = hole.about.flatMap((key) => {
        const [ecosystem, name] = key.split('\t');
        return ecosystem && name ? [{ ecosystem, name }] : [];
      });
      const found = await finder.find(hole.names, about.length > 0 ? about : null);
      const page = await acrossImages(db, accountId, (tx) => readAdvisoryPage(tx, accountId, advisory, hole, found));
      if (!page) throw new ServerError('not-found', `no source of advisories knows ${advisory}`);
      return page;
    },
  );

  /** Runs `work` on a hole by the names of its findings; empty lists where nothing of the account's has it. */
  const withHole = <T>(
    request: FastifyRequest,
    advisory: string,
    work: (tx: Tx, accountId: string, hole: KnownHole) => Promise<T>,
  ): Promise<T> => {
    const { accountId } = wholeGrantOf(request);
    return acrossImages(db, accountId, async (tx) => work(tx, accountId, await readHole(tx, accountId, advisory)));
  };
  const lists = { params: AdvisoryPath, querystring: PageQuery };

  app.get(
    '/api/v1/accounts/:account/advisories/:advisory/packages',
    { config: { access: 'reader' }, schema: { ...lists, response: { 200: AffectedPackages } } },
    async (request) =>
      withHole(request, request.params.advisory, (tx, accountId, { ids }) =>
        listAffectedPackages(tx, accountId, ids, request.query),
      ),
  );

  app.get(
    '/api/v1/accounts/:account/advisories/:advisory/images',
    {
      config: { access: 'reader' },
      schema: {
        params: AdvisoryPath,
        querystring: PageQuery.extend({ time: HoldingTime.default('now') }),
        response: { 200: HoldingImages },
      },
    },
    async (request) =>
      withHole(request, request.params.advisory, (tx, accountId, hole) => {
        const { time, ...page } = request.query;
        return listHoldingImages(tx, time === 'now' ? havingHole(accountId, hole.ids) : hadHole(accountId, hole), page);
      }),
  );

  app.get(
    '/api/v1/accounts/:account/advisories/:advisory/placements',
    { config: { access: 'reader' }, schema: { ...lists, response: { 200: HoldingPlacements } } },
    async (request) =>
      withHole(request, request.params.advisory, (tx, accountId, { ids }) =>
        listHoldingPlacements(tx, havingHole(accountId, ids), request.query, new Date()),
      ),
  );

  app.get(
    '/api/v1/accounts/:account/advisories/:advisory/customers',
    { config: { access: 'reader' }, schema: { ...lists, response: { 200: HoldingCustomers } } },
    async (request) =>
      withHole(request, request.params.advisory, (tx, accountId, { ids }) =>
        listHoldingCustomers(tx, havingHole(accountId, ids), request.query),
      ),
  );

  app.get(
    '/api/v1/accounts/:account/advisories/:advisory/changes',
    { config: { access: 'reader' }, schema: { ...lists, response: { 200: AdvisoryChangeRows } } },
    async (request) =>
      withHole(request, request.params.advisory, (tx, accountId, { ids }) =>
        listChanges(tx, accountId, sql`r.advisory_id = any (${ids}::text[])`, request.query),
      ),
  );

  app.get(
    '/api/v1/accounts/:account/advisory-updates',
    {
      config: { access: 'reader' },
      schema: { params: AccountPath, querystring: PageQuery, response: { 200: AdvisoryUpdates } },
    },
    async (request) => {
      const { accountId } = wholeGrantOf(request);
      return acrossImages(db, accountId, (tx) => listUpdates(tx, accountId, request.query));
    },
  );

  async function withUpdate<T>(
    request: FastifyRequest,
    id: number,
    work: (tx: Tx, accountId: string, update: AdvisoryUpdate) => Promise<T>,
  ): Promise<T> {
    const { accountId, account } = wholeGrantOf(request);
    return acrossImages(db, accountId, async (tx) => {
      const update = await readUpdate(tx, accountId, id);
      if (!update)
        throw new ServerError('not-found', `no update ${id} changed anything for ${account}, or it is forgotten`);
      return work(tx, accountId, update);
    });
  }
  const ofUpdate = { params: UpdatePath, querystring: KindQuery };

  app.get(
    '/api/v1/accounts/:account/advisory-updates/:update',
    { config: { access: 'reader' }, schema: { params: UpdatePath, response: { 200: AdvisoryUpdateDetail } } },
    async (request) =>
      withUpdate(request, request.params.update, (tx, accountId, update) => describeUpdate(tx, accountId, update)),
  );

  app.get(
    '/api/v1/accounts/:account/advisory-updates/:update/changes',
    {
      config: { access: 'reader' },
      schema: {
        params: UpdatePath,
        querystring: PageQuery.extend({ kind: ChangeKind.optional() }),
        response: { 200: AdvisoryChangeRows },
      },
    },
    async (request) =>
      withUpdate(request, request.params.update, (tx, accountId, { id }) => {
        const { kind } = request.query;
        const which = sql`r.update_id = ${id}::bigint and (${kind ?? null}::text is null or r.kind = ${kind ?? null}::text)`;
        return listChanges(tx, accountId, which, request.query);
      }),
  );

  app.get(
    '/api/v1/accounts/:account/advisory-updates/:update/images',
    { config: { access: 'reader' }, schema: { ...ofUpdate, response: { 200: HoldingImages } } },
    async (request) =>
      withUpdate(request, request.params.update, (tx, accountId, update) =>
        listHoldingImages(tx, touchedBy(accountId, update, request.query.kind), request.query),
      ),
  );

  app.get(
    '/api/v1/accounts/:account/advisory-updates/:update/placements',
    { config: { access: 'reader' }, schema: { ...ofUpdate, response: { 200: HoldingPlacements } } },
    async (request) =>
      withUpdate(request, request.params.update, (tx, accountId, update) =>
        listHoldingPlacements(tx, touchedBy(accountId, update, request.query.kind), request.query, new Date()),
      ),
  );

  app.get(
    '/api/v1/accounts/:account/advisory-updates/:update/customers',
    { config: { access: 'reader' }, schema: { ...ofUpdate, response: { 200: HoldingCustomers } } },
    async (request) =>
      withUpdate(request, request.params.update, (tx, accountId, update) =>
        listHoldingCustomers(tx, touchedBy(accountId, update, request.query.kind), request.query),
      ),
  );
}
