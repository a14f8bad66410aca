/** Reads fixture folders as the files of an image, for the tests of catalogers. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { FixtureEntry } from '@pratique/oci/layers/tar-fixture';

/** All files below a folder, in path order, with the folder's own path cut off. */
export function filesBelow(folder: string): FixtureEntry[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ path: relative(folder, path), content: readFileSync(path) }));
}
