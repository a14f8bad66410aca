/** Joins the command line's modules into a few files: Node loads them in half of the time. Run by the bootstrap; sources win wherever they are newer. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { currentBundle, DIST, stampOf } from './bundle-stamp.mjs';

const STAMP = stampOf();
const CLI = dirname(import.meta.dirname);
const ROOT = dirname(dirname(CLI));

/** Threads that a command starts: entries of their own, beside the command's. */
const THREADS = [
  'packages/compose/src/unpack/deb-worker.ts',
  'packages/oci/src/layers/unpack-thread.ts',
  'packages/scan/src/content/content-thread.ts',
];

/**
 * What was read, as it was when it was read. Installed packages are accounted for by what npm writes last.
 * @type {import('./bundle-stamp.mjs').Input[]}
 */
const inputs = [];
const note = (/** @type {string} */ path) => {
  const { mtimeMs, size } = statSync(path);
  inputs.push([path, mtimeMs, size]);
};

if (!currentBundle()) await bundle();

/**
 * A thread's joined modules lie beside whoever starts it; another module stays where its source is. The brackets keep the
 * place of the joined file from being written out as the source's below.
 * @param {string} said @param {string} name
 */
function besideThis(said, name) {
  const known = THREADS.some((path) => path.endsWith(`/${name}.ts`));
  return known ? `new URL('./${name}.mjs', import.meta['url'])` : said;
}

async function bundle() {
  note(join(ROOT, 'node_modules', '.package-lock.json'));
  const made = await rolldown({
    input: [join(CLI, 'src', 'main.ts'), ...THREADS.map((path) => join(ROOT, path))],
    platform: 'node',
    // Programs in machine code stay where they are.
    external: [/\.node$/, '@litko/yara-x'],
    plugins: [
      {
        name: 'sources-and-places',
        /** A module finds its threads and data where it lies, not where it was joined with others. */
        transform(code, id) {
          if (!id.startsWith(ROOT)) return null;
          if (!id.includes('/node_modules/')) note(id);
          if (!code.includes('import.meta.')) return null;
          return {
            code: code
              .replace(/new URL\('\.\/([\w-]+)\.ts', import\.meta\.url\)/g, besideThis)
              .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href))
              .replaceAll('import.meta.dirname', JSON.stringify(dirname(id)))
              .replaceAll('import.meta.filename', JSON.stringify(id)),
            map: null,
          };
        },
      },
    ],
  });
  mkdirSync(DIST, { recursive: true });
  const folder = `${process.pid}-${Date.now()}`;
  await made.write({
    dir: join(DIST, folder),
    format: 'esm',
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-[hash].mjs',
  });
  await made.close();
  // The one before stays: a command that runs may load more of it.
  const before = existsSync(STAMP) ? JSON.parse(readFileSync(STAMP, 'utf8')).folder : null;
  writeFileSync(`${STAMP}.${process.pid}`, JSON.stringify({ folder, inputs }));
  renameSync(`${STAMP}.${process.pid}`, STAMP);
  for (const name of readdirSync(DIST))
    if (name !== folder && name !== before && join(DIST, name) !== STAMP)
      rmSync(join(DIST, name), { recursive: true, force: true });
}
