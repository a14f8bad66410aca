/** A client for one repository of a registry of the distribution specification. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { isDigest } from '@pratique/contract';
import type { ContentSink, ContentSource, RawManifest } from '../content.ts';
import { OciError } from '../error.ts';
import { MAX_MANIFEST_BYTES, parseManifest } from '../manifest.ts';
import { MANIFEST_TYPES } from '../media-types.ts';
import { isRepositoryName, isTag } from '../reference.ts';
import { verifyStream } from '../verify-stream.ts';
import { readPages, TagPage } from './lists.ts';
import { putBlob } from './put-blob.ts';
import { createReferrers } from './referrers.ts';
import { createSend, readBody, type SendOptions } from './send.ts';

export type RegistryOptions = SendOptions;
export type Registry = ContentSource & ContentSink & { tags(): Promise<string[]> };

/**
 * Opens one repository for reading and writing. Nothing is sent until a method is called.
 *
 * Its methods throw OciError `not-found`, `unauthorized`, `registry-error` (with the registry's own words),
 * `registry-unreachable`, `digest-mismatch`, `size-mismatch`. Passing faults (connections, 408, 429, 5xx) are tried again.
 *
 * @throws OciError `reference-invalid` for what is no repository name
 */
export function openRegistry(options: RegistryOptions): Registry {
  if (!isRepositoryName(options.name))
    throw new OciError('reference-invalid', `${JSON.stringify(options.name.slice(0, 200))} is no repository name`);
  const base = `${options.url.replace(/\/+$/, '')}/v2/${options.name}`;
  const send = createSend(options);
  const accept = { accept: MANIFEST_TYPES.join(', ') };

  const manifest = async (reference: string): Promise<RawManifest> => {
    const response = await send(`${base}/manifests/${checked(reference)}`, { headers: accept });
    const bytes = await readBody(response, MAX_MANIFEST_BYTES);
    const actual = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const claimed = response.headers.get('docker-content-digest') ?? '';
    const expected = isDigest(reference) ? reference : isDigest(claimed) ? claimed : actual;
    if (expected !== actual)
      throw new OciError(
        'digest-mismatch',
        `${options.url} answered ${reference} with bytes whose digest is ${actual}, not ${expected}`,
      );
    return { digest: actual, mediaType: typeOf(response, bytes), bytes };
  };
  const referrers = createReferrers(send, base, manifest);

  return {
    manifest,
    async blob(descriptor) {
      const response = await send(`${base}/blobs/${checked(descriptor.digest)}`);
      const body = response.body ? Readable.fromWeb(response.body as WebStream) : Readable.from([]);
      const verified = verifyStream(descriptor);
      body.on('error', (cause: Error) =>
        verified.destroy(
          new OciError('registry-unreachable', `${options.url} broke off ${descriptor.digest}: ${cause.message}`, {
            cause,
          }),
        ),
      );
      verified.on('close', () => body.destroy());
      return body.pipe(verified);
    },
    referrers: (digest) => referrers.read(checked(digest)),
    async hasManifest(digest) {
      const response = await send(`${base}/manifests/${checked(digest)}`, {
        method: 'HEAD',
        headers: accept,
        accepted: [404],
      });
      return response.status === 200;
    },
    async hasBlob(descriptor) {
      const response = await send(`${base}/blobs/${checked(descriptor.digest)}`, { method: 'HEAD', accepted: [404] });
      const length = response.headers.get('content-length');
      return response.status === 200 && (length === null || Number(length) === descriptor.size);
    },
    putBlob: (descriptor, content, reopen) => putBlob(send, base, { descriptor, content, reopen }),
    async putManifest(raw, tag) {
      const response = await send(`${base}/manifests/${checked(tag ?? raw.digest)}`, {
        method: 'PUT',
        headers: { 'content-type': raw.mediaType },
        body: new Uint8Array(raw.bytes),
      });
      await response.body?.cancel();
      const { subject } = parseManifest(raw.bytes, raw.mediaType).manifest;
      // A registry that lists referrers itself says so in its answer.
      if (subject && !response.headers.has('oci-subject')) await referrers.add(subject.digest, raw);
    },
    async tags() {
      const tags: string[] = [];
      await readPages(send, `${base}/tags/list?n=1000`, TagPage, (page) => {
        const mine = (page.tags ?? []).filter(isTag);
        tags.push(...mine);
        return mine.length;
      });
      return tags;
    },
  };
}

/** Goes into a path, so it must be what it says it is. */
function checked(reference: string): string {
  if (isDigest(reference) || isTag(reference)) return reference;
  throw new OciError(
    'reference-invalid',
    `${JSON.stringify(reference.slice(0, 200))} is neither a tag nor a sha256 digest`,
  );
}

/** Plain file servers do not know the type; then the manifest's own word counts. */
function typeOf(response: Response, bytes: Buffer): string {
  const type = response.headers.get('content-type')?.split(';')[0]?.trim() ?? '';
  const known = /manifest|image\.index/.test(type);
  return known ? type : parseManifest(bytes).mediaType;
}
