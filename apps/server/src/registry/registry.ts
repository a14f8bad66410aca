/** The registry: takes a /v2 request from the socket to its answer. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createHotBlobs } from '../blobs/hot.ts';
import { createOpenFiles } from '../blobs/open-files.ts';
import { createBufferPool } from '../blobs/pool.ts';
import { createBlobSender } from '../blobs/send.ts';
import { type Action, authorize, type Caller, createAuthorization } from './authorize.ts';
import { createBlobCommits } from './commit-blobs.ts';
import { dispatch, type RegistryDeps } from './dispatch.ts';
import { RegistryError } from './error.ts';
import { sendCatalog } from './list-routes.ts';
import { refuse } from './refuse.ts';
import { parseRoute } from './route.ts';
import { answerToken } from './token.ts';
import { createUploadLimits } from './upload-limits.ts';
import type { UploadDeps } from './upload-routes.ts';

export type { RegistryDeps } from './dispatch.ts';

export type Registry = (request: IncomingMessage, response: ServerResponse) => void;

const ACTIONS: Record<string, Action> = {
  GET: 'pull',
  HEAD: 'pull',
  POST: 'push',
  PATCH: 'push',
  PUT: 'push',
  DELETE: 'delete',
};

export function createRegistry(deps: RegistryDeps): Registry {
  const realm = `${deps.publicUrl}/v2/token`;
  const authorization = createAuthorization(deps.authenticator, deps.tokens, realm);
  const sender = createBlobSender(deps.store.path, createHotBlobs(), createBufferPool(), createOpenFiles());
  const uploads: UploadDeps = {
    store: deps.store,
    sessions: deps.uploadSessions,
    limits: createUploadLimits(),
    commits: createBlobCommits(deps.db),
  };

  /** Synchronous as far as memory can answer: a promise costs more than the rest of a manifest's GET. */
  function answer(request: IncomingMessage, response: ServerResponse): Promise<void> | void {
    const text = request.url ?? '/';
    const question = text.indexOf('?');
    const path = question < 0 ? text : text.slice(0, question);
    const special = SPECIAL.has(path) ? answerSpecial(path, request, response) : null;
    if (special) return special;
    const action = ACTIONS[request.method ?? ''];
    if (!action) throw new RegistryError('UNSUPPORTED');
    const route = parseRoute(path);
    // Ending one's own upload is part of pushing.
    const needed = route.kind === 'upload' ? 'push' : action;
    const scope = () => `repository:${route.account}/${route.repository}:${needed === 'push' ? 'pull,push' : needed}`;
    const proceed = (caller: Caller): Promise<void> | void => {
      const grant = authorize(caller, route.account, route.repository, needed, () => authorization.challenge(scope()));
      return dispatch({ deps, uploads, sender, request, response, text, question, route, grant, caller });
    };
    const caller = authorization.caller(request, scope);
    return caller instanceof Promise ? caller.then(proceed) : proceed(caller);
  }

  async function answerSpecial(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('docker-distribution-api-version', 'registry/2.0');
    const url = new URL(request.url ?? '/', 'http://registry');
    if (path === '/v2/token') return answerToken(deps, request, response, url);
    if (path === '/v2/_catalog') {
      const caller = await authorization.caller(request, () => 'registry:catalog:*');
      return sendCatalog(deps.db, caller.principal, url, request, response);
    }
    await authorization.caller(request, () => '');
    response
      .writeHead(200, { 'content-type': 'application/json', 'content-length': 2 })
      .end(request.method === 'HEAD' ? undefined : '{}');
  }

  return (request, response) => {
    try {
      answer(request, response)?.catch((error: unknown) => refuse(deps, request, response, error));
    } catch (error) {
      refuse(deps, request, response, error);
    }
  };
}

const SPECIAL = new Set(['/v2', '/v2/', '/v2/token', '/v2/_catalog']);
