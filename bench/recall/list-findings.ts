/** Has each scanner match an image layout, and brings what it finds to one form. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Inventory } from '@pratique/contract';
import { type AdvisoryStore, matchInventory } from '@pratique/scan';
import { z } from 'zod';
import { comparable, type Reported } from './purls.ts';
import { PEERS, runProgram } from './run-program.ts';

/** A package and a hole in it; `note` is what the scanner compared, where it says so. */
export type ReportedFinding = { package: Reported; id: string; note: string };

const Trivy = z.looseObject({
  Results: z
    .array(
      z.looseObject({
        Vulnerabilities: z
          .array(
            z.looseObject({
              VulnerabilityID: z.string(),
              PkgPath: z.string().optional(),
              FixedVersion: z.string().optional(),
              PkgIdentifier: z.looseObject({ PURL: z.string().optional() }),
            }),
          )
          .optional(),
      }),
    )
    .nullish(),
});

const Grype = z.looseObject({
  matches: z.array(
    z.looseObject({
      vulnerability: z.looseObject({ id: z.string() }),
      artifact: z.looseObject({
        purl: z.string().optional(),
        locations: z.array(z.looseObject({ path: z.string() })).optional(),
      }),
    }),
  ),
});

export function findOurs(inventory: Inventory, store: AdvisoryStore): Map<string, ReportedFinding> {
  return gather(
    matchInventory(inventory, store).findings.map((each) => ({
      found: comparable(each.package.purl),
      id: each.id,
      note: each.evidence.comparison,
    })),
  );
}

/** @returns null where the program was not built */
export async function findTrivy(layout: string, cache: string): Promise<Map<string, ReportedFinding> | null> {
  const program = join(PEERS, 'trivy');
  if (!existsSync(program)) return null;
  const offline = ['--offline-scan', '--skip-db-update', '--skip-java-db-update', '--skip-version-check', '--quiet'];
  const output = await runProgram(program, [
    ...['image', '--input', layout, '--format', 'json', '--scanners', 'vuln', '--cache-dir', cache],
    ...offline,
  ]);
  const results = Trivy.parse(JSON.parse(output)).Results ?? [];
  return gather(
    results.flatMap((result) =>
      (result.Vulnerabilities ?? []).map((each) => ({
        found: comparable(each.PkgIdentifier.PURL ?? '', each.PkgPath ? [each.PkgPath] : []),
        id: each.VulnerabilityID,
        note: each.FixedVersion ? `fixed in ${each.FixedVersion}` : '',
      })),
    ),
  );
}

/** @returns null where the program was not built */
export async function findGrype(layout: string, cache: string): Promise<Map<string, ReportedFinding> | null> {
  const program = join(PEERS, 'grype');
  if (!existsSync(program)) return null;
  const output = await runProgram(program, ['-q', '-o', 'json', `oci-dir:${layout}`], {
    env: {
      GRYPE_DB_CACHE_DIR: cache,
      GRYPE_DB_AUTO_UPDATE: 'false',
      GRYPE_DB_VALIDATE_AGE: 'false',
      GRYPE_CHECK_FOR_APP_UPDATE: 'false',
    },
  });
  return gather(
    Grype.parse(JSON.parse(output)).matches.map(({ vulnerability, artifact }) => ({
      found: comparable(
        artifact.purl ?? '',
        (artifact.locations ?? []).map((place) => place.path),
      ),
      id: vulnerability.id,
      note: '',
    })),
  );
}

function gather(all: readonly { found: Reported | null; id: string; note: string }[]): Map<string, ReportedFinding> {
  const findings = new Map<string, ReportedFinding>();
  for (const { found, id, note } of all) if (found) findings.set(`${found.key} ${id}`, { package: found, id, note });
  return findings;
}
