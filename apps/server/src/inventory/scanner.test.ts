import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { tarEntry } from '@pratique/oci/layers/tar-fixture';
import { afterAll, describe, expect, test } from 'vitest';
import { layerMemories } from './layer-memories.ts';
import { createScanner, limitScanners, type ScannersPart } from './scanner.ts';

const root = resolve(import.meta.dirname, '..', '..', '..', '..');
const folder = await mkdtemp(join(tmpdir(), 'pratique-scanner-'));
afterAll(() => rm(folder, { recursive: true, force: true }));
const NOTHING = { inventory: null, contents: null, failure: null };
const limits = { memoryMb: 256, timeoutS: 60 };

async function layer(bytes: Buffer) {
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const path = join(folder, digest.slice(7));
  await writeFile(path, bytes);
  return {
    descriptor: { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest, size: bytes.length },
    diffId: null,
    path,
  };
}

describe('a scanner child', () => {
  test('answers with the inventory of an empty layer', async () => {
    const scan = createScanner(root, [folder], limits);
    const { inventory } = await scan({ layers: [await layer(gzipSync(Buffer.alloc(1024)))], config: {} });
    expect(inventory?.packages).toEqual([]);
  });

  test('tells a corrupt layer apart from a fault that may pass', async () => {
    const scan = createScanner(root, [folder], limits);
    const bad = { ...(await layer(Buffer.from('no archive'))) };
    await expect(scan({ layers: [bad], config: {} })).rejects.toMatchObject({
      code: 'scan-failed',
      details: { permanent: true },
    });
  });

  test('notes what layers contain in the folder of its account alone, and does not open them again', async () => {
    const memory = layerMemories(join(folder, 'memory'), 64);
    const mine = await memory.of('mine');
    const one = await layer(gzipSync(Buffer.concat([tarEntry({ path: 'a', content: 'x' }), Buffer.alloc(1024)])));
    const scan = createScanner(root, [folder], limits);
    const first = await scan({ layers: [one], config: {}, memory: mine });
    expect(await readdir(join(folder, 'memory', 'mine'))).toHaveLength(1);
    await rm(one.path);
    expect(await scan({ layers: [one], config: {}, memory: mine })).toEqual(first);
    const theirs = await memory.of('theirs');
    await expect(scan({ layers: [one], config: {}, memory: theirs })).rejects.toThrow(/ENOENT/);
    expect(await readdir(join(folder, 'memory', 'theirs'))).toEqual([]);
    expect(await layerMemories(join(folder, 'memory'), 0).of('mine')).toBeUndefined();
  });

  test('cannot read outside the folders it was given', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'pratique-secret-'));
    const bytes = gzipSync(Buffer.alloc(1024));
    const inside = await layer(bytes);
    await writeFile(join(elsewhere, 'secret'), bytes);
    const scan = createScanner(root, [folder], limits);
    await expect(scan({ layers: [{ ...inside, path: join(elsewhere, 'secret') }], config: {} })).rejects.toThrow(
      /access|permission/i,
    );
    expect(await readFile(join(elsewhere, 'secret'))).toEqual(bytes);
    await rm(elsewhere, { recursive: true });
  });

  test('cannot read the data folder that lies in the checkout by default', async () => {
    const inside = await layer(gzipSync(Buffer.alloc(1024)));
    const scan = createScanner(root, [folder], limits);
    for (const path of [join(root, 'README.md'), join(root, '.pratique', 'master.key')])
      await expect(scan({ layers: [{ ...inside, path }], config: {} })).rejects.toThrow(/access|permission/i);
  });

  test('looks into contents in the same reading, or into them alone, and knows them again from the memory', async () => {
    const memory = await layerMemories(join(folder, 'memory'), 64).of('contents');
    const eicar = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR', '-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join('');
    const token = `ghp_${'x'.repeat(4)}`;
    const one = await layer(
      gzipSync(
        Buffer.concat([
          tarEntry({ path: 'etc/' }),
          tarEntry({ path: 'etc/eicar.com', content: eicar }),
          tarEntry({ path: 'etc/none', content: token }),
          Buffer.alloc(1024),
        ]),
      ),
    );
    const scan = createScanner(root, [folder], limits);
    const contents = { key: '00'.repeat(32), now: '2026-11-23T00:00:00Z', alone: false };
    const both = await scan({ layers: [one], config: {}, memory, contents });
    expect(both.inventory?.packages).toEqual([]);
    expect(both.contents?.malware).toMatchObject([{ family: 'test-file', path: 'etc/eicar.com' }]);
    expect(both.contents?.malware[0]?.sha256).toMatch(/^275a021bbfb6489e54d471899f7db9d1663fc695/);
    expect(both.contents?.baseline.length).toBeGreaterThan(20);
    await rm(one.path);
    const alone = await scan({ layers: [one], config: {}, memory, contents: { ...contents, alone: true } });
    expect(alone).toEqual({ ...both, inventory: null });
    const otherKey = { ...contents, key: '11'.repeat(32) };
    await expect(scan({ layers: [one], config: {}, memory, contents: otherKey })).rejects.toThrow(/ENOENT/);
  });

  test('is ended when it takes too long', async () => {
    const scan = createScanner(root, [folder], { ...limits, timeoutS: 0.05 });
    await expect(scan({ layers: [await layer(gzipSync(Buffer.alloc(1024)))], config: {} })).rejects.toThrow(
      /took longer/,
    );
  });
});

test('no more scanners run at a time than allowed, and all get their turn', async () => {
  let running = 0;
  let most = 0;
  const reports: ScannersPart[] = [];
  const slow = limitScanners(
    async () => {
      most = Math.max(most, ++running);
      await new Promise((done) => setTimeout(done, 5));
      running--;
      return NOTHING;
    },
    2,
    (part) => reports.push(part),
  );
  await Promise.all(Array.from({ length: 7 }, () => slow({ layers: [], config: {} })));
  expect(most).toBe(2);
  expect(reports.at(-1)).toEqual({ running: 0, waiting: 0, done: 7, failed: 0 });
});

test('what nobody waits for begins only when nobody waits, and takes half of the places at most', async () => {
  const order: string[] = [];
  const ends: (() => void)[] = [];
  const scan = limitScanners(
    async ({ config }) => {
      order.push(String(config));
      await new Promise<void>((done) => ends.push(done));
      return NOTHING;
    },
    2,
    () => {},
  );
  const all = [
    ...['b1', 'b2'].map((config) => scan({ layers: [], config }, 'background')),
    ...['f1', 'f2'].map((config) => scan({ layers: [], config })),
  ];
  const settle = () => new Promise((done) => setImmediate(done));
  await settle();
  expect(order).toEqual(['b1', 'f1']);
  for (let n = 0; n < 4; n++) {
    ends.shift()?.();
    await settle();
  }
  await Promise.all(all);
  expect(order).toEqual(['b1', 'f1', 'f2', 'b2']);
});
