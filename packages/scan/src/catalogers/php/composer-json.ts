/** Reads what Composer writes: composer.lock and vendor/composer/installed.json. */
import { LockEntries, type LockRead } from '../lock.ts';
import { asList, asObject, asText, readJson } from '../text.ts';

/** @returns null for what is no lock file of Composer @see Composer documentation, "The lock file" */
export function parseComposerLock(content: Buffer): LockRead | null {
  const lock = asObject(readJson(content));
  if (!('packages' in lock || 'packages-dev' in lock)) return null;
  return readPackages(asList(lock['packages']), asList(lock['packages-dev']));
}

/** A list of packages, as Composer 1 wrote it, or an object with one. @returns null for what is neither */
export function parseInstalled(content: Buffer): LockRead | null {
  const json = readJson(content);
  const packages = Array.isArray(json) ? json : asObject(json)['packages'];
  return Array.isArray(packages) ? readPackages(packages) : null;
}

function readPackages(packages: readonly unknown[], forDevelopment: readonly unknown[] = []): LockRead {
  const entries = new LockEntries(isComposerName);
  const add = (value: unknown, development: boolean): void => {
    const { name, version, license } = asObject(value);
    entries.add(asText(name)?.toLowerCase(), version, licencesOf(license), name, development);
  };
  for (const each of packages) add(each, false);
  for (const each of forDevelopment) add(each, true);
  return entries.read;
}

/** Several licences are a choice. @see Composer documentation, "The composer.json schema", license */
function licencesOf(value: unknown): string[] {
  const licences = (Array.isArray(value) ? value : [value]).flatMap((each) => asText(each) ?? []).slice(0, 10);
  if (licences.length < 2) return licences;
  return [licences.map((each) => (/\s/.test(each) && !/^\(.*\)$/.test(each) ? `(${each})` : each)).join(' OR ')];
}

/** @see Composer documentation, "The composer.json schema", name */
function isComposerName(name: string): boolean {
  return name.length <= 200 && /^[a-z0-9](?:[._-]?[a-z0-9])*\/[a-z0-9](?:[._-]{0,2}[a-z0-9])*$/.test(name);
}
