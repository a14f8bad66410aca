/** What npm's registry says of a package: its versions, and what each needs. */
import { z } from 'zod';
import { isVersion } from '../../versions/compare.ts';
import { type Answer, type Registries, under } from '../registries.ts';

const Ranges = z.record(z.string().max(300), z.string().max(1000)).optional().catch(undefined);

const NpmManifest = z.looseObject({
  name: z.string(),
  version: z.string(),
  dependencies: Ranges,
  optionalDependencies: Ranges,
  peerDependencies: Ranges,
  scripts: z.record(z.string(), z.unknown()).optional().catch(undefined),
  deprecated: z.unknown().optional(),
  dist: z.looseObject({
    tarball: z.url({ protocol: /^https?$/ }),
    integrity: z
      .string()
      .regex(/^(?:sha(?:1|256|384|512)-[A-Za-z0-9+/]+={0,2}(?:\s+|$))+$/)
      .optional(),
    shasum: z
      .string()
      .regex(/^[a-f0-9]{40}$/)
      .optional(),
  }),
});
export type NpmManifest = z.infer<typeof NpmManifest>;

const Packument = z.looseObject({ versions: z.record(z.string(), z.unknown()) });

/** Packages with thousands of versions have documents of this order. */
const MAX_PACKUMENT = 128 * 1024 * 1024;

export type NpmPackage = {
  /** Versions that are not deprecated. */
  versions: string[];
  /** Null where there is no such version, or what is said of it cannot be used. */
  manifest: (version: string) => NpmManifest | null;
};

/** @see github.com/npm/registry, docs/responses/package-metadata.md */
export async function readNpmPackage(registries: Registries, name: string): Promise<Answer<NpmPackage>> {
  const { npm } = registries.options;
  const base = npm.scopes[name.startsWith('@') ? (name.split('/', 1)[0] ?? '') : ''] ?? npm.url;
  const url = under(base, encodeURIComponent(name).replace('%40', '@'));
  const authorization = npm.authorization(url);
  const answer = await registries.json(url, MAX_PACKUMENT, {
    accept: 'application/json',
    ...(authorization === null ? {} : { authorization }),
  });
  if (answer.status !== 'found') return answer;
  const parsed = Packument.safeParse(answer.value);
  if (!parsed.success) return { status: 'unreachable', detail: `${base} did not answer as npm's registry does` };
  const { versions } = parsed.data;
  const isDeprecated = (one: unknown) =>
    typeof one === 'object' && one !== null && 'deprecated' in one && !!one.deprecated;
  // Packages of npm's first years have versions that are none.
  const names = Object.keys(versions).filter((version) => isVersion('semver', version));
  const kept = names.filter((version) => !isDeprecated(versions[version]));
  return {
    status: 'found',
    value: {
      versions: kept.length > 0 ? kept : names,
      manifest: (version) => {
        const read = Object.hasOwn(versions, version) ? NpmManifest.safeParse(versions[version]) : null;
        return read?.success && read.data.name === name && read.data.version === version ? read.data : null;
      },
    },
  };
}

/** The hash that npm checks what it downloads by; null where the registry gives none. */
export function integrityOf({ dist }: NpmManifest): string | null {
  if (dist.integrity !== undefined) return dist.integrity.trim();
  return dist.shasum === undefined ? null : `sha1-${Buffer.from(dist.shasum, 'hex').toString('base64')}`;
}
