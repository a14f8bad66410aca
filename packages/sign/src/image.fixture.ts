/** A place in memory that holds one image, for tests. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  type ContentSource,
  type Descriptor,
  OCI_CONFIG,
  OCI_MANIFEST,
  OciError,
  parseManifest,
  type RawManifest,
} from '@pratique/oci';
import type { SignedArtifact } from './artifact.ts';

export function descriptorOf(bytes: Buffer, mediaType: string): Descriptor {
  return { mediaType, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, size: bytes.length };
}

/** Holds manifests and blobs; `put` pushes a signed artifact as the server does. */
export class MemorySource implements ContentSource {
  readonly manifests = new Map<string, RawManifest>();
  readonly tags = new Map<string, string>();
  readonly blobs = new Map<string, Buffer>();
  unreachable = false;

  async manifest(reference: string): Promise<RawManifest> {
    this.check();
    const found = this.manifests.get(this.tags.get(reference) ?? reference);
    if (!found) throw new OciError('not-found', `no manifest ${reference}`);
    return found;
  }

  async blob(descriptor: Descriptor): Promise<Readable> {
    this.check();
    const found = this.blobs.get(descriptor.digest);
    if (!found) throw new OciError('not-found', `no blob ${descriptor.digest}`);
    return Readable.from([found]);
  }

  async referrers(digest: string): Promise<Descriptor[]> {
    this.check();
    return [...this.manifests.values()].flatMap((raw) => {
      const { manifest } = parseManifest(raw.bytes, raw.mediaType);
      if (manifest.subject?.digest !== digest) return [];
      return [
        { mediaType: raw.mediaType, digest: raw.digest, size: raw.bytes.length, artifactType: manifest.artifactType },
      ];
    });
  }

  put(artifact: SignedArtifact): SignedArtifact {
    for (const { descriptor, bytes } of artifact.blobs) this.blobs.set(descriptor.digest, bytes);
    this.putManifest(artifact.manifest, artifact.tag);
    return artifact;
  }

  putManifest(manifest: RawManifest, tag: string | null): void {
    this.manifests.set(manifest.digest, manifest);
    if (tag !== null) this.tags.set(tag, manifest.digest);
  }

  /** An image of nothing but a name, different for every name. */
  addImage(name: string): Descriptor {
    const config = Buffer.from(
      JSON.stringify({
        architecture: 'amd64',
        os: 'linux',
        config: { Labels: { name } },
        rootfs: { type: 'layers', diff_ids: [] },
      }),
    );
    const bytes = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: OCI_MANIFEST,
        config: descriptorOf(config, OCI_CONFIG),
        layers: [],
      }),
    );
    const descriptor = descriptorOf(bytes, OCI_MANIFEST);
    this.blobs.set(descriptorOf(config, OCI_CONFIG).digest, config);
    this.putManifest({ digest: descriptor.digest, mediaType: OCI_MANIFEST, bytes }, null);
    return descriptor;
  }

  private check(): void {
    if (this.unreachable) throw new OciError('registry-unreachable', 'the registry is away');
  }
}
