/** Small images made in the test: real layers, real dpkg databases, true digests. */
import { gzipSync } from 'node:zlib';
import { OCI_CONFIG, OCI_INDEX, OCI_LAYER_GZIP, OCI_MANIFEST } from '../../packages/oci/src/index.ts';
import { type FixtureEntry, sha256, tar } from '../../packages/oci/src/layers/tar-fixture.ts';
import type { Credentials, TestServer } from './server.ts';
import { authorization } from './server.ts';

export type Blob = { digest: string; bytes: Buffer; mediaType: string };
export type TestImage = { digest: string; manifest: Buffer; mediaType: string; blobs: Blob[] };
/** A package that no advisory speaks of. */
export const HARMLESS = { name: 'netbase', version: '6.4' };
/** Has holes that Debian's updates of bookworm fix. */
export const HOLED = { name: 'libssl3', version: '3.0.9-1', source: 'openssl' };

export type InstalledPackage = { name: string; version: string; source?: string; architecture?: string };

const BOOKWORM = `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
`;

/** What dpkg would have written for these packages. */
export function dpkgStatus(packages: readonly InstalledPackage[]): string {
  return packages
    .map(
      ({ name, version, source, architecture = 'amd64' }) =>
        `Package: ${name}\nStatus: install ok installed\nPriority: optional\nSection: libs\nInstalled-Size: 10\nMaintainer: Debian <debian@example.org>\nArchitecture: ${architecture}\n${source ? `Source: ${source}\n` : ''}Version: ${version}\nDescription: ${name}\n`,
    )
    .join('\n');
}

/** The files by which a bookworm with these packages is known. */
export function bookworm(packages: readonly InstalledPackage[]): FixtureEntry[] {
  return [
    { path: 'etc/' },
    { path: 'etc/os-release', content: BOOKWORM },
    { path: 'usr/' },
    { path: 'usr/lib/' },
    { path: 'usr/lib/os-release', content: BOOKWORM },
    { path: 'var/' },
    { path: 'var/lib/' },
    { path: 'var/lib/dpkg/' },
    { path: 'var/lib/dpkg/info/' },
    { path: 'var/lib/dpkg/status', content: dpkgStatus(packages) },
    ...packages.map(({ name }) => ({
      path: `var/lib/dpkg/info/${name}.list`,
      content: `/.\n/usr\n/usr/share\n/usr/share/doc\n/usr/share/doc/${name}\n`,
    })),
  ];
}

/** An image of one gzip layer. `note` makes images of equal content differ. */
export function makeImage(
  entries: readonly (FixtureEntry | Buffer)[],
  options: { note?: string; user?: string; platform?: { os: string; architecture: string } } = {},
): TestImage {
  const plain = tar(...entries);
  return imageOf([{ bytes: gzipSync(plain), mediaType: OCI_LAYER_GZIP, diffId: sha256(plain) }], options);
}

/** An image of ready-made layers, whatever they hold. */
export function imageOf(
  layers: readonly { bytes: Buffer; mediaType: string; diffId: string }[],
  options: { note?: string; user?: string; platform?: { os: string; architecture: string } } = {},
): TestImage {
  const config = blobOf(
    {
      created: new Date().toISOString(),
      ...(options.platform ?? { os: 'linux', architecture: 'amd64' }),
      config: { User: options.user ?? 'nobody', Cmd: ['/bin/app'], Labels: { note: options.note ?? '' } },
      rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
    },
    OCI_CONFIG,
  );
  const blobs = layers.map(({ bytes, mediaType }) => ({ digest: sha256(bytes), bytes, mediaType }));
  return manifestOf(config, blobs);
}

/** An artifact with one blob, attached to a subject where one is given. */
export function makeArtifact(artifactType: string, content: string, subject?: TestImage): TestImage {
  const empty: Blob = {
    digest: sha256(Buffer.from('{}')),
    bytes: Buffer.from('{}'),
    mediaType: 'application/vnd.oci.empty.v1+json',
  };
  const bytes = Buffer.from(content);
  return manifestOf(empty, [{ digest: sha256(bytes), bytes, mediaType: 'text/plain' }], {
    artifactType,
    ...(subject ? { subject: descriptorOf(subject) } : {}),
    annotations: { 'org.example.note': content.slice(0, 40) },
  });
}

/** An index of images for platforms. */
export function makeIndex(children: readonly { image: TestImage; os: string; architecture: string }[]): TestImage {
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: children.map(({ image, os, architecture }) => ({
        ...descriptorOf(image),
        platform: { os, architecture },
      })),
    }),
  );
  return { digest: sha256(manifest), manifest, mediaType: OCI_INDEX, blobs: [] };
}

export function descriptorOf(image: TestImage): { mediaType: string; digest: string; size: number } {
  return { mediaType: image.mediaType, digest: image.digest, size: image.manifest.length };
}

function manifestOf(config: Blob, layers: Blob[], more: Record<string, unknown> = {}): TestImage {
  const descriptor = ({ digest, bytes, mediaType }: Blob) => ({ mediaType, digest, size: bytes.length });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      ...more,
      config: descriptor(config),
      layers: layers.map(descriptor),
    }),
  );
  return { digest: sha256(manifest), manifest, mediaType: OCI_MANIFEST, blobs: [config, ...layers] };
}

function blobOf(value: unknown, mediaType: string): Blob {
  const bytes = Buffer.from(JSON.stringify(value));
  return { digest: sha256(bytes), bytes, mediaType };
}

/** One request to the registry. @param path below `/v2/` */
export function registry(
  server: TestServer,
  method: string,
  path: string,
  options: { body?: Buffer; headers?: Record<string, string>; credentials?: Credentials } = {},
): Promise<Response> {
  const { credentials = server.token() } = options;
  return fetch(new URL(path.startsWith('/') ? path : `/v2/${path}`, server.url), {
    method,
    headers: { ...authorization(credentials), ...options.headers },
    body: options.body ? new Uint8Array(options.body) : null,
    redirect: 'manual',
    signal: AbortSignal.timeout(60_000),
  });
}

/** Uploads one blob whole. @throws Error unless the registry took it */
export async function pushBlob(
  server: TestServer,
  name: string,
  bytes: Buffer,
  credentials?: Credentials,
): Promise<string> {
  const digest = sha256(bytes);
  const answer = await registry(server, 'POST', `${name}/blobs/uploads/?digest=${digest}`, {
    body: bytes,
    headers: { 'content-type': 'application/octet-stream' },
    ...(credentials === undefined ? {} : { credentials }),
  });
  if (answer.status !== 201) throw new Error(`the blob was not taken: ${answer.status} ${await answer.text()}`);
  return digest;
}

/** Puts the manifest alone. @returns the answer, whatever it is */
export function putManifest(
  server: TestServer,
  name: string,
  reference: string,
  image: TestImage,
  credentials?: Credentials,
): Promise<Response> {
  return registry(server, 'PUT', `${name}/manifests/${reference}`, {
    body: image.manifest,
    headers: { 'content-type': image.mediaType },
    ...(credentials === undefined ? {} : { credentials }),
  });
}

/** Pushes blobs and manifest. @param reference tag, or null to push by digest. @throws Error unless all was taken */
export async function pushImage(
  server: TestServer,
  name: string,
  reference: string | null,
  image: TestImage,
  credentials?: Credentials,
): Promise<void> {
  for (const blob of image.blobs) await pushBlob(server, name, blob.bytes, credentials);
  const answer = await putManifest(server, name, reference ?? image.digest, image, credentials);
  if (answer.status !== 201) throw new Error(`the manifest was not taken: ${answer.status} ${await answer.text()}`);
}
