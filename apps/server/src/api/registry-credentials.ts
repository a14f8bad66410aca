/** Credentials for examining images of other registries: set, listed without passwords, removed. */
import { NewRegistryCredential, RegistryCredential } from '@pratique/contract';
import { z } from 'zod';
import { recordAudit } from '../auth/audit.ts';
import { asTenant, type Db } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { appendEvent } from '../feed/append-event.ts';
import {
  credentialHost,
  credentialPurpose,
  deleteCredential,
  listCredentials,
  putCredential,
  retryUnreachable,
} from '../foreign/registry-credentials.ts';
import type { Signer } from '../signer/client.ts';
import { actorOf, wholeGrantOf } from './access.ts';
import type { App } from './app.ts';

const AccountPath = z.object({ account: z.string() });
const HostPath = AccountPath.extend({ host: z.string().max(300) });
const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::\d{1,5})?$/;

export function registryCredentialRoutes(app: App, deps: { db: Db; signer: Pick<Signer, 'seal'> }): void {
  const { db, signer } = deps;

  app.get(
    '/api/v1/accounts/:account/registry-credentials',
    {
      config: { access: 'maintainer' },
      schema: { params: AccountPath, response: { 200: z.array(RegistryCredential) } },
    },
    async (request) => asTenant(db, [wholeGrantOf(request).accountId], listCredentials),
  );

  app.put(
    '/api/v1/accounts/:account/registry-credentials/:host',
    {
      config: { access: 'maintainer' },
      schema: { params: HostPath, body: NewRegistryCredential, response: { 200: z.array(RegistryCredential) } },
    },
    async (request) => {
      const { accountId } = wholeGrantOf(request);
      const host = readHost(request.params.host);
      const { user, password } = request.body;
      const sealed = await signer.seal(credentialPurpose(accountId, host), password);
      const actor = actorOf(request);
      return asTenant(db, [accountId], async (tx) => {
        await putCredential(tx, accountId, { host, user, sealed, author: actor.name });
        await retryUnreachable(tx, accountId);
        await recordAudit(tx, { accountId, actor, action: 'registry-credential.set', subject: host, detail: { user } });
        await appendEvent(tx, {
          accountId,
          subject: `registry-credential/${host}`,
          type: 'registry-credential.changed',
          data: { host, user, actor: actor.name },
        });
        return listCredentials(tx);
      });
    },
  );

  app.delete(
    '/api/v1/accounts/:account/registry-credentials/:host',
    { config: { access: 'maintainer' }, schema: { params: HostPath, response: { 204: z.null() } } },
    async (request, reply) => {
      const { accountId } = wholeGrantOf(request);
      const host = readHost(request.params.host);
      const actor = actorOf(request);
      await asTenant(db, [accountId], async (tx) => {
        if (!(await deleteCredential(tx, accountId, host)))
          throw new ServerError('not-found', `there are no credentials for ${host}`);
        await recordAudit(tx, { accountId, actor, action: 'registry-credential.remove', subject: host });
        await appendEvent(tx, {
          accountId,
          subject: `registry-credential/${host}`,
          type: 'registry-credential.removed',
          data: { host, actor: actor.name },
        });
      });
      return reply.status(204).send(null);
    },
  );
}

function readHost(text: string): string {
  const host = credentialHost(text);
  if (HOST.test(host)) return host;
  throw new ServerError(
    'invalid',
    `${JSON.stringify(text.slice(0, 100))} is no registry’s host; write HOST or HOST:PORT`,
  );
}
