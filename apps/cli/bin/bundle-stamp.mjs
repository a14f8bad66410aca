/** Whether the joined modules are those of the sources. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Path, time of last change in ms, bytes. @typedef {[string, number, number]} Input */

export const DIST = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist');
/** @param {string} [dist] */
export const stampOf = (dist = DIST) => join(dist, 'current.json');

/** @param {string} [dist] @returns {string | null} the entry, null where it is not there or older than a source */
export function currentBundle(dist = DIST) {
  try {
    /** @type {{ folder: string, inputs: Input[] }} */
    const { folder, inputs } = JSON.parse(readFileSync(stampOf(dist), 'utf8'));
    for (const [path, mtimeMs, size] of inputs) {
      const now = statSync(path);
      if (now.mtimeMs !== mtimeMs || now.size !== size) return null;
    }
    const entry = join(dist, folder, 'main.mjs');
    statSync(entry);
    return entry;
  } catch {
    return null;
  }
}
