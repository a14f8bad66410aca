import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Inventory } from '@pratique/contract';
import { tarEntry } from '@pratique/oci/layers/tar-fixture';
import { afterAll, describe, expect, test } from 'vitest';
import { layerMemories } from './layer-memories.ts';
import { createScanner, limitScanners, type ScannersPart } from './scanner.ts';

const root = resolve(import.meta.dirname, '..', '..', '..', '..');
const folder = await mkdtemp(join(tmpdir(), 'pratique-scanner-'));
afterAll(() => rm(folder, { recursive: true, force: true }));
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
    const inventory = await scan({ layers: [await layer(gzipSync(Buffer.alloc(1024)))], config: {} });
    expect(inventory.packages).toEqual([]);
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
      return {} as Inventory;
    },
    2,
    (part) => reports.push(part),
  );
  await Promise.all(Array.from({ length: 7 }, () => slow({ layers: [], config: {} })));
  expect(most).toBe(2);
  expect(reports.at(-1)).toEqual({ running: 0, waiting: 0, done: 7, failed: 0 });
});
