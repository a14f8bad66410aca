/**
 * Rust: what programs built with cargo-auditable say of themselves, and lock files of which no such program is there.
 * Crates that only ran while something was built are not in it, and are left out where the list tells them apart.
 */
import type { CatalogedFile, Cataloger } from '../cataloger.ts';
import { RUST_PROGRAM, readFindings } from '../executables/findings.ts';
import { Gathering } from '../gathering.ts';
import { isInstalled, LockEntries, type LockRead } from '../lock.ts';
import { asList, asObject, readJson } from '../text.ts';
import { isCrateName, parseCargoLock } from './cargo-lock.ts';

const LOCK = /(?:^|\/)Cargo\.lock$/;
/** Test data, crates that cargo downloaded, and Rust's own source. */
const NOT_BUILT = /(?:^|\/)(?:testdata|tests?\/fixtures|registry\/src|lib\/rustlib\/src|git\/checkouts)\//;

export const rust: Cataloger = {
  name: 'rust',
  places: [],
  marks: [RUST_PROGRAM],
  wants: (path) => LOCK.test(path) && !NOT_BUILT.test(path),
  catalog(files, context) {
    const found = new Gathering('cargo', context);
    const built = new Set<string>();
    for (const file of files)
      if (!LOCK.test(file.path)) found.read('rust-binary', file, () => readProgram(found, file, built));
    for (const file of files)
      if (LOCK.test(file.path))
        found.read('cargo-lock', file, () => {
          const lock = parseCargoLock(file.content);
          const names = lock?.packages.map((each) => each.name) ?? [];
          if (!isInstalled(names, built)) found.addLock(lock, 'cargo-lock', file);
        });
    return found.result;
  },
};

function readProgram(found: Gathering, file: CatalogedFile, built: Set<string>): void {
  const list = parseAudit(readFindings(file.content).rust ?? '');
  if (!list) return found.missing('unreadable', 'rust-binary', file.path, 'the list of its crates cannot be read');
  for (const { name } of list.packages) built.add(name);
  found.addLock(list, 'rust-binary', file);
}

/** @see cargo-auditable, cargo-auditable.schema.json */
export function parseAudit(text: string): LockRead | null {
  const { packages } = asObject(readJson(Buffer.from(text)));
  if (!Array.isArray(packages)) return null;
  const entries = new LockEntries(isCrateName);
  for (const each of asList(packages)) {
    const { name, version, kind } = asObject(each);
    if (kind !== 'build') entries.add(name, version);
  }
  return entries.read;
}
