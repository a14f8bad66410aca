/** What an inspector sees of layers, and that it is remembered with them. */
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { InspectedFile, Inspector } from './inspect.ts';
import { keepAll, rememberAll } from './merge.fixture.ts';
import { mergeLayers } from './merge-layers.ts';
import { gzipLayer, layerOf, tar } from './tar-fixture.ts';

const lower = gzipLayer(
  { path: 'etc/key', content: 'one secret' },
  { path: 'etc/other', content: 'nothing' },
  { path: 'empty', content: '' },
);
const upper = gzipLayer({ path: 'etc/.wh.key' }, { path: 'etc/other', content: 'two secrets' });

/** Finds the word, and says so later, in batches of two. */
function findSecrets(): { inspector: Inspector; opened: string[]; waits: () => number } {
  const opened: string[] = [];
  let held: (() => void)[] = [];
  let waits = 0;
  const flush = (): void => {
    for (const done of held) done();
    held = [];
  };
  const open = ({ path, size, head }: InspectedFile): ReturnType<Inspector['open']> => {
    opened.push(`${path} ${size} ${head.toString()}`);
    if (size === 0) return null;
    let text = '';
    return {
      data(piece) {
        text += piece.toString();
      },
      end: () =>
        new Promise((resolve) => {
          held.push(() => resolve(text.includes('secret') ? { text } : null));
          if (held.length === 2) flush();
        }),
    };
  };
  const room = (): Promise<void> | null => {
    waits += 1;
    return waits % 2 === 0 ? Promise.resolve() : null;
  };
  return { inspector: { open, room, flush }, opened, waits: () => waits };
}

test('an inspector sees every file of every layer, taken away or not, and what it finds names layer and path', async () => {
  const { inspector, opened, waits } = findSecrets();
  const memory = rememberAll();
  const merged = await mergeLayers([lower, upper], { examine: keepAll, memory, inspector });
  const facts = [
    { layer: 0, path: 'etc/key', facts: { text: 'one secret' } },
    { layer: 1, path: 'etc/other', facts: { text: 'two secrets' } },
  ];
  expect(merged.facts).toEqual(facts);
  expect(merged.tree.lookup('etc/key')).toBeNull();
  expect(opened).toEqual(['etc/key 10 one secret', 'etc/other 7 nothing', 'empty 0 ', 'etc/other 11 two secrets']);
  expect(waits()).toBeGreaterThan(0);
  const again = findSecrets();
  expect((await mergeLayers([lower, upper], { examine: keepAll, memory, inspector: again.inspector })).facts).toEqual(
    facts,
  );
  expect(again.opened).toEqual([]);
});

test('layers that are read ahead are inspected alike, and a failing inspection ends the merge', async () => {
  const options = { examine: () => null, besideBytes: lower.descriptor.size + upper.descriptor.size };
  const merged = await mergeLayers([lower, upper, lower], { ...options, inspector: findSecrets().inspector });
  expect(merged.facts.map(({ layer, path }) => `${layer} ${path}`)).toEqual(['0 etc/key', '1 etc/other', '2 etc/key']);
  const inspector: Inspector = {
    open: () => ({ data() {}, end: () => Promise.reject(new Error('the engine is gone')) }),
    room: () => null,
    flush() {},
  };
  await expect(mergeLayers([lower, upper], { ...options, inspector })).rejects.toThrow('the engine is gone');
});

test('a content that breaks off is ended too: what others gave beside it does not wait for it', async () => {
  const [cut, open] = [tar({ path: 'cut', content: 'x'.repeat(4000) }).subarray(0, 2000), [] as string[]];
  const inspector: Inspector = {
    open({ path }) {
      open.push(path);
      return { data() {}, end: () => void open.splice(open.indexOf(path), 1) };
    },
    room: () => null,
    flush() {},
  };
  const merging = mergeLayers([layerOf(gzipSync(cut))], { examine: () => null, inspector });
  await expect(merging).rejects.toMatchObject({ code: 'layer-invalid' });
  expect(open).toEqual([]);
});
