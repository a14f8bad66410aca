/** The blob upload protocol: POST, PATCH, PUT, GET, DELETE (distribution-spec 1.1, "Pushing blobs"). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isDigest } from '@pratique/contract';
import { parseReference } from '@pratique/oci';
import type { Actor } from '../auth/audit.ts';
import type { BlobStore } from '../blobs/store.ts';
import { ServerError } from '../error.ts';
import type { Repository } from './cache.ts';
import type { BlobCommits } from './commit-blobs.ts';
import { RegistryError } from './error.ts';
import type { UploadLimits } from './upload-limits.ts';
import type { UploadSessions } from './upload-session.ts';

const MAX_BLOB_BYTES = 64 * 1024 ** 3;

/** What all requests about uploads need; made once. */
export type UploadDeps = { store: BlobStore; sessions: UploadSessions; limits: UploadLimits; commits: BlobCommits };

export type UploadContext = UploadDeps & {
  request: IncomingMessage;
  response: ServerResponse;
  /** The part of the URL after the question mark. */
  query: URLSearchParams;
  actor: Actor;
  /** A POST makes it when it does not exist; other requests are about one that does. */
  repository: Repository;
  /** Size of a blob in another repository that the caller may read, or null. */
  readable: (account: string, repository: string, digest: string) => Promise<number | null>;
};

/** POST: mounts a blob, takes it whole, or opens a session, which costs nothing. */
export async function startUpload(context: UploadContext): Promise<void> {
  const { query, request, response, repository, store } = context;
  const mount = query.get('mount');
  const from = query.get('from');
  if (mount !== null && isDigest(mount) && from !== null && (await mountBlob(context, mount, from))) return;
  const digest = query.get('digest');
  if (digest !== null) {
    requireDigest(digest, 'the digest is not sha256: and 64 hex digits');
    const size = await receiving(context, () => store.receive(bodyOf(request), digest, MAX_BLOB_BYTES));
    if (size === null) throw otherDigest(digest);
    return created(context, digest, size);
  }
  const { id, token } = context.sessions.open(ownerOf(context));
  request.resume();
  response.writeHead(202, [
    'docker-distribution-api-version',
    'registry/2.0',
    'location',
    uploadLocation(repository, token),
    'range',
    '0-0',
    'docker-upload-uuid',
    id,
    'oci-chunk-min-length',
    '1',
    'content-length',
    '0',
  ]);
  response.end();
}

/** PATCH: appends a chunk; a chunk with a Content-Range must begin where the upload ends. */
export async function appendUpload(context: UploadContext, token: string): Promise<void> {
  const { request, response, repository, store, limits } = context;
  const id = requireSession(context, token);
  await limits.keep(id, repository.accountId, async (one) => (await store.upload(one).look()).state === 'open');
  const from = chunkStart(request);
  const done = await receiving(context, () =>
    store.upload(id).append(bodyOf(request), MAX_BLOB_BYTES, from).catch(toUnknown),
  );
  if (done.outcome === 'elsewhere') throw outOfOrder(repository, token, done.size);
  response.writeHead(202, {
    location: uploadLocation(repository, token),
    range: rangeOf(done.size),
    'docker-upload-uuid': id,
    'content-length': 0,
  });
  response.end();
}

/** PUT: takes the last chunk, if any, and makes the upload a blob. */
export async function completeUpload(context: UploadContext, token: string): Promise<void> {
  const { request, repository, store, limits } = context;
  const digest = context.query.get('digest') ?? '';
  requireDigest(digest, 'PUT of an upload names the digest as ?digest=sha256:...');
  const id = requireSession(context, token);
  const from = chunkStart(request);
  const done = await receiving(context, () =>
    store.upload(id).finish(bodyOf(request), MAX_BLOB_BYTES, from, digest).catch(toUnknown),
  );
  if (done.outcome === 'elsewhere') throw outOfOrder(repository, token, done.size);
  limits.forget(id);
  noteEnded(id);
  if (done.outcome === 'differs') throw otherDigest(digest);
  await created(context, digest, done.size);
}

/** GET: how far the upload is. */
export async function reportUpload(context: UploadContext, token: string): Promise<void> {
  const { response, repository, store } = context;
  const id = requireSession(context, token);
  const progress = await store.upload(id).look();
  if (progress.state === 'ended') throw new RegistryError('BLOB_UPLOAD_UNKNOWN');
  response.writeHead(204, {
    location: uploadLocation(repository, token),
    range: rangeOf(progress.state === 'open' ? progress.size : 0),
    'docker-upload-uuid': id,
  });
  response.end();
}

/** DELETE: ends the upload and throws its bytes away. */
export async function cancelUpload(context: UploadContext, token: string): Promise<void> {
  const id = requireSession(context, token);
  await context.store.upload(id).discard().catch(toUnknown);
  context.limits.forget(id);
  context.response.writeHead(204).end();
}

async function mountBlob(context: UploadContext, digest: string, from: string): Promise<boolean> {
  let source: { account: string; repository: string };
  try {
    const { name } = parseReference(from);
    source = { account: name.slice(0, name.indexOf('/')), repository: name.slice(name.indexOf('/') + 1) };
  } catch {
    return false; // the specification's fallback: an upload session instead of an error
  }
  const size = await context.readable(source.account, source.repository, digest);
  if (size === null) return false;
  context.request.resume();
  await created(context, digest, size);
  return true;
}

/** Records the blob, whose bytes are durable, and says so. */
async function created(context: UploadContext, digest: string, size: number): Promise<void> {
  const { repository, response } = context;
  const { repositoryId, accountId } = repository;
  await context.commits.add({ repositoryId, accountId, digest, size });
  response.writeHead(201, [
    'docker-distribution-api-version',
    'registry/2.0',
    'location',
    `${base(repository)}/${digest}`,
    'docker-content-digest',
    digest,
    'content-length',
    '0',
  ]);
  response.end();
}

/** Uploads that this process completed in one request: they leave no mark on the disk by which they could be known. */
const ended = new Set<string>();
const MAX_ENDED = 20_000;
function noteEnded(id: string): void {
  if (ended.size >= MAX_ENDED) ended.clear();
  ended.add(id);
}

const ownerOf = ({ repository, actor }: UploadContext) => ({
  repositoryId: repository.repositoryId,
  actorId: actor.id,
});

/** @throws RegistryError BLOB_UPLOAD_UNKNOWN for what is forged, expired, somebody else's or ended: one answer for all */
function requireSession(context: UploadContext, token: string): string {
  const id = context.sessions.verify(token, ownerOf(context));
  if (id === null || ended.has(id)) throw new RegistryError('BLOB_UPLOAD_UNKNOWN');
  return id;
}

async function receiving<T>(context: UploadContext, work: () => Promise<T>): Promise<T> {
  const { request, actor, repository, limits } = context;
  const counted = limits.begin(request, { actorId: actor.id, accountId: repository.accountId });
  try {
    return await work();
  } finally {
    counted.done();
  }
}

const bodyOf = (request: IncomingMessage) => request as AsyncIterable<Buffer>;

/** Where the chunk begins, by its Content-Range; null when the client does not say. */
function chunkStart(request: IncomingMessage): number | null {
  const range = /^(?:bytes )?(\d{1,15})-(\d{1,15})(?:\/(?:\d{1,15}|\*))?$/.exec(request.headers['content-range'] ?? '');
  if (!range) return null;
  const declared = request.headers['content-length'];
  if (declared !== undefined && Number(range[2]) - Number(range[1]) + 1 !== Number(declared))
    throw new RegistryError('SIZE_INVALID', { message: 'Content-Range and Content-Length disagree' });
  return Number(range[1]);
}

const outOfOrder = (repository: Repository, token: string, size: number) =>
  new RegistryError('RANGE_INVALID', {
    message: `the next byte expected is ${size}`,
    headers: { location: uploadLocation(repository, token), range: rangeOf(size) },
  });

const otherDigest = (digest: string) =>
  new RegistryError('DIGEST_INVALID', { message: `the uploaded bytes do not have the digest ${digest}` });

function requireDigest(digest: string, message: string): void {
  if (!isDigest(digest)) throw new RegistryError('DIGEST_INVALID', { message });
}

function toUnknown(error: unknown): never {
  if (error instanceof ServerError && error.code === 'not-found') throw new RegistryError('BLOB_UPLOAD_UNKNOWN');
  throw error;
}

const base = (repository: Repository) => `/v2/${repository.account}/${repository.name}/blobs`;
const uploadLocation = (repository: Repository, token: string) => `${base(repository)}/uploads/${token}`;
const rangeOf = (size: number) => `0-${Math.max(size - 1, 0)}`;
