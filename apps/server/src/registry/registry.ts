/** The registry: takes a /v2 request from the socket to its answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { MAX_MANIFEST_BYTES } from '@pratique/oci';
import type { Logger } from 'pino';
import type { Actor } from '../auth/audit.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import type { Grant } from '../auth/principal.ts';
import type { RegistryTokens } from '../auth/registry-token.ts';
import { createHotBlobs } from '../blobs/hot.ts';
import { createOpenFiles } from '../blobs/open-files.ts';
import { createBufferPool } from '../blobs/pool.ts';
import { type BlobSender, createBlobSender } from '../blobs/send.ts';
import type { BlobStore } from '../blobs/store.ts';
import { asTenant, type Db, type Tx } from '../db/connect.ts';
import type { Barrier } from '../feed/barrier.ts';
import { type Action, authorize, type Caller, createAuthorization } from './authorize.ts';
import { sendBlob } from './blob-routes.ts';
import type { CachedManifest, RegistryCache, Repository } from './cache.ts';
import { createBlobCommits } from './commit-blobs.ts';
import { deleteBlob, deleteManifest, deleteTag } from './delete-content.ts';
import { RegistryError, sendError, toRegistryError } from './error.ts';
import { ensureRepository, findRepository } from './find-repository.ts';
import { sendCatalog, sendReferrers, sendTags } from './list-routes.ts';
import { sendManifest } from './manifest-routes.ts';
import { type OnTagged, putManifest } from './put-manifest.ts';
import { readBody } from './read-body.ts';
import { readBlobSize, readManifestByDigest, readManifestByTag } from './read-content.ts';
import { parseRoute, type RegistryRoute } from './route.ts';
import { answerToken } from './token.ts';
import { createUploadLimits } from './upload-limits.ts';
import {
  appendUpload,
  cancelUpload,
  completeUpload,
  reportUpload,
  startUpload,
  type UploadContext,
  type UploadDeps,
} from './upload-routes.ts';
import type { UploadSessions } from './upload-session.ts';

export type RegistryDeps = {
  db: Db;
  store: BlobStore;
  cache: RegistryCache;
  authenticator: Authenticator;
  tokens: RegistryTokens;
  publicUrl: string;
  log: Logger;
  onTagged: OnTagged;
  uploadSessions: UploadSessions;
  /** After a commit: resolves once no other process answers from before it. */
  passed: Barrier['passed'];
  requestId: (request: IncomingMessage) => string;
};

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

  function fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    const failure = toRegistryError(error);
    if (failure.code === 'UNKNOWN') {
      const aborted = (request.destroyed && !request.complete) || (error as { code?: string }).code === 'ECONNRESET';
      deps.log[aborted ? 'debug' : 'error'](
        { err: error, requestId: deps.requestId(request) },
        aborted ? 'client went away' : 'registry request failed',
      );
    }
    const refuse = () => {
      if (!response.headersSent) {
        response.setHeader('docker-distribution-api-version', 'registry/2.0');
        // What is left of a refused body must not be taken for the next request.
        if (!request.complete) response.setHeader('connection', 'close');
      }
      sendError(response, failure, request.method === 'HEAD');
      if (!request.complete) request.resume().setTimeout(5000, () => request.destroy());
    };
    if (request.complete || request.destroyed) refuse();
    else void drain(request).then(refuse);
  }

  return (request, response) => {
    try {
      answer(request, response)?.catch((error: unknown) => fail(request, response, error));
    } catch (error) {
      fail(request, response, error);
    }
  };
}

const SPECIAL = new Set(['/v2', '/v2/', '/v2/token', '/v2/_catalog']);

const DRAIN_BYTES = 16 * 1024 * 1024;
const DRAIN_MS = 2000;

/** Reads on for a little: a client that is still sending would see a broken pipe in place of the answer. */
function drain(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let left = DRAIN_BYTES;
    const done = () => {
      clearTimeout(timer);
      request.off('data', take).off('end', done).off('close', done);
      resolve();
    };
    const take = (chunk: Buffer) => {
      left -= chunk.length;
      if (left <= 0) done();
    };
    const timer = setTimeout(done, DRAIN_MS);
    request.on('data', take).on('end', done).on('close', done);
  });
}

type Call = {
  deps: RegistryDeps;
  uploads: UploadDeps;
  sender: BlobSender;
  request: IncomingMessage;
  response: ServerResponse;
  /** The request's URL, and where its query begins; -1: it has none. */
  text: string;
  question: number;
  route: RegistryRoute;
  grant: Grant;
  caller: Caller;
};

const queryOf = ({ text, question }: Call) => new URLSearchParams(question < 0 ? '' : text.slice(question + 1));
const urlOf = ({ text }: Call) => new URL(text, 'http://registry');

function actorOf({ deps, caller, request }: Call): Actor {
  return {
    id: caller.principal.id,
    name: caller.principal.name,
    requestId: deps.requestId(request),
    address: request.socket.remoteAddress ?? null,
  };
}

function dispatch(call: Call): Promise<void> | void {
  const { route, request, response } = call;
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  // These write their headers in one piece, this one among them.
  if (route.kind === 'manifest' && method === 'GET') return getManifest(call, route.reference, route.isDigest);
  if (route.kind === 'blob' && method === 'GET') return getBlob(call, route.digest);
  if (route.kind === 'uploads' && method === 'POST') return openUpload(call);
  if (route.kind === 'upload' && method === 'PUT')
    return uploadContext(call).then((context) => completeUpload(context, route.token));
  response.setHeader('docker-distribution-api-version', 'registry/2.0');
  return dispatchRest(call, method ?? '');
}

async function dispatchRest(call: Call, method: string): Promise<void> {
  const { route, request, response } = call;
  switch (route.kind) {
    case 'manifest':
      if (method === 'PUT') return storeManifest(call, route.reference, route.isDigest);
      if (method === 'DELETE') return removeManifest(call, route.reference, route.isDigest);
      break;
    case 'blob':
      if (method === 'DELETE') return removeBlob(call, route.digest);
      break;
    case 'upload': {
      const context = await uploadContext(call);
      if (method === 'PATCH') return appendUpload(context, route.token);
      if (method === 'GET') return reportUpload(context, route.token);
      if (method === 'DELETE') return cancelUpload(context, route.token);
      break;
    }
    case 'tags':
      if (method === 'GET') {
        const repository = await requireRepository(call);
        return transact(call, (tx) => sendTags(tx, repository, urlOf(call), request, response));
      }
      break;
    case 'referrers':
      if (method === 'GET') {
        const repository = await findCached(call);
        return transact(call, (tx) => sendReferrers(tx, repository, route.digest, urlOf(call), request, response));
      }
      break;
    case 'uploads':
  }
  throw new RegistryError('UNSUPPORTED');
}

function transact<T>(call: Call, work: (tx: Tx) => Promise<T>): Promise<T> {
  return asTenant(call.deps.db, [call.grant.accountId], work);
}

function findCached(call: Call): Repository | null | Promise<Repository | null> {
  const { account, repository } = call.route;
  return call.deps.cache.repository(account, repository, () =>
    transact(call, (tx) => findRepository(tx, account, repository)),
  );
}

async function requireRepository(call: Call): Promise<Repository> {
  return known(await findCached(call));
}

function known(repository: Repository | null): Repository {
  if (!repository) throw new RegistryError('NAME_UNKNOWN');
  return repository;
}

function getManifest(call: Call, reference: string, byDigest: boolean): Promise<void> | void {
  const send = (manifest: CachedManifest | null) => {
    if (!manifest) throw new RegistryError('MANIFEST_UNKNOWN');
    sendManifest(call.request, call.response, manifest);
  };
  const find = (repository: Repository | null): Promise<void> | void => {
    const { repositoryId } = known(repository);
    const found = call.deps.cache.manifest(repositoryId, reference, () =>
      transact<CachedManifest | null>(call, (tx) =>
        byDigest ? readManifestByDigest(tx, repositoryId, reference) : readManifestByTag(tx, repositoryId, reference),
      ),
    );
    return found instanceof Promise ? found.then(send) : send(found);
  };
  const repository = findCached(call);
  return repository instanceof Promise ? repository.then(find) : find(repository);
}

async function storeManifest(call: Call, reference: string, byDigest: boolean): Promise<void> {
  const { deps, request, response, route } = call;
  const bytes = await readBody(request, MAX_MANIFEST_BYTES);
  const { stored, repository } = await transact(call, async (tx) => {
    const repository = await ensureRepository(tx, call.grant.accountId, route.account, route.repository);
    const stored = await putManifest(
      tx,
      {
        repository,
        tag: byDigest ? null : reference,
        expected: byDigest ? reference : null,
        contentType: request.headers['content-type'],
        bytes,
        actor: actorOf(call),
        origin: 'push',
      },
      deps.onTagged,
    );
    return { stored, repository };
  });
  if (!byDigest)
    deps.cache.forget([{ type: 'tag.pushed', data: { repositoryId: repository.repositoryId, tag: reference } }]);
  // What did not exist nobody remembers; only a tag that moved may still be known elsewhere as it was.
  if (stored.movedTag) await deps.passed(['registry']);
  response.writeHead(201, {
    location: `/v2/${route.account}/${route.repository}/manifests/${stored.digest}`,
    'docker-content-digest': stored.digest,
    'content-length': 0,
    ...(stored.subject === null ? {} : { 'oci-subject': stored.subject }),
  });
  response.end();
}

async function removeManifest(call: Call, reference: string, byDigest: boolean): Promise<void> {
  const repository = await requireRepository(call);
  const { repositoryId } = repository;
  const tags = await transact(call, async (tx) => {
    if (byDigest) return deleteManifest(tx, repository, reference, actorOf(call));
    await deleteTag(tx, repository, reference, actorOf(call));
    return [reference];
  });
  call.deps.cache.forget([
    { type: 'manifest.deleted', data: { repositoryId, digest: reference } },
    ...tags.map((tag) => ({ type: 'tag.deleted', data: { repositoryId, tag } })),
  ]);
  await call.deps.passed();
  call.response.writeHead(202, { 'content-length': 0 }).end();
}

async function getBlob(call: Call, digest: string): Promise<void> {
  const cached = findCached(call);
  const { repositoryId } = known(cached instanceof Promise ? await cached : cached);
  const found = call.deps.cache.blobSize(repositoryId, digest, () =>
    transact(call, (tx) => readBlobSize(tx, repositoryId, digest)),
  );
  const size = found instanceof Promise ? await found : found;
  if (size === null) throw new RegistryError('BLOB_UNKNOWN');
  return sendBlob(call.sender, call.request, call.response, digest, size);
}

async function removeBlob(call: Call, digest: string): Promise<void> {
  const repository = await requireRepository(call);
  await transact(call, (tx) => deleteBlob(tx, repository, digest, actorOf(call)));
  call.deps.cache.forget([{ type: 'blob.deleted', data: { repositoryId: repository.repositoryId, digest } }]);
  await call.deps.passed(['registry']);
  call.response.writeHead(202, { 'content-length': 0 }).end();
}

/** Only a POST makes the repository; for everything else an unknown one has no uploads. */
async function openUpload(call: Call): Promise<void> {
  const { route, grant } = call;
  const cached = findCached(call);
  const found = cached instanceof Promise ? await cached : cached;
  const repository =
    found ?? (await transact(call, (tx) => ensureRepository(tx, grant.accountId, route.account, route.repository)));
  return startUpload(contextFor(call, repository));
}

async function uploadContext(call: Call): Promise<UploadContext> {
  const cached = findCached(call);
  const repository = cached instanceof Promise ? await cached : cached;
  if (!repository) throw new RegistryError('BLOB_UPLOAD_UNKNOWN');
  return contextFor(call, repository);
}

function contextFor(call: Call, repository: Repository): UploadContext {
  return {
    ...call.uploads,
    request: call.request,
    response: call.response,
    query: queryOf(call),
    actor: actorOf(call),
    repository,
    async readable(account, name, digest) {
      // Mounting is reading: the same rule as for a pull from there, and a token narrowed to less may not.
      let source: Grant;
      try {
        source = authorize(call.caller, account, name, 'pull', () => '');
      } catch {
        return null;
      }
      return asTenant(call.deps.db, [source.accountId], async (tx) => {
        const from = await findRepository(tx, account, name);
        return from ? readBlobSize(tx, from.repositoryId, digest) : null;
      });
    },
  };
}
