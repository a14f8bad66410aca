/** Reads Bundler's lock files. */
import { LockEntries, type LockRead, quote } from '../lock.ts';
import { plainText } from '../text.ts';
import { isGemName } from './gemspec.ts';

/**
 * Entries of four spaces under `specs:` of each source; PATH holds parts of the project itself. A gem that is built for
 * several platforms is one package.
 * @returns null for what is no lock file of Bundler
 * @see bundler, lib/bundler/lockfile_parser.rb
 */
export function parseGemfileLock(content: Buffer): LockRead | null {
  const text = plainText(content);
  if (!/^(?:GEM|GIT|PATH|PLATFORMS|DEPENDENCIES)\r?$/m.test(text)) return null;
  const entries = new LockEntries(isGemName);
  let section = '';
  for (const line of text.split(/\r?\n/)) {
    if (/^[A-Z]/.test(line)) section = line.trim();
    else if (/^ {4}\S/.test(line) && (section === 'GEM' || section === 'GIT' || section === 'PLUGIN SOURCE')) {
      // Versions of gems have no dash; what follows one is the platform.
      const match = /^ {4}(\S+) \(([^()\s-]+)(?:-[^()\s]+)?\)$/.exec(line.slice(0, 1000));
      if (match) entries.add(match[1], match[2]);
      else entries.problem(`line ${quote(line.trim())} names no gem and version`);
    }
  }
  return entries.read;
}
