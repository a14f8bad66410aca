/** Bounds on what a layer may cost to read; every layer is somebody else's archive. */
import { OciError } from '../error.ts';

export type LayerLimits = {
  /** Entries of one layer, whatever their kind. */
  entriesPerLayer: number;
  /** Entries of all layers together, and files and directories that they make. */
  entries: number;
  /** Uncompressed bytes of one layer. */
  bytesPerLayer: number;
  /** Uncompressed bytes of all layers together. */
  bytes: number;
  /** Uncompressed to compressed bytes of one layer, judged once `ratioFloor` uncompressed bytes have passed. */
  ratio: number;
  ratioFloor: number;
  /** Bytes of one path and of one link target. */
  pathBytes: number;
  /** Components of one path. */
  depth: number;
  /** Bytes of one PAX extended header or GNU long name. */
  headerBytes: number;
  /** Bytes of one file whose content is kept; a longer one is noted as too large. */
  keptFileBytes: number;
  /** Bytes of all contents kept; what comes later is noted as too large. */
  keptBytes: number;
};

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** Generous for real images (the largest have about 60 GiB and half a million files); a million files take about 0.6 GB. */
export const DEFAULT_LAYER_LIMITS: LayerLimits = {
  entriesPerLayer: 1_000_000,
  entries: 1_000_000,
  bytesPerLayer: 64 * GIB,
  bytes: 128 * GIB,
  ratio: 500,
  ratioFloor: 512 * MIB,
  pathBytes: 4096,
  depth: 512,
  headerBytes: MIB,
  keptFileBytes: 64 * MIB,
  keptBytes: 256 * MIB,
};

/** Stops reading of a layer. @throws OciError `layer-limit`, always */
export function overLimit(layer: string, limit: keyof LayerLimits, text: string): never {
  throw new OciError('layer-limit', `layer ${layer} goes over the limit "${limit}": ${text}`);
}
