/** Has a scanner child read one image, for its inventory, its contents or both in one reading. */
import type { Inventory } from '@pratique/contract';
import type { Descriptor } from '@pratique/oci';
import { z } from 'zod';
import type { BlobStore } from '../blobs/store.ts';
import { ServerError } from '../error.ts';
import { ImageConfig, MAX_CONFIG_BYTES } from '../inventory/image-config.ts';
import type { Lane, LanedScanner, ScanOrder, ScanResult } from '../inventory/scanner.ts';
import type { ContentRules } from './rules.ts';
import type { Examination } from './store-contents.ts';

export type ScanImageDeps = { store: BlobStore; scan: LanedScanner; contents: ContentRules };
export type Asked = {
  memory: ScanOrder['memory'];
  inventory: boolean;
  contents: boolean;
  lane?: Lane;
};
export type Scanned = { inventory: Inventory | null; examination: Examination | null };

/**
 * A child that is ended over the contents, by a limit or twice by a fault, is followed by one that takes the inventory alone:
 * nothing in a file may keep from view what is installed. The examination then says why there is none.
 *
 * @throws ServerError `scan-failed`, with `details.permanent` where another attempt would fail as well
 */
export async function scanImage(
  deps: ScanImageDeps,
  manifest: { config: Descriptor; layers: Descriptor[] },
  asked: Asked,
): Promise<Scanned> {
  const config = await readConfig(deps.store, manifest.config);
  const layers = manifest.layers.map((descriptor, index) => ({
    descriptor,
    diffId: diffIdOf(config, index),
    path: deps.store.path(descriptor.digest),
  }));
  const order: ScanOrder = { layers, config, memory: asked.memory };
  if (!asked.contents) return { inventory: (await deps.scan(order, asked.lane)).inventory, examination: null };
  const key = deps.contents.key.toString('hex');
  const contents = { key, now: new Date().toISOString(), alone: !asked.inventory };
  const read = () => deps.scan({ ...order, contents }, asked.lane);
  try {
    return toScanned(await read().catch((error: unknown) => (wasBroken(error) ? read() : Promise.reject(error))));
  } catch (error) {
    if (!(error instanceof ServerError) || error.details['ended'] !== true) throw error;
    const inventory = asked.inventory ? (await deps.scan(order, asked.lane)).inventory : null;
    return { inventory, examination: { failure: error.message } };
  }
}

/** Ended by somebody else than us, who may have meant another process: what was in the way is seen the second time. */
const wasBroken = (error: unknown): boolean =>
  error instanceof ServerError && error.details['ended'] === true && error.details['permanent'] !== true;

function toScanned({ inventory, contents, failure }: ScanResult): Scanned {
  return { inventory, examination: contents ? { contents } : { failure: failure ?? 'they were not examined' } };
}

const refused = (message: string) => new ServerError('scan-failed', message, { details: { permanent: true } });

async function readConfig(store: BlobStore, { digest, size }: Descriptor): Promise<unknown> {
  if (size > MAX_CONFIG_BYTES)
    throw refused(`the image configuration has ${size} bytes; at most ${MAX_CONFIG_BYTES} are read`);
  const chunks: Buffer[] = [];
  for await (const chunk of store.read(digest)) chunks.push(chunk as Buffer);
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw refused('the image configuration is not JSON');
  }
}

function diffIdOf(config: unknown, index: number): string | null {
  const parsed = ImageConfig.safeParse(config);
  const diffId = parsed.success ? parsed.data.rootfs.diff_ids[index] : undefined;
  return diffId &&
    z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/)
      .safeParse(diffId).success
    ? diffId
    : null;
}
