/** Reads npm's lock files, versions 1 to 3. */
import { z } from 'zod';
import { isVisible, printable } from '../../printable.ts';
import { isNpmName, type NpmIdentity, readJson } from './package-json.ts';

const Text = z.string().optional().catch(undefined);
const Entry = z.looseObject({
  version: Text,
  name: Text,
  link: z.boolean().optional().catch(undefined),
  license: Text,
});
const Lock = z.looseObject({
  packages: z.record(z.string(), z.unknown()).optional(),
  dependencies: z.record(z.string(), z.unknown()).optional(),
});

const MAX_ENTRIES = 200_000;

export type LockRead = { packages: NpmIdentity[]; problems: string[] };

/**
 * All packages a lock file pins, development ones included. Links and workspace members are the project itself and
 * are left out; a package that is pinned to a URL or a git commit keeps that as its version.
 *
 * @returns null for what is no lock file
 * @see npm documentation, package-lock.json, "packages" and "dependencies"
 */
export function parseLock(content: Buffer): LockRead | null {
  const parsed = Lock.safeParse(readJson(content));
  if (!parsed.success) return null;
  const { packages, dependencies } = parsed.data;
  const result: LockRead = { packages: [], problems: [] };
  // Version 2 repeats everything of `packages` under `dependencies`, for older npm.
  if (packages) readPackages(packages, result);
  else if (dependencies) readDependencies(dependencies, result);
  return result;
}

function readPackages(packages: Record<string, unknown>, result: LockRead): void {
  for (const [path, value] of Object.entries(packages)) {
    const at = path.lastIndexOf('node_modules/');
    if (at < 0) continue;
    const entry = Entry.safeParse(value);
    if (entry.success && entry.data.link) continue;
    const name = (entry.success ? entry.data.name : undefined) ?? path.slice(at + 'node_modules/'.length);
    if (entry.success && entry.data.version && isNpmName(name))
      add(result, name, entry.data.version, entry.data.license);
    else if (!entry.success || !isOptionalGap(entry.data))
      result.problems.push(`entry ${JSON.stringify(path.slice(0, 120))} has no readable name and version`);
  }
}

/** npm writes an optional dependency that was not resolved as an entry without a version. */
function isOptionalGap(entry: Record<string, unknown>): boolean {
  return entry['version'] === undefined && entry['optional'] === true;
}

function readDependencies(dependencies: Record<string, unknown>, result: LockRead): void {
  const queue: Record<string, unknown>[] = [dependencies];
  for (let at = 0; at < queue.length && result.packages.length < MAX_ENTRIES; at += 1) {
    for (const [name, value] of Object.entries(queue[at] ?? {})) {
      const entry = Entry.safeParse(value);
      const version = entry.success ? entry.data.version : undefined;
      if (!version || !isNpmName(name)) {
        result.problems.push(`dependency ${JSON.stringify(name.slice(0, 120))} has no readable name and version`);
        continue;
      }
      const alias = /^npm:((?:@[^/]+\/)?[^@]+)@(.+)$/.exec(version);
      if (alias?.[1] && alias[2]) add(result, alias[1], alias[2], undefined);
      else if (!version.startsWith('file:')) add(result, name, version, undefined);
      const nested = entry.success ? entry.data['dependencies'] : undefined;
      if (typeof nested === 'object' && nested !== null) queue.push(nested as Record<string, unknown>);
    }
  }
}

function add(result: LockRead, name: string, version: string, licence: string | undefined): void {
  if (!isVisible(version)) result.problems.push(`${JSON.stringify(name)} has a version that cannot be read`);
  else if (result.packages.length < MAX_ENTRIES)
    result.packages.push({ name, version, licenses: licence ? [printable(licence, 500)] : [] });
  else if (result.packages.length === MAX_ENTRIES && result.problems.length < 100)
    result.problems.push(`entries beyond ${MAX_ENTRIES} were left out`);
}
