/** Everything that is learned from an image in one reading of its layers: inventory, secrets, malware. */
import { createHash } from 'node:crypto';
import { type ImageInput, type InventoryOptions, readImage } from '../inventory/inventory-image.ts';
import { readRules } from '../malware/read-rules.ts';
import { malwareRevision } from '../malware/revision.ts';
import { SECRETS_REVISION } from '../secrets/catalog/list.ts';
import { type ContentWanted, inspectContent } from './inspect-content.ts';
import { type ExaminedImage, joinContent } from './join-content.ts';

/** How contents are chosen, cut and given to the examiners. Raised whenever the same contents would give other facts. */
const CONTENT_REVISION = 1;

/** Names what is looked for and by which rules, for the memory of layers. The salt is in it, and cannot be read from it. */
export function contentRevision({ secrets, malware }: ContentWanted): string {
  if (!secrets && !malware) return '';
  const salt = secrets ? createHash('sha256').update(secrets.salt).digest('hex') : '';
  const looked = [
    `content ${CONTENT_REVISION}`,
    secrets ? `secrets ${SECRETS_REVISION} ${salt}` : '',
    malware ? `malware ${malwareRevision({ own: readRules() })}` : '',
  ];
  return looked.filter(Boolean).join(', ');
}

/** @throws as `inventoryImage`; ScanError `rules-refused`, `engine-missing`, `engine-failed` */
export async function examineImage(
  image: ImageInput,
  wanted: ContentWanted,
  options: InventoryOptions = {},
): Promise<ExaminedImage> {
  const inspector = wanted.secrets || wanted.malware ? inspectContent(wanted) : null;
  try {
    return joinContent(await readImage(image, options, inspector), wanted, image.config);
  } finally {
    await inspector?.close();
  }
}
