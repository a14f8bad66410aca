/** Everything that is learned from a folder: inventory, secrets, malware. */
import { readTree } from '../inventory/inventory-directory.ts';
import type { InventoryOptions } from '../inventory/inventory-image.ts';
import { type ContentWanted, inspectContent } from './inspect-content.ts';
import { type ExaminedImage, joinContent } from './join-content.ts';

/** @throws as `inventoryDirectory`; ScanError `rules-refused`, `engine-missing`, `engine-failed` */
export async function examineDirectory(
  dir: string,
  wanted: ContentWanted,
  options: InventoryOptions = {},
): Promise<ExaminedImage> {
  const inspector = wanted.secrets || wanted.malware ? inspectContent(wanted) : null;
  try {
    const read = await readTree(dir, options, inspector);
    return joinContent({ ...read, layers: [] }, wanted, null);
  } finally {
    await inspector?.close();
  }
}
