/** What the registries are filled with. */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunningRegistry } from './servers.ts';

const sha256 = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Distinct blobs of one size: a filler and a number of 16 digits, so that wrk need not hash. */
export type Series = {
  size: number;
  digests: string[];
  digestsFile: string;
  fillerFile: string;
  blob(n: number): Buffer;
};

export async function prepareSeries(folder: string, name: string, size: number, count: number): Promise<Series> {
  const filler = Buffer.alloc(size - 16, 'x');
  const begun = createHash('sha256').update(filler);
  const number = (n: number) => Buffer.from(String(n).padStart(16, '0'));
  const digests: string[] = [];
  for (let n = 0; n < count; n++) digests.push(`sha256:${begun.copy().update(number(n)).digest('hex')}`);
  const digestsFile = join(folder, `${name}.digests`);
  const fillerFile = join(folder, `${name}.filler`);
  await writeFile(digestsFile, digests.join('\n'));
  await writeFile(fillerFile, filler);
  return { size, digests, digestsFile, fillerFile, blob: (n) => Buffer.concat([filler, number(n)]) };
}

export async function pushBlob(
  registry: RunningRegistry,
  name: string,
  bytes: Buffer,
): Promise<{ digest: string; size: number }> {
  const headers = await registry.headers(`repository:${name}:pull,push`);
  const digest = sha256(bytes);
  const started = await fetch(`${registry.url}/v2/${name}/blobs/uploads/`, { method: 'POST', headers });
  await started.arrayBuffer();
  const target = new URL(started.headers.get('location') ?? '', registry.url);
  target.searchParams.set('digest', digest);
  const stored = await fetch(target, {
    method: 'PUT',
    headers: { ...headers, 'content-type': 'application/octet-stream' },
    body: new Uint8Array(bytes),
  });
  await stored.arrayBuffer();
  if (stored.status !== 201) throw new Error(`${registry.name} answered a push with ${stored.status}`);
  return { digest, size: bytes.length };
}

export async function pushSmallImage(registry: RunningRegistry, name: string, tag: string): Promise<void> {
  const config = await pushBlob(
    registry,
    name,
    Buffer.from('{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}'),
  );
  const layer = await pushBlob(registry, name, Buffer.alloc(1024, 'y'));
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...layer }],
  };
  const stored = await fetch(`${registry.url}/v2/${name}/manifests/${tag}`, {
    method: 'PUT',
    headers: { ...(await registry.headers(`repository:${name}:pull,push`)), 'content-type': manifest.mediaType },
    body: JSON.stringify(manifest),
  });
  if (stored.status !== 201)
    throw new Error(`${registry.name} answered a manifest with ${stored.status}: ${await stored.text()}`);
}
