/** What becomes of a file when a package brings it, by rpm's rules for configuration files. */
import { createHash } from 'node:crypto';
import type { Node } from '../../files/tree.ts';
import { FLAG, FORMAT, isDirectory, isLink, isRegular, type RpmFile } from './file-list.ts';

/** `save`: what is there goes to `.rpmsave`; `beside`: the new one goes to `.rpmnew`; `back-up`: what is there goes to `.rpmorig`. */
export type Fate = 'create' | 'skip' | 'save' | 'beside' | 'back-up';

export type Recorded = { file: RpmFile; algorithm: string | null };

/** @see rpm, lib/rpmfi.c, rpmfilesDecideFate; lib/transaction.c, handleOverlappedFiles */
export function fateOf(there: Node | null, now: Recorded, before: Recorded | null): Fate {
  const { file } = now;
  if (file.flags & FLAG.ghost) return 'skip';
  if (isDirectory(file) || !(file.flags & FLAG.config)) return 'create';
  const besides: Fate = file.flags & FLAG.noReplace ? 'beside' : 'save';
  if (!there) return before !== null && (file.flags & FLAG.missingOk) !== 0 ? 'skip' : 'create';
  if (!before) {
    if (isSame(there, now)) return 'create';
    return file.flags & FLAG.noReplace ? 'beside' : 'back-up';
  }
  const disk = formatOf(there);
  const [old, fresh] = [before.file.mode & FORMAT.mask, file.mode & FORMAT.mask];
  if (disk !== fresh && old !== FORMAT.file && old !== FORMAT.link) return besides;
  if (fresh !== old && disk !== old) return besides;
  if (old !== fresh || (old !== FORMAT.link && old !== FORMAT.file)) return 'create';
  if (disk === old && isSame(there, before)) return 'create';
  if (disk === fresh && isSame(there, now)) return 'create';
  // The same in both packages: what somebody made of it stays, and there is nothing to show beside it.
  if (sameInBoth(before, now)) return 'skip';
  return besides;
}

/** What a file that only the old package had turns into: `save` for configuration that somebody changed. */
export function removalOf(there: Node, before: Recorded): 'remove' | 'save' {
  const { file } = before;
  return isRegular(file) && file.flags & FLAG.config && !isSame(there, before) ? 'save' : 'remove';
}

/** Whether what is there is what a package recorded; what has no record counts as changed. */
export function isSame(there: Node, { file, algorithm }: Recorded): boolean {
  if (isLink(file)) return there.kind === 'symlink' && there.target === file.target;
  if (!isRegular(file) || there.kind !== 'file' || file.digest === '' || algorithm === null) return false;
  return createHash(algorithm).update(there.content.read()).digest('hex') === file.digest;
}

function sameInBoth(before: Recorded, now: Recorded): boolean {
  if (isLink(now.file)) return before.file.target === now.file.target;
  return before.algorithm === now.algorithm && before.file.digest !== '' && before.file.digest === now.file.digest;
}

function formatOf({ kind }: Node): number {
  if (kind === 'directory') return FORMAT.directory;
  if (kind === 'symlink') return FORMAT.link;
  return kind === 'file' ? FORMAT.file : 0;
}
