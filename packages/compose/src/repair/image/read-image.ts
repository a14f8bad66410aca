/** Reads an image to repair: manifest, configuration, and every layer into one spool file, digests checked. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { type ContentSource, type ImageManifest, parseManifest, type RawManifest, verifyStream } from '@pratique/oci';
import { DEFAULT_LAYER_LIMITS } from '@pratique/oci/layers/limits';
import type { LayerInput } from '@pratique/oci/layers/read-layer';
import { unpackHere } from '@pratique/oci/layers/unpack';
import { unpackBeside } from '@pratique/oci/layers/unpack-beside';
import { z } from 'zod';
import { ComposeError } from '../../error.ts';
import type { SpooledLayer } from './apply-layer.ts';

/** Only what is read here; everything else in a configuration is carried over as it is. */
const ImageConfig = z.looseObject({
  architecture: z.string().optional(),
  os: z.string().optional(),
  created: z.string().optional(),
  config: z.looseObject({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
  rootfs: z.looseObject({ diff_ids: z.array(z.string()) }),
  history: z
    .array(
      z.looseObject({
        created: z.string().optional(),
        created_by: z.string().optional(),
        empty_layer: z.boolean().optional(),
      }),
    )
    .nullish(),
});
export type ImageConfig = z.infer<typeof ImageConfig>;

export type ReadImage = {
  raw: RawManifest;
  manifest: ImageManifest;
  config: ImageConfig;
  layers: SpooledLayer[];
  close(): void;
};

const MAX_CONFIG_BYTES = 16 * 1024 * 1024;
/** Larger blobs are decompressed in a thread beside. */
const BESIDE_BYTES = 16 * 1024 * 1024;

/**
 * @param spool path of a file of ours that is made
 * @param limit bytes of all layers unpacked together; they lie on disk until `close`
 * @throws ComposeError `image-unsupported` (an index, no image, an encrypted layer), `too-large`; OciError as the source
 *   and `unpackHere`
 */
export async function readImage(
  source: ContentSource,
  reference: string,
  spool: string,
  limit: number,
  options: { signal?: AbortSignal | undefined; progress?: (done: number, total: number) => void },
): Promise<ReadImage> {
  const raw = await source.manifest(reference);
  const parsed = parseManifest(raw.bytes, raw.mediaType);
  if (parsed.kind !== 'image' || !parsed.runnable)
    throw new ComposeError(
      'image-unsupported',
      `${raw.digest} is ${parsed.kind === 'index' ? 'an index of several platforms: repair one of its images' : 'no image that runs'}`,
    );
  const { manifest } = parsed;
  if (manifest.config.size > MAX_CONFIG_BYTES)
    throw new ComposeError(
      'too-large',
      `the configuration ${manifest.config.digest} has ${manifest.config.size} bytes`,
    );
  const config = readConfig(
    await buffer((await source.blob(manifest.config)).pipe(verifyStream(manifest.config))),
    manifest,
  );
  const descriptor = openSync(spool, 'wx+', 0o600);
  try {
    const layers: SpooledLayer[] = [];
    let end = 0;
    for (const [index, layer] of manifest.layers.entries()) {
      options.progress?.(index, manifest.layers.length);
      const input: LayerInput = {
        descriptor: layer,
        diffId: config.rootfs.diff_ids[index] ?? null,
        open: () => source.blob(layer),
        file: source.file?.(layer) ?? undefined,
      };
      const start = end;
      const diffId = await spoolLayer(input, options.signal, (piece, compressed) => {
        if (end + piece.length > limit)
          throw new ComposeError('too-large', `the image unpacks to more than the ${limit} bytes that are taken`);
        const size = end + piece.length - start;
        if (size > DEFAULT_LAYER_LIMITS.ratioFloor && size > compressed * DEFAULT_LAYER_LIMITS.ratio)
          throw new ComposeError('too-large', `layer ${layer.digest} unpacks to ${size} bytes out of ${compressed}`);
        for (let done = 0; done < piece.length; )
          done += writeSync(descriptor, piece, done, piece.length - done, end + done);
        end += piece.length;
      });
      layers.push({ index, digest: layer.digest, diffId, descriptor, offset: start, size: end - start });
    }
    options.progress?.(manifest.layers.length, manifest.layers.length);
    return { raw, manifest, config, layers, close: () => closeSync(descriptor) };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** @returns the layer's diff id, which is what the configuration says */
async function spoolLayer(
  layer: LayerInput,
  signal: AbortSignal | undefined,
  onData: (piece: Buffer, compressed: number) => void,
): Promise<string> {
  const { digest, mediaType, size } = layer.descriptor;
  if (mediaType.endsWith('+encrypted'))
    throw new ComposeError('image-unsupported', `layer ${digest} is encrypted (${mediaType})`);
  const unpack = size < BESIDE_BYTES ? unpackHere : unpackBeside;
  const { blob, diff } = await unpack(layer, { onData, signal });
  if (blob !== digest) throw new ComposeError('hash-mismatch', `layer ${digest} has the digest ${blob}`);
  if (diff !== layer.diffId)
    throw new ComposeError('hash-mismatch', `layer ${digest} has the diff id ${diff}, not ${layer.diffId}`);
  return diff;
}

function readConfig(bytes: Buffer, manifest: ImageManifest): ImageConfig {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new ComposeError('image-unsupported', `the configuration ${manifest.config.digest} is not JSON`, { cause });
  }
  const result = ImageConfig.safeParse(json);
  if (!result.success)
    throw new ComposeError(
      'image-unsupported',
      `the configuration ${manifest.config.digest} is invalid at ${result.error.issues[0]?.path.join('.') ?? 'its root'}`,
    );
  if (result.data.rootfs.diff_ids.length !== manifest.layers.length)
    throw new ComposeError(
      'image-unsupported',
      `the configuration names ${result.data.rootfs.diff_ids.length} layers, the manifest ${manifest.layers.length}`,
    );
  // As it was written, in its own order: the same configuration must give the same bytes however often it is rewritten.
  return json as ImageConfig;
}
