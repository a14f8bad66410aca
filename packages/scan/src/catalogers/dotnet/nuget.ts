/** Reads what NuGet and the .NET SDK write: *.deps.json and packages.lock.json. */
import { LockEntries, type LockRead } from '../lock.ts';
import { asObject, asText, readJson } from '../text.ts';

/**
 * Libraries of an application as it was published. Projects are the application itself; the runtime of a
 * self-contained one is written as a library `runtimepack.NAME` of the package NAME.
 * @returns null for what is no such file
 * @see dotnet/sdk, documentation/specs/runtime-configuration-file.md, "[appname].deps.json"
 */
export function parseDepsJson(content: Buffer): LockRead | null {
  const deps = asObject(readJson(content));
  if (!('libraries' in deps || 'targets' in deps)) return null;
  const entries = new LockEntries(isNugetName);
  for (const [key, value] of Object.entries(asObject(deps['libraries']))) {
    const type = asText(asObject(value)['type']);
    if (type !== 'package' && type !== 'runtimepack') continue;
    const slash = key.lastIndexOf('/');
    const name = key.slice(0, Math.max(0, slash)).replace(/^runtimepack\./, '');
    entries.add(name, key.slice(slash + 1), [], key);
  }
  return entries.read;
}

/** @returns null for what is no lock file of NuGet @see NuGet documentation, "Locking dependencies" */
export function parsePackagesLock(content: Buffer): LockRead | null {
  const lock = asObject(readJson(content));
  if (!('dependencies' in lock)) return null;
  const entries = new LockEntries(isNugetName);
  for (const packages of Object.values(asObject(lock['dependencies'])))
    for (const [name, value] of Object.entries(asObject(packages))) {
      const each = asObject(value);
      if (each['type'] !== 'Project') entries.add(name, each['resolved']);
    }
  return entries.read;
}

/** @see NuGet documentation, "Package ID" */
function isNugetName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(name);
}
