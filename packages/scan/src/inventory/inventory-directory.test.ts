/** Directories are read with the same catalogers as images. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { layerOf } from '@pratique/oci/layers/tar-fixture';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ScanError } from '../error.ts';
import { inventoryDirectory } from './inventory-directory.ts';
import { inventoryImage } from './inventory-image.ts';

let root = '';
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'directory-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, content: string, mode = 0o644): void {
  mkdirSync(join(root, dirname(path)), { recursive: true });
  writeFileSync(join(root, path), content);
  chmodSync(join(root, path), mode);
}

function debian(): void {
  put('usr/lib/os-release', 'ID=debian\nVERSION_ID=12\n');
  mkdirSync(join(root, 'etc'));
  symlinkSync('../usr/lib/os-release', join(root, 'etc/os-release'));
  put('var/lib/dpkg/status', 'Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n');
  put('bin/run', '#!/bin/sh\n', 0o755);
  put('app/node_modules/x/package.json', '{"name": "x", "version": "1.0.0"}');
  put('app/deno.lock', '{}');
}

test('a directory gives the inventory that its archive gives as a layer', async (ctx) => {
  if (spawnSync('tar', ['--version']).status !== 0) return ctx.skip('tar is not installed');
  debian();
  const archive = execFileSync('tar', ['-C', root, '-c', '.'], { maxBuffer: 64 * 1024 * 1024 });
  const image = await inventoryImage({ layers: [layerOf(archive)], config: {} });
  const directory = await inventoryDirectory(root);
  expect(directory.packages).toEqual(image.packages.map((each) => ({ ...each, layer: null })));
  expect(directory.packages.map((each) => each.name)).toEqual(['a', 'x']);
  expect(directory.files).toEqual(image.files.map((each) => ({ ...each, diffId: null })));
  expect(directory.files.map((each) => each.path)).toEqual(['bin/run']);
  expect(directory.missing).toEqual(image.missing);
  expect(directory.missing.map((each) => each.what)).toEqual(['deno-lock']);
});

test('links lead nowhere but inside, and a pipe does not hold the scan up', async (ctx) => {
  if (spawnSync('mkfifo', [join(root, 'pipe')]).status !== 0) return ctx.skip('mkfifo is not installed');
  symlinkSync('/etc', join(root, 'etc'));
  symlinkSync('loop', join(root, 'loop'));
  const inventory = await inventoryDirectory(root);
  expect(inventory).toMatchObject({ distribution: null, packages: [], files: [], missing: [] });
});

test('what is no directory is refused, and limits hold', async () => {
  await expect(inventoryDirectory(join(root, 'nowhere'))).rejects.toThrow(ScanError);
  debian();
  await expect(inventoryDirectory(root, { limits: { entriesPerLayer: 3 } })).rejects.toThrow('"entriesPerLayer"');
  await expect(inventoryDirectory(root, { limits: { depth: 1 } })).rejects.toThrow('"depth"');
});
