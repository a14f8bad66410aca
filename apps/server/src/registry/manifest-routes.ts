/** Sends a manifest: what registry clients ask for most, from memory and in one write. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CachedManifest } from './cache.ts';

/** What of the answer is the same for everybody who asks for this manifest. */
type Prepared = { etag: string; headers: string[]; whole: string[]; body: string | Buffer };

// Manifests in the cache live long; what was prepared for one goes with it.
const prepared = new WeakMap<CachedManifest, Prepared>();
/** A text goes to the socket together with the headers; a large one would be copied for that. */
const MAX_TEXT = 64 * 1024;

function prepare(manifest: CachedManifest): Prepared {
  const etag = `"${manifest.digest}"`;
  const headers = [
    'docker-distribution-api-version',
    'registry/2.0',
    'content-type',
    manifest.mediaType,
    'docker-content-digest',
    manifest.digest,
    'etag',
    etag,
    'x-content-type-options',
    'nosniff',
  ];
  const { bytes } = manifest;
  const made = {
    etag,
    headers,
    whole: [...headers, 'content-length', String(bytes.length)],
    body: bytes.length <= MAX_TEXT ? bytes.toString('latin1') : bytes,
  };
  prepared.set(manifest, made);
  return made;
}

/** Answers GET and HEAD, and 304 to a client that has this very manifest (RFC 9110, 13.1.2). */
export function sendManifest(request: IncomingMessage, response: ServerResponse, manifest: CachedManifest): void {
  const ready = prepared.get(manifest) ?? prepare(manifest);
  if (request.headers['if-none-match'] === ready.etag) {
    response.writeHead(304, ready.headers).end();
    return;
  }
  response.writeHead(200, ready.whole);
  if (request.method === 'HEAD') response.end();
  else response.end(ready.body, 'latin1');
}
