/** Everything that is learned from a folder: inventory, secrets, malware, and what can be held against the baseline. */
import { readTree } from '../inventory/inventory-directory.ts';
import type { InventoryOptions } from '../inventory/inventory-image.ts';
import { type Wanted, withBesides } from './besides.ts';
import { type ExaminedImage, joinContent } from './join-content.ts';

/** @throws as `inventoryDirectory`; ScanError `rules-refused`, `engine-missing`, `engine-failed` */
export function examineDirectory(dir: string, wanted: Wanted, options: InventoryOptions = {}): Promise<ExaminedImage> {
  return withBesides(wanted, async (besides) =>
    joinContent({ ...(await readTree(dir, options, besides)), layers: [] }, wanted, null),
  );
}
