import { Inventory } from '@pratique/contract';
import { type FixtureEntry, gzipLayer } from '@pratique/oci/layers/tar-fixture';
import { expect } from 'vitest';
import { type InventoryOptions, inventoryImage } from './inventory-image.ts';

export const OS: FixtureEntry = {
  path: 'etc/os-release',
  content: 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
};
export const ALPINE: FixtureEntry = {
  path: 'etc/os-release',
  content: 'ID=alpine\nVERSION_ID=3.20.3\nPRETTY_NAME="Alpine Linux v3.20"\n',
};
export const ELF = Buffer.concat([Buffer.from('\x7fELF', 'latin1'), Buffer.alloc(600)]);
/** A program of Go whose build information points to nothing. */
export const GO_ELF = Buffer.concat([
  ELF,
  Buffer.alloc(300_016 - ELF.length),
  Buffer.from('\xff Go buildinf:\x08\x00', 'latin1'),
  Buffer.alloc(100),
]);

export function record(name: string, version: string, more = 'Status: install ok installed\n'): string {
  return `Package: ${name}\n${more}Architecture: amd64\nVersion: ${version}\nDescription: x\n more: text\n .\n\n`;
}

export const status = (content: string): FixtureEntry => ({ path: 'var/lib/dpkg/status', content });
export const packageJson = (at: string, name: string, version: string, more = {}): FixtureEntry => ({
  path: `${at}/package.json`,
  content: JSON.stringify({ name, version, ...more }),
});

export async function take(
  entries: readonly (readonly FixtureEntry[])[],
  options: InventoryOptions = {},
  config: unknown = {},
): Promise<Inventory> {
  const inventory = await inventoryImage({ layers: entries.map((layer) => gzipLayer(...layer)), config }, options);
  expect(Inventory.parse(inventory)).toEqual(inventory); // what is promised to other processes
  return inventory;
}

export const purls = (inventory: Inventory): string[] => inventory.packages.map((each) => each.purl);
export const gaps = (inventory: Inventory): string[] =>
  inventory.missing.map((each) => `${each.kind} ${each.what} ${each.path}`);
