/** A second scan reads what has changed, and nothing that the folder says is believed beyond what was written there. */
import { mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LayerInput } from '@pratique/oci/layers/read-layer';
import { gzipLayer } from '@pratique/oci/layers/tar-fixture';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GO_ELF, OS, packageJson, record, status } from './image.fixture.ts';
import { inventoryImage } from './inventory-image.ts';
import { rememberLayers } from './layer-folder.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pratique-layers-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const base = gzipLayer(OS, status(record('libc6', '2.36-9')), { path: 'bin/tool', content: GO_ELF, mode: 0o755 });
const app = gzipLayer(packageJson('app/node_modules/left', 'left', '1.0.0'));
const newer = gzipLayer(packageJson('app/node_modules/left', 'left', '1.0.1'));

async function scan(layers: LayerInput[], maxBytes = 1 << 20) {
  let opened = 0;
  const counted = layers.map((layer) => ({
    ...layer,
    open() {
      opened += 1;
      return layer.open();
    },
  }));
  const inventory = await inventoryImage(
    { layers: counted, config: {} },
    { memory: rememberLayers(join(dir, 'layers'), maxBytes) },
  );
  return { inventory, opened };
}
const files = () => readdir(join(dir, 'layers'));

test('the second scan of an image opens nothing, that of a changed one the changed layer, and both find the same', async () => {
  const first = await scan([base, app]);
  expect(first.opened).toBe(2);
  const second = await scan([base, app]);
  expect(second.opened).toBe(0);
  expect(second.inventory).toEqual(first.inventory);
  const changed = await scan([base, newer]);
  expect(changed.opened).toBe(1);
  expect(changed.inventory).toEqual(await inventoryImage({ layers: [base, newer], config: {} }));
});

test.each([
  ['cut off', (path: string) => truncate(path, 40)],
  ['of noise', (path: string) => writeFile(path, Buffer.alloc(500, 7))],
  ['empty', (path: string) => truncate(path, 0)],
])('a file %s is read around and written anew', async (_, damage) => {
  const { inventory } = await scan([base, app]);
  for (const name of await files()) await damage(join(dir, 'layers', name));
  const again = await scan([base, app]);
  expect(again).toEqual({ inventory, opened: 2 });
  expect((await scan([base, app])).opened).toBe(0);
});

test('one layer’s record under another’s name is not believed', async () => {
  await scan([app]);
  const [name] = await files();
  const content = await readFile(join(dir, 'layers', String(name)));
  const other = String(name).replace(/^[0-9a-f]+/, newer.descriptor.digest.slice('sha256:'.length));
  await writeFile(join(dir, 'layers', other), content);
  const { inventory, opened } = await scan([newer]);
  expect(opened).toBe(1);
  expect(inventory.packages.map((each) => each.version)).toEqual(['1.0.1']);
});

test('the folder stays within its bound; what was used last stays', async () => {
  await scan([app]);
  const [first] = await files();
  await utimes(join(dir, 'layers', String(first)), 1, 1);
  const { length } = await readFile(join(dir, 'layers', String(first)));
  await scan([newer], length * 2);
  expect(await files()).toHaveLength(2);
  await scan([app], length * 2);
  // Used again just now, so the other one goes.
  const other = gzipLayer(packageJson('app/node_modules/right', 'right', '1.0.0'));
  await utimes(join(dir, 'layers', (await files()).find((name) => name !== first) ?? ''), 1, 1);
  await scan([other], length * 2);
  expect(await files()).toContain(first);
  expect(await files()).toHaveLength(2);
});

test('a folder that cannot be written costs no result', async () => {
  await writeFile(join(dir, 'layers'), 'a file');
  expect((await scan([app])).inventory.packages).toHaveLength(1);
});
