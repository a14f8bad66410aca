/** The instance's certificate authority, for whoever configures a cluster, and its rotation. */
import { AuthorityCertificate, AuthorityRotation, AuthorityRotationStep } from '@pratique/contract';
import {
  type AuthorityState,
  beginRotation,
  finishRotation,
  forgetPrevious,
  readAuthority,
} from '../cluster/rotate-authority.ts';
import { asSystem, type Db } from '../db/connect.ts';
import type { Signer } from '../signer/client.ts';
import { actorOf } from './access.ts';
import type { App } from './app.ts';

export function authorityRoutes(app: App, deps: { db: Db; signer: Signer }): void {
  const { db, signer } = deps;
  app.get(
    '/api/v1/authority',
    { config: { access: 'signed-in' }, schema: { response: { 200: AuthorityCertificate } } },
    async () => describeAuthority(db, signer),
  );

  app.get(
    '/api/v1/authority/rotation',
    { config: { access: 'admin' }, schema: { response: { 200: AuthorityRotation } } },
    async () => describeAuthority(db, signer),
  );

  app.post(
    '/api/v1/authority/rotation',
    { config: { access: 'admin' }, schema: { body: AuthorityRotationStep, response: { 200: AuthorityRotation } } },
    async (request) => {
      const actor = actorOf(request);
      const { step } = request.body;
      // Also makes the first authority where there is none.
      await signer.authority();
      const made = step === 'begin' ? await signer.makeAuthority() : null;
      return asSystem(db, async (tx) => {
        if (made) await beginRotation(tx, made, actor);
        else if (step === 'finish') await finishRotation(tx, actor);
        else await forgetPrevious(tx, actor);
        return readAuthority(tx);
      });
    },
  );
}

/** The signer makes the authority where there is none yet. */
export async function describeAuthority(db: Db, signer: Signer): Promise<AuthorityState> {
  await signer.authority();
  return asSystem(db, readAuthority);
}
