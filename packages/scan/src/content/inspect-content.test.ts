/** Contents of layers, looked at beside and here: the same is found, and nobody waits for ever. */
import { gzipSync } from 'node:zlib';
import type { Inspector } from '@pratique/oci/layers/inspect';
import { mergeLayers } from '@pratique/oci/layers/merge-layers';
import { gzipLayer, layerOf, tar } from '@pratique/oci/layers/tar-fixture';
import { describe, expect, test } from 'vitest';
import { eicar, noise } from '../malware/samples.fixture.ts';
import { KINDS } from '../secrets/catalog/list.ts';
import { seeded } from '../secrets/random.fixture.ts';
import type { ContentFacts } from './content-facts.ts';
import { ContentPool } from './content-pool.ts';
import { type ContentInspector, type ContentWanted, inspectBeside, inspectHere } from './inspect-content.ts';
import { NO_OWN_RULES } from './own-rules.ts';

const WANTED: ContentWanted = { secrets: { salt: Buffer.alloc(32, 7) }, malware: true };
const token = KINDS.find((kind) => kind.id === 'github-personal-access-token')?.sample(seeded(1));
const text = String(token?.text);
/** More than one batch holds, of files that are nothing. */
const plain = Array.from({ length: 40 }, (_, at) => ({
  path: `srv/${at}.txt`,
  content: `${at}: ${'nothing to see. '.repeat(4000)}`,
}));
const lower = gzipLayer({ path: 'srv/app/token', content: text }, ...plain, {
  path: 'srv/a.gz',
  content: gzipSync(eicar()),
});
const upper = gzipLayer(
  { path: 'srv/app/.wh.token' },
  { path: 'opt/eicar.com', content: eicar() },
  { path: 'opt/long.txt', content: Buffer.concat([Buffer.alloc(18 * 1024 * 1024, 'a\n'), eicar()]) },
);

async function found(inspector: ContentInspector, layers = [lower, upper]): Promise<string[]> {
  try {
    const { facts } = await mergeLayers(layers, { examine: () => null, inspector });
    expect(JSON.stringify(facts)).not.toContain(token?.secret);
    return facts.flatMap(({ layer, path, facts: said }) => {
      const { secrets, malware, unexamined } = said as ContentFacts;
      return [...secrets, ...malware]
        .map(({ id }) => `${layer} ${path} ${id}`)
        .concat(unexamined.map(({ kind }) => `${layer} ${path} ${kind}`));
    });
  } finally {
    await inspector.close();
  }
}

describe.each([
  ['in threads beside', inspectBeside],
  ['where layers are read', inspectHere],
])('%s', (_, inspect) => {
  test('secrets and malware of all layers are found, in archives too, and what was passed over is said', async () => {
    const all = await found(inspect(WANTED));
    expect(all).toContain('0 srv/app/token github-personal-access-token');
    expect(all).toContain('0 srv/a.gz test-eicar');
    expect(all).toContain('1 opt/eicar.com test-eicar');
    expect(all).toContain('1 opt/long.txt partial');
    expect(all.filter((line) => /srv\/\d/.test(line))).toEqual([]);
  });

  test('what nobody asked for is not looked for', async () => {
    expect((await found(inspect({ ...WANTED, malware: false }))).join()).not.toContain('eicar');
    expect((await found(inspect({ ...WANTED, secrets: null }))).join()).not.toContain('token');
  });
});

test('who brings more than is being examined waits, and goes on', async () => {
  // Nothing that could be compressed to one piece.
  const large = noise(3 * 1024 * 1024);
  const many = gzipLayer(...Array.from({ length: 12 }, (_, at) => ({ path: `big/${at}`, content: large })), {
    path: 'big/last',
    content: eicar(),
  });
  const inspector = inspectBeside(WANTED);
  let waits = 0;
  const counted: Inspector = {
    ...inspector,
    room() {
      const wait = inspector.room();
      if (wait) waits += 1;
      return wait;
    },
  };
  expect(await found({ ...counted, close: () => inspector.close() }, [many])).toEqual(['0 big/last test-eicar']);
  expect(waits).toBeGreaterThan(0);
});

test('threads that are gone end the work with an error', async () => {
  const pool = new ContentPool({ secrets: null, malware: true, own: NO_OWN_RULES });
  await pool.close();
  expect(pool.room()).toBeNull();
  const inspector = inspectBeside(WANTED);
  const merging = mergeLayers([lower, upper], {
    examine: () => null,
    inspector: {
      ...inspector,
      open(file) {
        void inspector.close();
        return inspector.open(file);
      },
    },
  });
  await expect(merging).rejects.toMatchObject({ code: 'engine-failed' });
});

test.each([
  ['lower', 0],
  ['upper', 1],
])('a %s layer that breaks off in a file ends the merge, whoever shares a batch with it', async (_, broken) => {
  const cut = tar({ path: 'srv/cut', content: noise(200_000) }).subarray(0, 100_000);
  const whole = gzipLayer({ path: 'srv/whole', content: text });
  const layers = broken === 0 ? [layerOf(gzipSync(cut)), whole] : [whole, layerOf(gzipSync(cut))];
  const inspector = inspectBeside(WANTED);
  try {
    // Both are read at once.
    await expect(mergeLayers(layers, { examine: () => null, inspector, besideBytes: 0 })).rejects.toMatchObject({
      code: 'layer-invalid',
    });
  } finally {
    await inspector.close();
  }
});
