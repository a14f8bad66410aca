/** The blob upload protocol: POST, PATCH, PUT, GET, DELETE (distribution-spec 1.1, "Pushing blobs"). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isDigest } from '@pratique/contract';
import { parseReference } from '@pratique/oci';
import type { Actor } from '../auth/audit.ts';
import type { BlobStore } from '../blobs/store.ts';
import type { Tx } from '../db/connect.ts';
import type { Repository } from './cache.ts';
import { RegistryError } from './error.ts';
import { deleteUpload, insertBlob, insertUpload, uploadExists } from './uploads.ts';

const MAX_BLOB_BYTES = 64 * 1024 ** 3;

export type UploadContext = {
  store: BlobStore;
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  actor: Actor;
  /** The repository, made when it does not exist. */
  repository: Repository;
  /** One transaction that sees the caller's account. */
  transact: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;
  /** Size of a blob in another repository that the caller may read, or null. */
  readable: (account: string, repository: string, digest: string) => Promise<number | null>;
};

/** POST: mounts a blob, takes it whole, or opens a session. */
export async function startUpload(context: UploadContext): Promise<void> {
  const { url, request, response, repository } = context;
  const mount = url.searchParams.get('mount');
  const from = url.searchParams.get('from');
  if (mount !== null && isDigest(mount) && from !== null && (await mountBlob(context, mount, from))) return;
  const digest = url.searchParams.get('digest');
  if (digest !== null && !isDigest(digest))
    throw new RegistryError('DIGEST_INVALID', { message: 'the digest is not sha256: and 64 hex digits' });
  const id = await context.transact((tx) => insertUpload(tx, repository, context.actor.id));
  remember(context, id);
  if (digest !== null) {
    await receive(context, id);
    await finishUpload(context, id, digest);
    return;
  }
  request.resume();
  response.writeHead(202, {
    location: uploadLocation(repository, id),
    range: '0-0',
    'docker-upload-uuid': id,
    'oci-chunk-min-length': '1',
    'content-length': 0,
  });
  response.end();
}

/** PATCH: appends a chunk; a chunk with a Content-Range must begin where the upload ends. */
export async function appendUpload(context: UploadContext, id: string): Promise<void> {
  await requireUpload(context, id);
  const size = await receive(context, id);
  context.response.writeHead(202, {
    location: uploadLocation(context.repository, id),
    range: rangeOf(size),
    'docker-upload-uuid': id,
    'content-length': 0,
  });
  context.response.end();
}

/** PUT: takes the last chunk, if any, and makes the upload a blob. */
export async function completeUpload(context: UploadContext, id: string): Promise<void> {
  const digest = context.url.searchParams.get('digest');
  if (digest === null || !isDigest(digest))
    throw new RegistryError('DIGEST_INVALID', { message: 'PUT of an upload names the digest as ?digest=sha256:...' });
  await requireUpload(context, id);
  await receive(context, id);
  await finishUpload(context, id, digest);
}

/** GET: how far the upload is. */
export async function reportUpload(context: UploadContext, id: string): Promise<void> {
  await requireUpload(context, id);
  const size = await context.store.upload(id).size();
  context.response.writeHead(204, {
    location: uploadLocation(context.repository, id),
    range: rangeOf(size),
    'docker-upload-uuid': id,
  });
  context.response.end();
}

export async function cancelUpload(context: UploadContext, id: string): Promise<void> {
  await requireUpload(context, id);
  opened.delete(id);
  await context.store.upload(id).discard();
  await context.transact((tx) => deleteUpload(tx, id));
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
  await context.transact((tx) => insertBlob(tx, context.repository, digest, size));
  context.request.resume();
  context.response.writeHead(201, {
    location: blobLocation(context.repository, digest),
    'docker-content-digest': digest,
    'content-length': 0,
  });
  context.response.end();
  return true;
}

/** Sessions that this process opened or asked for lately; the rows are for other processes and for after a restart. */
const opened = new Map<string, { owner: string; askAgainAt: number }>();
const MAX_OPENED = 50_000;
/** Often enough for the row of a slow upload not to look abandoned. */
const ASK_AGAIN_MS = 3_600_000;

const ownerOf = ({ repository, actor }: UploadContext) => `${repository.repositoryId} ${actor.id}`;

function remember(context: UploadContext, id: string): void {
  if (opened.size >= MAX_OPENED) opened.clear();
  opened.set(id, { owner: ownerOf(context), askAgainAt: Date.now() + ASK_AGAIN_MS });
}

async function requireUpload(context: UploadContext, id: string): Promise<void> {
  const known = opened.get(id);
  if (known && known.owner === ownerOf(context) && known.askAgainAt > Date.now()) return;
  if (!(await context.transact((tx) => uploadExists(tx, context.repository, id, context.actor.id))))
    throw new RegistryError('BLOB_UPLOAD_UNKNOWN');
  remember(context, id);
}

async function receive(context: UploadContext, id: string): Promise<number> {
  const { request, repository } = context;
  const upload = context.store.upload(id);
  const range = /^(?:bytes )?(\d{1,15})-(\d{1,15})$/.exec(request.headers['content-range'] ?? '');
  if (range) {
    const size = await upload.size();
    if (Number(range[1]) !== size)
      throw new RegistryError('RANGE_INVALID', {
        message: `the next byte expected is ${size}`,
        headers: { location: uploadLocation(repository, id), range: rangeOf(size) },
      });
    const declared = request.headers['content-length'];
    if (declared !== undefined && Number(range[2]) - Number(range[1]) + 1 !== Number(declared))
      throw new RegistryError('SIZE_INVALID', { message: 'Content-Range and Content-Length disagree' });
  }
  return upload.append(request as AsyncIterable<Buffer>, MAX_BLOB_BYTES);
}

async function finishUpload(context: UploadContext, id: string, digest: string): Promise<void> {
  const size = await context.store.upload(id).finish(digest);
  await context.transact((tx) =>
    size === null ? deleteUpload(tx, id) : insertBlob(tx, context.repository, digest, size, id),
  );
  opened.delete(id);
  if (size === null)
    throw new RegistryError('DIGEST_INVALID', { message: `the uploaded bytes do not have the digest ${digest}` });
  context.response.writeHead(201, {
    location: blobLocation(context.repository, digest),
    'docker-content-digest': digest,
    'content-length': 0,
  });
  context.response.end();
}

const base = (repository: Repository) => `/v2/${repository.account}/${repository.name}/blobs`;
const blobLocation = (repository: Repository, digest: string) => `${base(repository)}/${digest}`;
const uploadLocation = (repository: Repository, id: string) => `${base(repository)}/uploads/${id}`;
const rangeOf = (size: number) => `0-${Math.max(size - 1, 0)}`;
