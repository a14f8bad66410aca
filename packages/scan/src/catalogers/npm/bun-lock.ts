/** Reads bun.lock, Bun's lock file in text. */
import { LockEntries, type LockRead } from '../lock.ts';
import { asList, asObject, asText, plainText, readJson } from '../text.ts';
import { isNpmName } from './package-json.ts';

/**
 * `packages` maps places to lists that begin with `name@1.2.3`; members of a workspace are the project itself.
 * @returns null for what is no lock file of Bun
 * @see Bun documentation, "Lockfile"
 */
export function parseBunLock(content: Buffer): LockRead | null {
  const lock = asObject(readJson(Buffer.from(plainJson(plainText(content)))));
  if (!('lockfileVersion' in lock)) return null;
  const entries = new LockEntries(isNpmName);
  for (const [key, value] of Object.entries(asObject(lock['packages']))) {
    const locator = asText(asList(value)[0]) ?? '';
    const at = locator.indexOf('@', 1);
    const version = at < 0 ? '' : locator.slice(at + 1);
    if (!/^(?:workspace|link|file|root):/.test(version))
      entries.add(locator.slice(0, Math.max(0, at)), version, [], key);
  }
  return entries.read;
}

/** JSON without the commas before closing brackets and without comments, both of which Bun's form may have. */
function plainJson(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|,(?=\s*[\]}])/g, (part) => (part[0] === '"' ? part : ''));
}
