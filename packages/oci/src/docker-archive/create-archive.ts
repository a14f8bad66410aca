/** Writes archives that `docker load`, `podman load` and `skopeo copy docker-archive:` read. */
import { createHash, randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { ContentSink, RawManifest } from '../content.ts';
import { OciError } from '../error.ts';
import { decompress } from '../layers/decompress.ts';
import { DEFAULT_LAYER_LIMITS, overLimit } from '../layers/limits.ts';
import { BLOCK } from '../layers/tar-header.ts';
import { type Descriptor, parseManifest } from '../manifest.ts';
import { isRunnableConfig } from '../media-types.ts';
import { isRepositoryName, isTag, parseReference } from '../reference.ts';
import { verifyStream } from '../verify-stream.ts';
import { encodeHeader } from './encode-header.ts';
import { MAX_CONFIG_BYTES } from './synthesize.ts';

const Config = z.looseObject({ rootfs: z.looseObject({ diff_ids: z.array(z.string()) }) });

export type DockerArchiveSink = ContentSink & {
  /** Completes the archive; until then the file does not exist under its name. @throws OciError `copy-failed` when no image was stored */
  finish(): Promise<void>;
  /** Drops what was written when `finish` was not reached. */
  close(): Promise<void>;
};

/**
 * Starts an archive that replaces `file` when it is finished. It holds images of one platform each, without referrers;
 * layers are stored uncompressed under their diff id. A tag is `name:tag`, or a tag, whose name the file's then is.
 *
 * Its methods throw OciError `digest-mismatch`, `size-mismatch`, `layer-invalid`, `layer-limit`, `manifest-unsupported`.
 */
export async function createDockerArchive(file: string): Promise<DockerArchiveSink> {
  const part = `${file}.part-${randomUUID()}`;
  const handle = await open(part, 'wx').catch((cause: Error) => {
    throw new OciError('archive-invalid', `${file} cannot be written: ${cause.message}`, { cause });
  });
  const tar = new TarAppender(handle);
  const configs = new Map<string, Buffer>();
  const diffIds = new Map<string, string>();
  const images = new Map<string, { Config: string; RepoTags: string[]; Layers: string[] }>();
  let turn: Promise<unknown> = Promise.resolve();
  let unfinished = true;

  return {
    parallel: 1, // members of a tar file lie one after the other
    holdsReferrers: false,
    hasManifest: async (digest) => images.has(digest),
    hasBlob: async ({ digest }) => configs.has(digest) || diffIds.has(digest),
    async putBlob(descriptor, content) {
      const write = async () => {
        if (isRunnableConfig(descriptor.mediaType))
          configs.set(descriptor.digest, await readWhole(descriptor, content));
        else diffIds.set(descriptor.digest, await tar.layer(descriptor, content, new Set(diffIds.values())));
      };
      const mine = turn.then(write);
      turn = mine.catch(() => undefined);
      await mine;
    },
    async putManifest(raw, tag) {
      const { config, layers } = readImage(raw);
      const bytes = configs.get(config.digest);
      if (!bytes)
        throw new OciError('copy-failed', `the configuration ${config.digest} was not stored before its manifest`);
      const stored = layers.map((layer) => diffIds.get(layer.digest) ?? lacks(layer));
      checkDiffIds(raw, bytes, stored);
      const before = images.get(raw.digest)?.RepoTags ?? [];
      images.set(raw.digest, {
        Config: `${hex(config.digest)}.json`,
        RepoTags: [...before, ...(tag === null ? [] : [nameOf(file, tag)])],
        Layers: stored.map((diffId) => `${hex(diffId)}.tar`),
      });
    },
    async finish() {
      if (images.size === 0) throw new OciError('copy-failed', `no image was stored in ${file}`);
      const list = [...images.values()];
      for (const [digest, bytes] of configs) tar.member(`${hex(digest)}.json`, bytes);
      // Docker writes null where there is no name, and so do podman and skopeo.
      const named = list.map((image) => ({ ...image, RepoTags: image.RepoTags.length > 0 ? image.RepoTags : null }));
      tar.member('manifest.json', Buffer.from(JSON.stringify(named)));
      await tar.end();
      unfinished = false;
      await rename(part, file);
    },
    async close() {
      if (!unfinished) return;
      unfinished = false;
      await handle.close();
      await rm(part, { force: true });
    },
  };
}

/** Appends members; writes are synchronous, so that decompression never runs ahead of the disk. */
class TarAppender {
  readonly #handle: FileHandle;
  #at = 0;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  member(name: string, bytes: Buffer): void {
    this.#write(encodeHeader(name, bytes.length), this.#at);
    this.#write(bytes, this.#at + BLOCK);
    this.#close(bytes.length);
  }

  /** Stores a layer uncompressed and returns its diff id. The header comes last: name and size are known only then. */
  async layer(descriptor: Descriptor, content: Readable, stored: ReadonlySet<string>): Promise<string> {
    const hash = createHash('sha256');
    let size = 0;
    const verified = content.compose(verifyStream(descriptor)) as AsyncIterable<Buffer>;
    try {
      await decompress(verified, (piece) => {
        if (size + piece.length > DEFAULT_LAYER_LIMITS.bytesPerLayer)
          overLimit(
            descriptor.digest,
            'bytesPerLayer',
            `more than ${DEFAULT_LAYER_LIMITS.bytesPerLayer} bytes uncompressed`,
          );
        hash.update(piece);
        this.#write(piece, this.#at + BLOCK + size);
        size += piece.length;
      });
    } catch (cause) {
      if (cause instanceof OciError || !isCodecError(cause)) throw cause;
      throw new OciError('layer-invalid', `layer ${descriptor.digest} cannot be decompressed: ${cause.message}`, {
        cause,
      });
    }
    const diffId = `sha256:${hash.digest('hex')}`;
    // The same layer in another compression: what was written is overwritten by what comes next.
    if (stored.has(diffId)) return diffId;
    this.#write(encodeHeader(`${hex(diffId)}.tar`, size), this.#at);
    this.#close(size);
    return diffId;
  }

  /** Ends the archive; what a repeated layer left behind the end is cut off. */
  async end(): Promise<void> {
    this.#write(Buffer.alloc(2 * BLOCK), this.#at);
    await this.#handle.truncate(this.#at + 2 * BLOCK);
    await this.#handle.sync();
    await this.#handle.close();
  }

  #close(size: number): void {
    const padding = (BLOCK - (size % BLOCK)) % BLOCK;
    this.#write(Buffer.alloc(padding), this.#at + BLOCK + size);
    this.#at += BLOCK + size + padding;
  }

  #write(bytes: Buffer, position: number): void {
    for (let done = 0; done < bytes.length; )
      done += writeSync(this.#handle.fd, bytes, done, bytes.length - done, position + done);
  }
}

function readImage(raw: RawManifest): { config: Descriptor; layers: Descriptor[] } {
  const parsed = parseManifest(raw.bytes, raw.mediaType);
  if (parsed.kind === 'image' && parsed.runnable) return parsed.manifest;
  throw new OciError(
    'manifest-unsupported',
    parsed.kind === 'index'
      ? `a docker archive holds images of one platform; ${raw.digest} is an index: name one of its images`
      : `a docker archive holds runnable images only; ${raw.digest} is an artifact`,
  );
}

function checkDiffIds(raw: RawManifest, config: Buffer, stored: string[]): void {
  let diffIds: string[];
  try {
    diffIds = Config.parse(JSON.parse(config.toString('utf8'))).rootfs.diff_ids;
  } catch (cause) {
    throw new OciError('manifest-invalid', `the configuration of ${raw.digest} names no layers`, { cause });
  }
  if (diffIds.length !== stored.length || stored.some((diffId, at) => diffId !== diffIds[at]))
    throw new OciError('digest-mismatch', `the layers of ${raw.digest} are not those that its configuration names`);
}

/** Docker reads a lone word as a name, so a lone tag gets the file's name. */
function nameOf(file: string, tag: string): string {
  if (!isTag(tag)) {
    parseReference(tag);
    return tag;
  }
  const stem = basename(file)
    .toLowerCase()
    .replace(/\.(?:tar|tgz|tar\.gz)$/, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return `${isRepositoryName(stem) ? stem : 'image'}:${tag}`;
}

async function readWhole(descriptor: Descriptor, content: Readable): Promise<Buffer> {
  if (descriptor.size > MAX_CONFIG_BYTES)
    throw new OciError(
      'manifest-unsupported',
      `the configuration ${descriptor.digest} has ${descriptor.size} bytes; at most ${MAX_CONFIG_BYTES} are taken`,
    );
  const chunks: Buffer[] = [];
  for await (const chunk of content.compose(verifyStream(descriptor)) as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function lacks(layer: Descriptor): never {
  throw new OciError(
    'copy-failed',
    (layer.urls?.length ?? 0) > 0
      ? `the layer ${layer.digest} may only be fetched from its own place; a docker archive cannot hold it`
      : `the layer ${layer.digest} was not stored before its manifest`,
  );
}

const hex = (digest: string) => digest.slice('sha256:'.length);

function isCodecError(error: unknown): error is Error {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  return code.startsWith('Z_') || code.startsWith('ZSTD_') || code === 'ERR_BUFFER_TOO_LARGE';
}
