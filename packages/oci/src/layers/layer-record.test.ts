/** What a remembered layer may stand for, and what it may not. */
import { expect, test } from 'vitest';
import type { Examine } from './examine.ts';
import type { LayerLimits } from './limits.ts';
import { keepAll, listing, rememberAll } from './merge.fixture.ts';
import { mergeLayers } from './merge-layers.ts';
import type { LayerInput } from './read-layer.ts';
import { gzipLayer } from './tar-fixture.ts';

const counting = (layer: LayerInput, opened: string[], name: string): LayerInput => ({
  ...layer,
  open() {
    opened.push(name);
    return layer.open();
  },
});
const base = gzipLayer({ path: 'usr/lib/' }, { path: 'usr/lib/a', content: '1' });
const top = gzipLayer({ path: 'lib/b', content: '2' });

test('only layers that were not read before are opened', async () => {
  const memory = rememberAll();
  const opened: string[] = [];
  const other = gzipLayer({ path: 'usr/lib/a', content: '3' });
  await mergeLayers([counting(base, opened, 'base'), counting(top, opened, 'top')], { examine: keepAll, memory });
  const merged = await mergeLayers([counting(base, opened, 'base'), counting(other, opened, 'other')], {
    examine: keepAll,
    memory,
  });
  expect(opened).toEqual(['base', 'top', 'other']);
  expect(listing(merged)).toEqual(['usr/lib/a=3']);
});

test('above a link that leads elsewhere, what was learned under another path is learned anew', async () => {
  const memory = rememberAll();
  const opened: string[] = [];
  // What is kept depends on the path.
  const examine: Examine = (path) => (path.startsWith('usr/') ? keepAll() : null);
  await mergeLayers([counting(top, opened, 'top')], { examine, memory });
  const linked = gzipLayer({ path: 'usr/lib/' }, { path: 'lib', link: 'usr/lib' });
  const merged = await mergeLayers([linked, counting(top, opened, 'top')], { examine, memory });
  expect(opened).toEqual(['top', 'top']);
  expect(merged.tree.lookup('usr/lib/b')?.content?.toString()).toBe('2');
});

test('a configuration that claims another diff id has the layer read, and refused', async () => {
  const memory = rememberAll();
  await mergeLayers([base], { examine: keepAll, memory });
  await expect(
    mergeLayers([{ ...base, diffId: `sha256:${'0'.repeat(64)}` }], { examine: keepAll, memory }),
  ).rejects.toMatchObject({ code: 'digest-mismatch' });
});

test('limits on the whole image hold for remembered layers too', async () => {
  const memory = rememberAll();
  await mergeLayers([base, top], { examine: keepAll, memory });
  await expect(mergeLayers([base, top], { examine: keepAll, memory, limits: { entries: 2 } })).rejects.toMatchObject({
    code: 'layer-limit',
  });
  await expect(mergeLayers([base, top], { examine: keepAll, memory, limits: { bytes: 3000 } })).rejects.toMatchObject({
    code: 'layer-limit',
  });
});

test.each<[string, Partial<LayerLimits>, () => boolean]>([
  ['a content that did not fit', { keptBytes: 3 }, () => true],
  ['an examination whose budget is spent', {}, () => false],
])('%s is not remembered', async (_, limits, repeatable) => {
  const memory = rememberAll();
  const layer = gzipLayer({ path: 'a', content: '12345' });
  await mergeLayers([layer], { examine: keepAll, memory, limits, repeatable });
  expect(memory.knows(layer)).toBe(false);
});
