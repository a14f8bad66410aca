/** Reads archives of `docker save`, podman and skopeo; those of Docker 25 and later are OCI layouts as well. */
import { isDigest } from '@pratique/contract';
import { z } from 'zod';
import type { ContentSource, RawManifest } from '../content.ts';
import { OciError } from '../error.ts';
import { type Descriptor, ImageIndex, MAX_MANIFEST_BYTES, parseManifest } from '../manifest.ts';
import { matchesName } from './name.ts';
import { ArchivedImage, digestOf, MAX_CONFIG_BYTES, type Synthesized, synthesizeManifest } from './synthesize.ts';
import { openTarFile, type TarFile } from './tar-file.ts';

const MAX_LIST_BYTES = 16 * 1024 * 1024;
const MAX_IMAGES = 10_000;
const MAX_DEPTH = 5;
const blobName = (digest: string) => `blobs/sha256/${digest.slice('sha256:'.length)}`;

/**
 * Opens an archive by an index of offsets; compressed archives are decompressed into a temporary file until `close`.
 *
 * A reference is '' for the only image, a name such as `app:1` as it was saved, or a digest. An image that the archive
 * also keeps as OCI content, whole, has that digest; any other gets a manifest computed from the stored bytes.
 *
 * @throws OciError `not-found`, `archive-invalid`
 */
export async function openDockerArchive(file: string): Promise<ContentSource & { close(): Promise<void> }> {
  const tar = await openTarFile(file);
  try {
    const images = await readList(file, tar, 'manifest.json', z.array(ArchivedImage).max(MAX_IMAGES));
    const index = await readList(file, tar, 'index.json', ImageIndex);
    if (!images && !index)
      throw new OciError(
        'archive-invalid',
        `${file} is no docker archive: it has neither manifest.json nor index.json`,
      );
    return archiveSource(file, tar, images ?? [], index?.manifests ?? []);
  } catch (error) {
    await tar.close();
    throw error;
  }
}

function archiveSource(file: string, tar: TarFile, images: ArchivedImage[], roots: Descriptor[]) {
  const made = new Map<ArchivedImage, Promise<Synthesized>>();
  const members = new Map<string, string>();
  const manifests = new Map<string, RawManifest>();

  const synthesize = (image: ArchivedImage): Promise<Synthesized> => {
    let promise = made.get(image);
    if (!promise) {
      promise = synthesizeManifest(file, tar, image).then((result) => {
        for (const [digest, name] of result.members) members.set(digest, name);
        manifests.set(result.raw.digest, result.raw);
        return result;
      });
      made.set(image, promise);
    }
    return promise;
  };

  const stored = async (digest: string): Promise<RawManifest> => {
    const bytes = await tar.read(blobName(digest), MAX_MANIFEST_BYTES);
    if (digestOf(bytes) !== digest)
      throw new OciError('digest-mismatch', `${blobName(digest)} in ${file} has the digest ${digestOf(bytes)}`);
    return { digest, mediaType: parseManifest(bytes).mediaType, bytes };
  };

  const byDigest = async (digest: string): Promise<RawManifest> => {
    if (!manifests.has(digest) && tar.size(blobName(digest)) !== null) return stored(digest);
    for (const image of images) if (!manifests.has(digest)) await synthesize(image);
    const found = manifests.get(digest);
    if (!found) throw new OciError('not-found', `${file} holds no image ${digest}`);
    return found;
  };

  const byName = async (name: string): Promise<RawManifest> => {
    if (images.length === 0) return stored(chooseRoot(file, roots, name).digest);
    const image = chooseImage(file, images, name);
    const config = digestOf(await tar.read(image.Config, MAX_CONFIG_BYTES));
    const whole = await Promise.all(roots.map((root) => configsOf(tar, stored, root, MAX_DEPTH)));
    checkAgreement(file, whole, await Promise.all(images.map((one) => configDigest(tar, one))));
    const at = whole.findIndex((configs) => configs?.includes(config));
    const root = roots[at];
    return root ? stored(root.digest) : (await synthesize(image)).raw;
  };

  return {
    manifest: (reference: string) => (isDigest(reference) ? byDigest(reference) : byName(reference)),
    blob: (descriptor: Descriptor) => tar.stream(members.get(descriptor.digest) ?? blobName(descriptor.digest)),
    async referrers(digest: string): Promise<Descriptor[]> {
      const found: Descriptor[] = [];
      for (const root of roots) {
        if (tar.size(blobName(root.digest)) === null) continue;
        const parsed = parseManifest((await stored(root.digest)).bytes);
        if (parsed.manifest.subject?.digest === digest) found.push(root);
      }
      return found;
    },
    close: () => tar.close(),
  };
}

/** Digests of the configurations below a root; null when the archive lacks a part, as for platforms that were not saved. */
async function configsOf(
  tar: TarFile,
  stored: (digest: string) => Promise<RawManifest>,
  root: Descriptor,
  depth: number,
): Promise<string[] | null> {
  const isThere = (part: Descriptor) => tar.size(blobName(part.digest)) === part.size;
  if (depth === 0 || !isThere(root)) return null;
  const parsed = parseManifest((await stored(root.digest)).bytes);
  if (parsed.kind === 'image')
    return isThere(parsed.manifest.config) && parsed.manifest.layers.every(isThere)
      ? [parsed.manifest.config.digest]
      : null;
  const below = await Promise.all(parsed.manifest.manifests.map((child) => configsOf(tar, stored, child, depth - 1)));
  return below.every((configs) => configs !== null) ? below.flat() : null;
}

/** `docker load` follows manifest.json, containerd follows index.json: what one scans the other must not replace. */
function checkAgreement(file: string, roots: (string[] | null)[], images: string[]): void {
  for (const configs of roots)
    if (configs && !configs.some((config) => images.includes(config)))
      throw new OciError('archive-invalid', `manifest.json and index.json of ${file} name different images`);
}

async function configDigest(tar: TarFile, image: ArchivedImage): Promise<string> {
  return digestOf(await tar.read(image.Config, MAX_CONFIG_BYTES));
}

function chooseImage(file: string, images: ArchivedImage[], name: string): ArchivedImage {
  const [only] = images;
  if (name === '' && only && images.length === 1) return only;
  const found = images.find((image) => (image.RepoTags ?? []).some((tag) => matchesName(tag, name)));
  return (
    found ??
    refuse(
      file,
      name,
      images.flatMap((image) => image.RepoTags ?? []),
    )
  );
}

function chooseRoot(file: string, roots: Descriptor[], name: string): Descriptor {
  const images = roots.filter((root) => root.artifactType === undefined);
  const namesOf = (root: Descriptor) =>
    ['io.containerd.image.name', 'org.opencontainers.image.ref.name'].flatMap((key) => root.annotations?.[key] ?? []);
  const [only] = images;
  if (name === '' && only && images.length === 1) return only;
  const found = images.find((root) => namesOf(root).some((tag) => matchesName(tag, name)));
  return found ?? refuse(file, name, images.flatMap(namesOf));
}

function refuse(file: string, name: string, names: string[]): never {
  const held = names.length > 0 ? names.slice(0, 20).join(', ') : 'none with a name';
  throw new OciError(
    'not-found',
    name === ''
      ? `${file} holds several images; name one: ${held}`
      : `${file} holds no image ${name}; it holds ${held}`,
  );
}

async function readList<T>(file: string, tar: TarFile, name: string, schema: z.ZodType<T>): Promise<T | null> {
  if (tar.size(name) === null) return null;
  const bytes = await tar.read(name, MAX_LIST_BYTES);
  try {
    return schema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    throw new OciError('archive-invalid', `${name} in ${file} is not what a docker archive has`, { cause });
  }
}
