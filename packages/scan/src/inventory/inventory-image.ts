/** Inventories an image from its layers, without unpacking it. */
import type { Inventory } from '@pratique/contract';
import type { Inspector } from '@pratique/oci/layers/inspect';
import type { LayerMemory } from '@pratique/oci/layers/layer-record';
import type { LayerLimits } from '@pratique/oci/layers/limits';
import { type MergedImage, mergeLayers } from '@pratique/oci/layers/merge-layers';
import type { LayerInput } from '@pratique/oci/layers/read-layer';
import { z } from 'zod';
import type { Cataloger } from '../catalogers/cataloger.ts';
import { CATALOGERS } from '../catalogers/list.ts';
import { ScanError } from '../error.ts';
import { type Built, buildInventory } from './build.ts';
import { type AlsoKept, examineFor } from './examine.ts';
import { boundMissing } from './missing.ts';

/** What of an image configuration matters here. @see OCI image-spec 1.1, config.md */
const Config = z.looseObject({
  os: z.string().optional(),
  rootfs: z.looseObject({ diff_ids: z.array(z.string()).optional() }).optional(),
});

export type InventoryOptions = {
  limits?: Partial<LayerLimits>;
  signal?: AbortSignal;
  /** `bytes` are uncompressed bytes of the layer so far; layers count from 0. */
  progress?: (event: { layer: number; layers: number; bytes: number }) => void;
  /** Layers that were read before are not opened again. */
  memory?: LayerMemory;
  /** Other catalogers than all of them. */
  catalogers?: readonly Cataloger[];
};

export type ImageInput = { layers: LayerInput[]; config: unknown };
export type ReadImage = Built & Pick<MergedImage, 'tree' | 'layers' | 'facts'>;

/**
 * Reads every layer once, lowest first, verifying blob digests and diff ids.
 *
 * @param image layers in the manifest's order; a layer's `diffId` that is null is taken from the configuration
 * @throws OciError `digest-mismatch`, `size-mismatch`, `layer-invalid`, `layer-limit`; ScanError `config-invalid`
 */
export async function inventoryImage(image: ImageInput, options: InventoryOptions = {}): Promise<Inventory> {
  return (await readImage(image, options)).inventory;
}

/** What is wanted beside the inventory: an inspector sees all contents, and what it throws comes through. */
export type Besides = { inspector?: Inspector | null; also?: AlsoKept | null };

/** As `inventoryImage`. */
export async function readImage(
  image: ImageInput,
  options: InventoryOptions,
  { inspector = null, also = null }: Besides = {},
): Promise<ReadImage> {
  const config = Config.safeParse(image.config ?? {});
  if (!config.success)
    throw new ScanError(
      'config-invalid',
      `the image configuration is invalid at ${config.error.issues[0]?.path.join('.') ?? 'its root'}`,
    );
  const diffIds = config.data.rootfs?.diff_ids;
  if (diffIds && diffIds.length !== image.layers.length)
    throw new ScanError(
      'config-invalid',
      `the image configuration lists ${diffIds.length} layers, the manifest ${image.layers.length}`,
    );
  const layers = image.layers.map((layer, index) => ({ ...layer, diffId: layer.diffId ?? diffIds?.[index] ?? null }));
  const catalogers = options.catalogers ?? CATALOGERS;
  const merged = await mergeLayers(layers, {
    ...examineFor(catalogers, also),
    inspector: inspector ?? undefined,
    limits: options.limits,
    signal: options.signal,
    progress: options.progress,
    // What it remembers was examined for all catalogers.
    memory: options.catalogers ? undefined : options.memory,
  });
  const { inventory, owners } = buildInventory({ tree: merged.tree, catalogers, layers: merged.layers });
  return { ...merged, owners, inventory: config.data.os === 'windows' ? ofWindows(inventory) : inventory };
}

function ofWindows(inventory: Inventory): Inventory {
  const windows = {
    kind: 'no-cataloger' as const,
    what: 'windows-image',
    path: '',
    detail: 'no cataloger reads Windows images yet',
  };
  return { ...inventory, missing: boundMissing([...inventory.missing, windows]) };
}
