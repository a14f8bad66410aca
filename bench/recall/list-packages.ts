/** Has each scanner list the packages of an image layout, and brings the lists to one form. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Inventory, Package } from '@pratique/contract';
import { ImageManifest, openLayout } from '@pratique/oci';
import { inventoryImage } from '@pratique/scan';
import { z } from 'zod';
import { comparable, type Reported } from './purls.ts';
import { PEERS, runProgram } from './run-program.ts';

const Syft = z.looseObject({
  artifacts: z.array(
    z.looseObject({
      name: z.string(),
      version: z.string(),
      type: z.string(),
      purl: z.string().optional(),
      locations: z.array(z.looseObject({ path: z.string() })).optional(),
    }),
  ),
});
const CycloneDx = z.looseObject({
  components: z
    .array(
      z.looseObject({
        purl: z.string().optional(),
        properties: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })).optional(),
      }),
    )
    .optional(),
});

/** What our inventory knows of packages, whoever reports them: reasons are told by it. */
export type Known = {
  /** All of whose places belong to a package of the operating system. */
  owned: ReadonlySet<string>;
  /** Pinned by lock files alone, and for development alone. */
  locked: ReadonlySet<string>;
  development: ReadonlySet<string>;
};

const LOCKS = /(?:package-lock\.json|Cargo\.lock)$/;

export async function listOurs(
  layout: string,
): Promise<{ inventory: Inventory; reported: Map<string, Reported>; known: Known }> {
  const inventory = await inventoryLayout(layout);
  const keysOf = (wanted: (each: Package) => boolean): Set<string> => {
    const keyOf = (each: Package): string => comparable(each.purl)?.key ?? '';
    const others = new Set(inventory.packages.filter((each) => !wanted(each)).map(keyOf));
    return new Set(
      inventory.packages
        .filter(wanted)
        .map(keyOf)
        .filter((key) => !others.has(key)),
    );
  };
  const known = {
    owned: keysOf((each) => each.owner !== null),
    locked: keysOf((each) => each.paths.every((path) => LOCKS.test(path))),
    development: keysOf((each) => each.purl.includes('scope=development')),
  };
  return { inventory, reported: gather(inventory.packages.map((each) => comparable(each.purl, each.paths))), known };
}

/** @returns null where the program was not built */
export async function listSyft(layout: string): Promise<Map<string, Reported> | null> {
  const program = join(PEERS, 'syft');
  if (!existsSync(program)) return null;
  const output = await runProgram(program, ['scan', '-q', '-o', 'json', `oci-dir:${layout}`], {
    env: { SYFT_CHECK_FOR_APP_UPDATE: 'false' },
  });
  const { artifacts } = Syft.parse(JSON.parse(output));
  return gather(
    artifacts.map((each) =>
      comparable(each.purl || `pkg:generic/${encodeURIComponent(each.name)}@${encodeURIComponent(each.version)}`, [
        ...(each.locations ?? []).map((place) => place.path),
      ]),
    ),
  );
}

/** @returns null where the program was not built */
export async function listTrivy(layout: string, cache: string): Promise<Map<string, Reported> | null> {
  const program = join(PEERS, 'trivy');
  if (!existsSync(program)) return null;
  const offline = ['--offline-scan', '--skip-db-update', '--skip-java-db-update', '--skip-version-check', '--quiet'];
  const output = await runProgram(program, [
    ...['image', '--input', layout, '--format', 'cyclonedx', '--cache-dir', cache],
    ...offline,
  ]);
  return gather(
    (CycloneDx.parse(JSON.parse(output)).components ?? []).map((each) =>
      each.purl
        ? comparable(
            each.purl,
            (each.properties ?? []).flatMap((one) => (one.name.endsWith(':FilePath') && one.value ? [one.value] : [])),
          )
        : null,
    ),
  );
}

function gather(all: readonly (Reported | null)[]): Map<string, Reported> {
  const found = new Map<string, Reported>();
  for (const each of all) {
    if (!each) continue;
    const before = found.get(each.key);
    found.set(each.key, before ? { ...before, paths: [...before.paths, ...each.paths] } : each);
  }
  return found;
}

async function inventoryLayout(layout: string): Promise<Inventory> {
  const source = await openLayout(layout);
  const manifest = ImageManifest.parse(JSON.parse((await source.manifest('')).bytes.toString('utf8')));
  const config: unknown = JSON.parse(await text(await source.blob(manifest.config)));
  const layers = manifest.layers.map((descriptor) => ({
    descriptor,
    diffId: null,
    open: () => source.blob(descriptor),
  }));
  return inventoryImage({ layers, config });
}
