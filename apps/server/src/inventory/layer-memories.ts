/** Where scanner children note what layers contain: a folder for each account, bounded together. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { boundLayers } from '@pratique/scan';

export type LayerMemories = {
  /** @returns the account's folder, made where it is missing; undefined where nothing is to be remembered */
  of(accountId: string): Promise<{ dir: string; maxBytes: number } | undefined>;
};

const MIB = 1024 * 1024;

/**
 * No account gets another's folder: its own images may take over the child that reads them, and the child writes here.
 *
 * @param megabytes of all accounts together; 0 remembers nothing
 */
export function layerMemories(root: string, megabytes: number): LayerMemories {
  return {
    async of(accountId) {
      if (megabytes === 0) return undefined;
      const dir = join(root, accountId);
      try {
        await mkdir(dir, { recursive: true, mode: 0o700 });
        await boundLayers(root, megabytes * MIB);
      } catch {
        // What cannot be remembered is read again.
        return undefined;
      }
      return { dir, maxBytes: (megabytes * MIB) / 4 };
    },
  };
}
