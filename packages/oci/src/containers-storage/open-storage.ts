/** Reads images where podman, Buildah and CRI-O keep them, without any of their programs. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { isDigest } from '@pratique/contract';
import { z } from 'zod';
import type { ContentSource, RawManifest } from '../content.ts';
import { matchesName } from '../docker-archive/name.ts';
import { digestOf } from '../docker-archive/synthesize.ts';
import { OciError } from '../error.ts';
import { type Descriptor, MAX_LAYERS } from '../manifest.ts';
import { OCI_CONFIG, OCI_LAYER, OCI_MANIFEST } from '../media-types.ts';
import { streamLayer } from './stream-layer.ts';

/** @see containers/storage, images.go and layers.go */
const StoredImage = z.looseObject({
  id: z.string().max(256),
  names: z.array(z.string().max(4096)).nullish(),
  digest: z.string().max(256).nullish(),
  layer: z.string().max(256).nullish(),
  'big-data-names': z.array(z.string().max(4096)).nullish(),
});
type StoredImage = z.infer<typeof StoredImage>;
const StoredLayer = z.looseObject({
  id: z.string().max(256),
  parent: z.string().max(256).nullish(),
  'diff-digest': z.string().max(256).nullish(),
  'diff-size': z.number().int().min(0).nullish(),
});
type StoredLayer = z.infer<typeof StoredLayer>;
const Config = z.looseObject({ rootfs: z.looseObject({ diff_ids: z.array(z.string()).max(MAX_LAYERS) }) });

const MAX_LIST_BYTES = 256 * 1024 * 1024;
const MAX_CONFIG_BYTES = 8 * 1024 * 1024;
const ID = /^[0-9a-f]{64}$/;
/** Drivers whose files lie as they are in the image. */
const DRIVERS = ['overlay', 'vfs'] as const;
type Driver = (typeof DRIVERS)[number];

/**
 * Layers are put together again from the files and the record of their archive, so each has the digest that the image's
 * configuration names; the manifest is made for them, since the compressed layers of the registry are not kept.
 *
 * A reference is a name such as `app:1`, an image id or its beginning, or the digest that the registry gave.
 *
 * @param root `/var/lib/containers/storage`, or the one of a user
 * @throws OciError `not-found`, `layout-invalid`
 */
export async function openContainersStorage(root: string): Promise<ContentSource> {
  const driver = await findDriver(root);
  const images = await readList(join(root, `${driver}-images`, 'images.json'), z.array(StoredImage));
  const layers = new Map(
    (await readList(join(root, `${driver}-layers`, 'layers.json'), z.array(StoredLayer))).map((one) => [one.id, one]),
  );
  const streams = new Map<string, string>();
  const manifests = new Map<string, RawManifest>();
  const configs = new Map<string, Buffer>();

  const describe = async (image: StoredImage): Promise<RawManifest> => {
    const config = await readConfig(root, driver, image);
    const described = chain(root, image, layers, config);
    for (const { descriptor, layer } of described) streams.set(descriptor.digest, layer);
    const configDescriptor = { mediaType: OCI_CONFIG, digest: digestOf(config), size: config.length };
    configs.set(configDescriptor.digest, config);
    const bytes = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: OCI_MANIFEST,
        config: configDescriptor,
        layers: described.map(({ descriptor }) => descriptor),
      }),
    );
    const raw = { digest: digestOf(bytes), mediaType: OCI_MANIFEST, bytes };
    manifests.set(raw.digest, raw);
    return raw;
  };

  return {
    async manifest(reference) {
      return manifests.get(reference) ?? describe(choose(root, images, reference));
    },
    async blob({ digest }) {
      const config = configs.get(digest);
      const layer = streams.get(digest);
      if (config) return Readable.from([config], { objectMode: false });
      if (layer === undefined) throw new OciError('not-found', `${root} holds no layer ${digest}`);
      return streamLayer({
        record: join(root, `${driver}-layers`, `${layer}.tar-split.gz`),
        files: driver === 'vfs' ? join(root, 'vfs', 'dir', layer) : join(root, driver, layer, 'diff'),
      });
    },
    referrers: async () => [],
  };
}

async function findDriver(root: string): Promise<Driver> {
  for (const driver of DRIVERS)
    if (await readFile(join(root, `${driver}-images`, 'images.json')).catch(() => null)) return driver;
  throw new OciError(
    'not-found',
    `${root} holds no images of podman that can be read: neither ${DRIVERS.map((driver) => `${driver}-images/images.json`).join(' nor ')} is there`,
  );
}

async function readList<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new OciError('not-found', `${file} cannot be read: ${(cause as Error).message}`, { cause });
  });
  if (bytes.length > MAX_LIST_BYTES)
    throw new OciError('layout-invalid', `${file} has ${bytes.length} bytes; at most ${MAX_LIST_BYTES} are read`);
  try {
    return schema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    throw new OciError('layout-invalid', `${file} is not what podman writes`, { cause });
  }
}

function choose(root: string, images: readonly StoredImage[], reference: string): StoredImage {
  const found = isDigest(reference)
    ? images.filter(
        (image) => image.digest === reference || image.names?.some((name) => name.endsWith(`@${reference}`)),
      )
    : images.filter((image) => image.names?.some((name) => isNamed(name, reference)));
  const byId = /^[0-9a-f]{12,64}$/.test(reference) ? images.filter((image) => image.id.startsWith(reference)) : [];
  const [first, second] = found.length > 0 ? found : byId;
  if (first && second && first.id !== second.id)
    throw new OciError('not-found', `${reference} names several images in ${root}; name one by its id`);
  if (first) return first;
  const names = images.flatMap((image) => image.names ?? []);
  throw new OciError(
    'not-found',
    `${root} holds no image ${reference}; it holds ${names.length > 0 ? names.slice(0, 20).join(', ') : 'none with a name'}`,
  );
}

/** podman completes a name that was built here with `localhost/`, and one without a tag with `latest`. */
function isNamed(name: string, asked: string): boolean {
  const tagged = asked.lastIndexOf(':') > asked.lastIndexOf('/') ? asked : `${asked}:latest`;
  return !name.includes('@') && [name, name.replace(/^localhost\//, '')].some((one) => matchesName(one, tagged));
}

/** Values whose names are no file names lie under their name in base64. @see containers/storage, pkg/stringutils */
async function readConfig(root: string, driver: string, { id }: StoredImage): Promise<Buffer> {
  if (!ID.test(id)) throw new OciError('layout-invalid', `${root} has an image with the id ${id.slice(0, 80)}`);
  const file = join(root, `${driver}-images`, id, `=${Buffer.from(`sha256:${id}`).toString('base64')}`);
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new OciError(
      'layout-invalid',
      `the configuration of image ${id.slice(0, 12)} cannot be read: ${(cause as Error).message}`,
      { cause },
    );
  });
  if (bytes.length > MAX_CONFIG_BYTES || digestOf(bytes) !== `sha256:${id}`)
    throw new OciError('digest-mismatch', `${file} is not the configuration of image ${id.slice(0, 12)}`);
  return bytes;
}

type Chained = { descriptor: Descriptor; layer: string };

/** The image's layers, lowest first, each held to the configuration. */
function chain(root: string, image: StoredImage, layers: ReadonlyMap<string, StoredLayer>, config: Buffer): Chained[] {
  const parsed = Config.safeParse(JSON.parse(config.toString('utf8')));
  if (!parsed.success)
    throw new OciError('layout-invalid', `image ${image.id.slice(0, 12)} in ${root} has no image configuration`);
  const diffIds = parsed.data.rootfs.diff_ids;
  const found: Chained[] = [];
  for (let id = image.layer ?? ''; id !== ''; ) {
    const layer = layers.get(id);
    if (!layer || !ID.test(id) || found.length > MAX_LAYERS)
      throw new OciError(
        'layout-invalid',
        `the layers of image ${image.id.slice(0, 12)} in ${root} do not hang together`,
      );
    const digest = layer['diff-digest'];
    if (!digest || !isDigest(digest))
      throw new OciError(
        'layer-invalid',
        `layer ${id.slice(0, 12)} in ${root} was pulled in parts and is not whole; write the image to a file first: podman save`,
      );
    found.unshift({ descriptor: { mediaType: OCI_LAYER, digest, size: layer['diff-size'] ?? 0 }, layer: id });
    id = layer.parent ?? '';
  }
  if (found.length !== diffIds.length || found.some(({ descriptor }, at) => descriptor.digest !== diffIds[at]))
    throw new OciError(
      'layout-invalid',
      `image ${image.id.slice(0, 12)} in ${root} has other layers than its configuration names`,
    );
  return found;
}
