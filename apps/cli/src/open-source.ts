/** An image that can be read, wherever it lies. */
import type { ContentSource } from '@pratique/oci';

export type OpenSource = {
  source: ContentSource;
  reference: string;
  /** How the image is called elsewhere; null where it has no name. */
  name: string | null;
  close: () => Promise<void>;
};
