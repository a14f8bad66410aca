/** What an image contains: packages, files and what could not be examined. A fact about bytes; it never changes. */
import { z } from 'zod';
import { Digest } from './digest.ts';

/** The cataloger family that a package belongs to; decides version order and advisory ecosystem. */
export const PackageType = z.enum([
  'deb',
  'apk',
  'rpm',
  'npm',
  'pypi',
  'golang',
  'cargo',
  'maven',
  'gem',
  'composer',
  'nuget',
  'generic',
]);
export type PackageType = z.infer<typeof PackageType>;

export const Package = z.object({
  name: z.string(),
  version: z.string(),
  type: PackageType,
  purl: z.string(),
  /** Source package for distributions that build several binaries from one source; equal to name otherwise. */
  sourceName: z.string(),
  sourceVersion: z.string(),
  architecture: z.string().nullable(),
  /** purl of the operating-system package that owns the files, when another package manager's metadata lies inside it. */
  owner: z.string().nullable(),
  licenses: z.array(z.string()),
  /** Digest of the layer blob in which the package's metadata was last written; null for subjects without layers. */
  layer: Digest.nullable(),
  /** Evidence: paths inside the image, without a leading slash, that made us say the package is there. */
  paths: z.array(z.string()),
});
export type Package = z.infer<typeof Package>;

/** Something recognised that no cataloger reads yet, or that could not be read. It makes an inventory partial. */
export const Missing = z.object({
  kind: z.enum(['no-cataloger', 'unreadable', 'limit']),
  what: z.string(),
  path: z.string(),
  detail: z.string(),
});
export type Missing = z.infer<typeof Missing>;

export const Distribution = z.object({
  /** os-release ID: debian, alpine, ... */
  id: z.string(),
  /** os-release VERSION_ID; empty where the release has none (sid). */
  version: z.string(),
  codename: z.string().nullable(),
  name: z.string(),
});
export type Distribution = z.infer<typeof Distribution>;

/** One file of the merged image file system that matters at run time: executables, scripts, libraries, links to them. */
export const InventoryFile = z.object({
  path: z.string(),
  mode: z.number().int(),
  size: z.number().int(),
  uid: z.number().int(),
  gid: z.number().int(),
  /** Hash of executables and scripts; null for files that are neither. */
  sha256: z.string().nullable(),
  /** diff id of the layer that wrote the file. */
  diffId: Digest.nullable(),
});
export type InventoryFile = z.infer<typeof InventoryFile>;

export const Inventory = z.object({
  revision: z.number().int(),
  distribution: Distribution.nullable(),
  packages: z.array(Package),
  files: z.array(InventoryFile),
  /** Empty when everything recognised was read. */
  missing: z.array(Missing),
});
export type Inventory = z.infer<typeof Inventory>;
