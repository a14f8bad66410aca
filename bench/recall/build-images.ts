/** The images that scanners are compared on, kept in the cache under what they were made by. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildApk } from './image-apk.ts';
import { buildDebian } from './image-debian.ts';
import { buildDistroless } from './image-distroless.ts';
import { buildRpm } from './image-rpm.ts';
import { CACHE } from './run-program.ts';

export type CoverageImage = { name: string; what: string; layout: string };

type Recipe = {
  name: string;
  what: string;
  /** Files of this folder that say how it is made. */
  made: readonly string[];
  build: (layout: string, work: string) => Promise<void>;
};

const RECIPES: readonly Recipe[] = [
  {
    name: 'debian',
    what: 'Debian 12 composed from the archive (with Python, Node.js, Ruby and their Debian packages, kernel headers), and applications that npm, pip, Maven, Go and Cargo with cargo-auditable installed',
    made: ['image-debian.ts', 'payloads.ts', 'jars.ts', 'write-layout.ts'],
    build: buildDebian,
  },
  {
    name: 'distroless',
    what: 'packages of Debian 12 unpacked, with `status.d` for a database and no shell, and programs of Go and Java',
    made: ['image-distroless.ts', 'payloads.ts', 'jars.ts', 'write-layout.ts'],
    build: buildDistroless,
  },
  {
    name: 'rpm',
    what: 'AlmaLinux 9 by name: packages with real names and versions that rpmbuild made of nothing, installed by rpm into an SQLite database, and an application of Python',
    made: ['image-rpm.ts', 'payloads.ts', 'write-layout.ts'],
    build: buildRpm,
  },
  {
    name: 'apk',
    what: 'Alpine 3.18 by name: the database of apk written from its documentation, with real names and versions, and applications of Node and Python',
    made: ['image-apk.ts', 'payloads.ts', 'write-layout.ts'],
    build: buildApk,
  },
];

/**
 * Builds what is not in the cache yet.
 * @throws CoverageError where a source or tool is not to be had
 */
export async function buildImages(note: (text: string) => void): Promise<CoverageImage[]> {
  const images: CoverageImage[] = [];
  for (const recipe of RECIPES) {
    const layout = join(CACHE, 'coverage', 'images', `${recipe.name}-${await recipeHash(recipe)}`);
    if (!existsSync(join(layout, 'index.json'))) {
      note(`building the image ${recipe.name}`);
      await buildInto(layout, recipe);
    }
    images.push({ name: recipe.name, what: recipe.what, layout });
  }
  return images;
}

async function buildInto(layout: string, recipe: Recipe): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'pratique-coverage-'));
  try {
    const part = `${layout}.part`;
    await rm(part, { recursive: true, force: true });
    await mkdir(part, { recursive: true });
    await recipe.build(part, work);
    await rename(part, layout);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function recipeHash(recipe: Recipe): Promise<string> {
  const hash = createHash('sha256');
  for (const file of recipe.made) hash.update(await readFile(join(import.meta.dirname, file)));
  return hash.digest('hex').slice(0, 12);
}
