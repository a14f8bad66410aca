/** Published advisories in one file: an OCI image layout in a tar archive, for places without a network. */
import { createReadStream } from 'node:fs';
import { mkdtemp, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ContentSource, copyGraph, createLayout, parseManifest } from '@pratique/oci';
import { encodeHeader } from '@pratique/oci/docker-archive/encode-header';
import { openTarFile } from '@pratique/oci/docker-archive/tar-file';
import { z } from 'zod';
import { CliError, EXIT } from '../exit.ts';

const BLOCK = 512;
const MAX_MANIFEST = 4 * 1024 * 1024;
const Index = z.object({
  manifests: z
    .array(z.looseObject({ digest: z.string().regex(/^sha256:[0-9a-f]{64}$/), mediaType: z.string() }))
    .min(1)
    .max(100),
});

/** @returns bytes of the file */
export async function writeBundle(source: ContentSource, reference: string, file: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'pratique-bundle-'));
  const part = `${file}.${process.pid}.part`;
  try {
    await copyGraph(source, await createLayout(folder), reference, { tag: 'latest', referrers: false });
    const out = await open(part, 'w');
    try {
      for (const name of await members(folder)) {
        const { size } = await stat(join(folder, name));
        await out.write(encodeHeader(name, size));
        for await (const piece of createReadStream(join(folder, name))) await out.write(piece as Buffer);
        await out.write(Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK));
      }
      await out.write(Buffer.alloc(2 * BLOCK));
      await out.sync();
    } finally {
      await out.close();
    }
    await rename(part, file);
    return (await stat(file)).size;
  } finally {
    await rm(part, { force: true });
    await rm(folder, { recursive: true, force: true });
  }
}

async function members(folder: string): Promise<string[]> {
  const blobs = (await readdir(join(folder, 'blobs', 'sha256'))).sort();
  return ['oci-layout', 'index.json', ...blobs.map((name) => `blobs/sha256/${name}`)];
}

/** @throws CliError fault for a file that holds no layout; OciError */
export async function openBundle(
  file: string,
): Promise<{ source: ContentSource; reference: string; close: () => Promise<void> }> {
  const tar = await openTarFile(file);
  const at = (digest: string) => `blobs/sha256/${digest.slice('sha256:'.length)}`;
  try {
    const index = Index.safeParse(JSON.parse((await tar.read('index.json', MAX_MANIFEST)).toString('utf8')));
    if (!index.success) throw new CliError(EXIT.fault, `${file} holds no OCI layout`);
    const source: ContentSource = {
      manifest: async (digest) => {
        const bytes = await tar.read(at(digest), MAX_MANIFEST);
        return { digest, mediaType: parseManifest(bytes).mediaType, bytes };
      },
      blob: ({ digest }) => tar.stream(at(digest)),
      referrers: async () => [],
    };
    return { source, reference: index.data.manifests[0]?.digest ?? '', close: () => tar.close() };
  } catch (error) {
    await tar.close();
    if (error instanceof SyntaxError) throw new CliError(EXIT.fault, `${file} holds no OCI layout`, { cause: error });
    throw error;
  }
}
