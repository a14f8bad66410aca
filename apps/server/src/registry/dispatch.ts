/** Does what a request asks for, once it is known who asks and that they may. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { MAX_MANIFEST_BYTES } from '@pratique/oci';
import type { Logger } from 'pino';
import type { Actor } from '../auth/audit.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import type { Grant } from '../auth/principal.ts';
import type { RegistryTokens } from '../auth/registry-token.ts';
import type { BlobSender } from '../blobs/send.ts';
import type { BlobStore } from '../blobs/store.ts';
import { asTenant, type Db, type Tx } from '../db/connect.ts';
import type { Barrier } from '../feed/barrier.ts';
import { authorize, type Caller } from './authorize.ts';
import { sendBlob } from './blob-routes.ts';
import type { CachedManifest, RegistryCache, Repository } from './cache.ts';
import { deleteBlob, deleteManifest, deleteTag } from './delete-content.ts';
import { RegistryError } from './error.ts';
import { ensureRepository, findRepository } from './find-repository.ts';
import { sendReferrers, sendTags } from './list-routes.ts';
import { sendManifest } from './manifest-routes.ts';
import { type OnTagged, putManifest } from './put-manifest.ts';
import { readBody } from './read-body.ts';
import { readBlobSize, readManifestByDigest, readManifestByTag } from './read-content.ts';
import type { RegistryRoute } from './route.ts';
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

export type Call = {
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

/** Synchronous as far as memory can answer. @throws RegistryError */
export function dispatch(call: Call): Promise<void> | void {
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
