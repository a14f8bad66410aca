/** Reads the part of a package.json that says which package it is. */
import { z } from 'zod';
import { isVisible } from '../../printable.ts';
import { spdxLicence } from '../licence.ts';
import { readJson } from '../text.ts';

const Licence = z.union([z.string(), z.looseObject({ type: z.string() })]);
const PackageJson = z.object({
  name: z.string().min(1).max(214),
  version: z.string().min(1).max(256),
  license: Licence.optional().catch(undefined),
  licenses: z.array(Licence).optional().catch(undefined),
});

/** The registry takes no greater one, and nobody writes one. */
const MAX_PACKAGE_JSON = 16 * 1024 * 1024;

export type NpmIdentity = { name: string; version: string; licenses: string[] };

/** @returns null for a file that names no package and version; throws nothing */
export function parsePackageJson(content: Buffer): NpmIdentity | null {
  const parsed = PackageJson.safeParse(content.length > MAX_PACKAGE_JSON ? undefined : readJson(content));
  if (!parsed.success || !isNpmName(parsed.data.name) || !isVisible(parsed.data.version)) return null;
  const licences = parsed.data.license === undefined ? (parsed.data.licenses ?? []) : [parsed.data.license];
  return {
    name: parsed.data.name,
    version: parsed.data.version,
    licenses: licences.map((each) => spdxLicence(typeof each === 'string' ? each : each.type)).slice(0, 10),
  };
}

/** Keeps name, version and licence; what cannot be read is kept as an empty object, which `parsePackageJson` refuses. */
export function condensePackageJson(content: Buffer): Buffer {
  const { name, version, licenses } = parsePackageJson(content) ?? {};
  return Buffer.from(JSON.stringify(name === undefined ? {} : { name, version, licenses }));
}

/** A scope and a name without slashes, spaces or control characters. */
export function isNpmName(name: string): boolean {
  return name.length <= 214 && isVisible(name) && /^(?:@[^/@\s]+\/)?[^/@\s]+$/.test(name);
}
