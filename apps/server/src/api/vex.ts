/** VEX: whose statements count for the account's images. */
import { NewVexDocument, VexDocumentContent, VexDocumentInfo } from '@pratique/contract';
import { z } from 'zod';
import { asTenant, type Db } from '../db/connect.ts';
import { addFile, listDocuments, requireDocument, withdrawDocument } from '../vex/documents.ts';
import { actorOf, wholeGrantOf } from './access.ts';
import type { App } from './app.ts';

const AccountPath = z.object({ account: z.string() });
const DocumentPath = AccountPath.extend({ document: z.uuid() });
const Path = '/api/v1/accounts/:account/vex';
const MAX_BODY_BYTES = 33_000_000;

export function vexRoutes(app: App, deps: { db: Db }): void {
  const { db } = deps;

  app.get(
    Path,
    { config: { access: 'reader' }, schema: { params: AccountPath, response: { 200: z.array(VexDocumentInfo) } } },
    async (request) => asTenant(db, [wholeGrantOf(request).accountId], listDocuments),
  );

  app.get(
    `${Path}/:document`,
    { config: { access: 'reader' }, schema: { params: DocumentPath, response: { 200: VexDocumentContent } } },
    async (request) =>
      asTenant(db, [wholeGrantOf(request).accountId], (tx) => requireDocument(tx, request.params.document)),
  );

  app.post(
    Path,
    {
      config: { access: 'maintainer' },
      bodyLimit: MAX_BODY_BYTES,
      schema: { params: AccountPath, body: NewVexDocument, response: { 201: VexDocumentContent } },
    },
    async (request, reply) => {
      const { accountId } = wholeGrantOf(request);
      const added = await asTenant(db, [accountId], (tx) =>
        addFile(tx, accountId, actorOf(request), request.body.content),
      );
      return reply.status(201).send(added);
    },
  );

  app.delete(
    `${Path}/:document`,
    { config: { access: 'maintainer' }, schema: { params: DocumentPath, response: { 204: z.null() } } },
    async (request, reply) => {
      const { accountId } = wholeGrantOf(request);
      await asTenant(db, [accountId], (tx) =>
        withdrawDocument(tx, accountId, actorOf(request), request.params.document),
      );
      return reply.status(204).send(null);
    },
  );
}
