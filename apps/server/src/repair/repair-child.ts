/** The repair child: unpacks hostile layers and reads the archives; has neither database nor keys. Answers once. */
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  openRuncSandbox,
  type RepairedImage,
  type RepairedIndex,
  type RepairOptions,
  repairImage,
  repairIndex,
} from '@pratique/compose';
import type { PlatformRepair } from '@pratique/contract';
import { type ContentSource, copyGraph, isIndexType, OciError, type RawManifest } from '@pratique/oci';
import type { Repaired, RepairOrder } from './order.ts';

async function repair({ digest, outDir, ...rest }: RepairOrder): Promise<Repaired> {
  const source = sourceOf(rest);
  const subject = await source.manifest(digest);
  const options: RepairOptions = {
    source,
    reference: digest,
    fetch: globalThis.fetch,
    cacheDir: rest.cacheDir,
    temporaryDir: rest.temporaryDir,
    now: () => new Date(),
    archives: (distribution) => rest.archives[distribution] ?? {},
    allowExpired: rest.allowExpired,
    seen: rest.seen,
    sandbox: rest.sandboxDir === null ? null : await openRuncSandbox({ temporaryDir: rest.sandboxDir }),
    smokeStart: rest.smokeStart && rest.sandboxDir !== null ? { temporaryDir: rest.sandboxDir } : null,
    isRepair: (one) => rest.repairs.includes(one),
    ...(rest.only ? { onlyFindings: rest.only } : {}),
  };
  if (isIndexType(subject.mediaType)) {
    const index = await repairIndex(options);
    try {
      const written = index.changed ? await write(index.source, index.manifest, rest.blobs, outDir) : NOTHING;
      return {
        ok: true,
        digest: index.changed ? index.manifest.digest : null,
        ...written,
        platforms: platformsOf(index),
      };
    } finally {
      await index.close();
    }
  }
  const image = await repairImage(options);
  try {
    const { to } = image.result;
    const written = to === null ? NOTHING : await write(image.source, image.manifest, rest.blobs, outDir);
    return { ok: true, digest: to, ...written, platforms: [platformOf(image)] };
  } finally {
    await image.close();
  }
}

const NOTHING = { manifests: [], blobs: [] };

/** What the order names, and nothing else. */
function sourceOf({ manifests, blobs }: Pick<RepairOrder, 'manifests' | 'blobs'>): ContentSource {
  const known = new Map(manifests.map((one) => [one.digest, one]));
  return {
    async manifest(digest) {
      const found = known.get(digest);
      if (!found) throw new OciError('not-found', `there is no manifest ${digest}`);
      return { digest, mediaType: found.mediaType, bytes: Buffer.from(found.base64, 'base64') };
    },
    async blob({ digest }) {
      const path = blobs[digest];
      if (path === undefined) throw new OciError('not-found', `there is no blob ${digest}`);
      return createReadStream(path, { highWaterMark: 1 << 20 });
    },
    file: ({ digest }) => blobs[digest] ?? null,
    referrers: async () => [],
  };
}

/** Writes what is not there already. */
async function write(
  source: ContentSource,
  root: RawManifest,
  there: Record<string, string>,
  outDir: string,
): Promise<Pick<Repaired, 'manifests' | 'blobs'>> {
  const manifests: Repaired['manifests'] = [];
  const blobs: Repaired['blobs'] = [];
  const isThere = (digest: string) => there[digest] !== undefined || blobs.some((one) => one.digest === digest);
  await copyGraph(
    source,
    {
      hasManifest: async (digest) => manifests.some((one) => one.digest === digest),
      hasBlob: async ({ digest }) => isThere(digest),
      async putBlob({ digest, size }, content) {
        await pipeline(content, createWriteStream(join(outDir, digest.slice('sha256:'.length)), { flags: 'wx' }));
        blobs.push({ digest, size });
      },
      async putManifest({ digest, mediaType, bytes }) {
        manifests.push({ digest, mediaType, base64: bytes.toString('base64') });
      },
    },
    root.digest,
    { tag: null, referrers: false, parallel: 1 },
  );
  return { manifests, blobs };
}

function platformsOf({ children }: RepairedIndex): PlatformRepair[] {
  return children.map(({ descriptor, repaired, skipped }) => ({
    digest: descriptor.digest,
    os: descriptor.platform?.os ?? '',
    architecture: descriptor.platform?.architecture ?? '',
    result: repaired?.result ?? null,
    skipped,
  }));
}

const platformOf = ({ result }: RepairedImage): PlatformRepair => ({
  digest: result.from,
  os: '',
  architecture: '',
  result,
  skipped: null,
});

const pieces: Buffer[] = [];
for await (const piece of process.stdin) pieces.push(piece as Buffer);
const order = JSON.parse(Buffer.concat(pieces).toString('utf8')) as RepairOrder;

let answer: unknown;
try {
  answer = await repair(order);
} catch (error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'internal';
  answer = { ok: false, code, message: error instanceof Error ? error.message : String(error) };
}
process.stdout.write(JSON.stringify(answer));
