/** Reads Cargo.lock, in all its versions. */
import { LockEntries, type LockRead } from '../lock.ts';
import { asList, asObject, readToml } from '../text.ts';

/**
 * The crates that a lock names, the project's own among them. Version 1 keeps checksums elsewhere, versions 2 to 4 write
 * dependencies shorter; what is read here is the same in all.
 *
 * @returns null for what is no Cargo.lock
 * @see The Cargo Book, "Cargo.lock"; cargo, src/cargo/core/resolver/encode.rs
 */
export function parseCargoLock(content: Buffer): LockRead | null {
  const document = asObject(readToml(content));
  const packages = document['package'] ?? (document['root'] || document['version'] ? [] : undefined);
  if (!Array.isArray(packages)) return null;
  const entries = new LockEntries(isCrateName);
  for (const each of [...asList(document['package']), document['root']]) {
    if (each === undefined) continue;
    const { name, version } = asObject(each);
    entries.add(name, version);
  }
  return entries.read;
}

/** @see The Cargo Book, "The Manifest Format", the name field */
export function isCrateName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$/.test(name);
}
