/** Reads the archive in a package of rpm: which content belongs to which file of the header. */
import { ComposeError } from '../../error.ts';
import { cleanPath } from '../../unpack/read-tar.ts';
import type { RpmFile } from './file-list.ts';

/** Where a file's content lies in the spool. */
export type Extent = { offset: number; size: number };

const HEADER = 110;
const MAX_NAME = 4096;
const MAX_ENTRIES = 1_000_000;

/**
 * Contents by the number of the file in the header. Of hard links, one has the content that is all of theirs.
 *
 * @throws ComposeError `package-invalid`
 * @see cpio(5), "New ASCII Format"; rpm, lib/cpio.c, "07070X"
 */
export function readCpio(
  read: (offset: number, size: number) => Buffer,
  total: number,
  files: readonly RpmFile[],
  origin: string,
): Map<number, Extent> {
  const broken = (why: string) =>
    new ComposeError('package-invalid', `${origin}: the archive in it is refused: ${why}`);
  const byPath = new Map(files.map((file) => [file.path, file.index]));
  const extents = new Map<number, Extent>();
  for (let at = 0, count = 0; ; count++) {
    if (at + 6 > total || count > MAX_ENTRIES) throw broken('it ends without its end mark');
    const magic = read(at, 6).toString('latin1');
    if (magic === '07070X') {
      // Sizes beyond 4 GiB have no room in the format: the header says them.
      const index = hex(read(at + 6, 8).toString('latin1'));
      const file = files[index ?? -1];
      if (!file || index === null) throw broken('an entry of a file that the header does not have');
      const offset = padded(at + 14);
      if (offset + file.size > total) throw broken('an entry is cut short');
      extents.set(index, { offset, size: file.size });
      at = padded(offset + file.size);
      continue;
    }
    if ((magic !== '070701' && magic !== '070702') || at + HEADER > total)
      throw broken(`an entry of unknown form at byte ${at}`);
    const header = read(at, HEADER).toString('latin1');
    const [size, nameSize] = [hex(header.slice(54, 62)), hex(header.slice(94, 102))];
    if (size === null || nameSize === null || nameSize < 1 || nameSize > MAX_NAME)
      throw broken('an entry whose lengths make no sense');
    const offset = padded(at + HEADER + nameSize);
    if (offset + size > total) throw broken('an entry is cut short');
    const name = read(at + HEADER, nameSize)
      .toString('latin1')
      .replace(/\0.*$/s, '');
    if (name === 'TRAILER!!!') return extents;
    const index = byPath.get(`/${cleanPath(name.replace(/^\.?\/+/, ''), origin)}`);
    if (index === undefined) throw broken(`${JSON.stringify(name.slice(0, 100))} is not in the header`);
    extents.set(index, { offset, size });
    at = padded(offset + size);
  }
}

const padded = (at: number): number => at + ((4 - (at % 4)) % 4);
const hex = (text: string): number | null => (/^[0-9a-fA-F]{8}$/.test(text) ? Number.parseInt(text, 16) : null);
