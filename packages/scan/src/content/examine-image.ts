/** Everything that is learned from an image in one reading of its layers: inventory, secrets, malware, baseline. */
import { type ImageInput, type InventoryOptions, readImage } from '../inventory/inventory-image.ts';
import { type Wanted, withBesides } from './besides.ts';
import { type ExaminedImage, joinContent } from './join-content.ts';

/** @throws as `inventoryImage`; ScanError `rules-refused`, `engine-missing`, `engine-failed` */
export function examineImage(
  image: ImageInput,
  wanted: Wanted,
  options: InventoryOptions = {},
): Promise<ExaminedImage> {
  return withBesides(wanted, async (besides) =>
    joinContent(await readImage(image, options, besides), wanted, image.config),
  );
}
