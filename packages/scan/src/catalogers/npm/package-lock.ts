/** Reads npm's lock files, versions 1 to 3. */
import { z } from 'zod';
import { LockEntries, type LockRead } from '../lock.ts';
import { readJson } from '../text.ts';
import { isNpmName } from './package-json.ts';

const Text = z.string().optional().catch(undefined);
const Entry = z.looseObject({
  version: Text,
  name: Text,
  link: z.boolean().optional().catch(undefined),
  dev: z.boolean().optional().catch(undefined),
  license: Text,
});
const Lock = z.looseObject({
  packages: z.record(z.string(), z.unknown()).optional(),
  dependencies: z.record(z.string(), z.unknown()).optional(),
});

/**
 * All packages a lock file pins, those for development marked. Links and workspace members are the project itself and
 * are left out; a package that is pinned to a URL or a git commit keeps that as its version.
 *
 * @returns null for what is no lock file
 * @see npm documentation, package-lock.json, "packages" and "dependencies"
 */
export function parsePackageLock(content: Buffer): LockRead | null {
  const parsed = Lock.safeParse(readJson(content));
  if (!parsed.success) return null;
  const { packages, dependencies } = parsed.data;
  const entries = new LockEntries(isNpmName);
  // Version 2 repeats everything of `packages` under `dependencies`, for older npm.
  if (packages) readPackages(packages, entries);
  else if (dependencies) readDependencies(dependencies, entries);
  return entries.read;
}

function readPackages(packages: Record<string, unknown>, entries: LockEntries): void {
  for (const [path, value] of Object.entries(packages)) {
    const at = path.lastIndexOf('node_modules/');
    if (at < 0) continue;
    const entry = Entry.safeParse(value).data ?? {};
    if (entry.link || isOptionalGap(entry)) continue;
    const name = entry.name ?? path.slice(at + 'node_modules/'.length);
    // `devOptional` is an optional part of what is needed too.
    entries.add(name, entry.version, entry.license ? [entry.license] : [], path, entry.dev);
  }
}

/** npm writes an optional dependency that was not resolved as an entry without a version. */
function isOptionalGap(entry: Record<string, unknown>): boolean {
  return entry['version'] === undefined && entry['optional'] === true;
}

function readDependencies(dependencies: Record<string, unknown>, entries: LockEntries): void {
  const queue: Record<string, unknown>[] = [dependencies];
  for (let at = 0; at < queue.length; at += 1) {
    for (const [name, value] of Object.entries(queue[at] ?? {})) {
      const entry = Entry.safeParse(value).data ?? {};
      const alias = /^npm:((?:@[^/]+\/)?[^@]+)@(.+)$/.exec(entry.version ?? '');
      if (alias) entries.add(alias[1], alias[2], [], name, entry.dev);
      else if (!entry.version?.startsWith('file:')) entries.add(name, entry.version, [], name, entry.dev);
      const nested = entry['dependencies'];
      if (typeof nested === 'object' && nested !== null) queue.push(nested as Record<string, unknown>);
    }
  }
}
