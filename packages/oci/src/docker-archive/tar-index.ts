/** Finds every member of a tar file by its headers alone; contents are passed over, not read. */
import type { FileHandle } from 'node:fs/promises';
import { OciError } from '../error.ts';
import { splitPath } from '../layers/path.ts';
import { BLOCK, decodeHeader, decodeText, isZeroBlock, type TarHeader } from '../layers/tar-header.ts';
import { decodePax, type PaxRecords } from '../layers/tar-pax.ts';

/** Where the bytes of a regular file lie. */
export type TarMember = { offset: number; size: number };

export type TarIndex = {
  /**
   * Follows symbolic and hard links inside the archive.
   * @returns null where there is no such file, or a link leads nowhere
   * @throws OciError `archive-invalid` for a name that two members share, or a link that leaves the archive
   */
  find(name: string): TarMember | null;
};

type Entry = { kind: 'file'; member: TarMember } | { kind: 'link'; target: string; fromRoot: boolean };

const MAX_ENTRIES = 100_000;
const MAX_HEADER_BYTES = 1024 * 1024;
/** Of all extended headers together: names are kept in memory. */
const MAX_NAME_BYTES = 64 * 1024 * 1024;
const MAX_LINKS = 16;

/**
 * Reads the headers of a tar archive.
 *
 * @param file name for messages
 * @param size bytes of the archive
 * @throws OciError `archive-invalid`: no tar archive, cut off, too many members
 */
export async function indexTar(file: string, handle: FileHandle, size: number): Promise<TarIndex> {
  const invalid: (what: string) => never = (what) => {
    throw new OciError('archive-invalid', `${file} is no readable docker archive: ${what}`);
  };
  const entries = new Map<string, Entry>();
  const twice = new Set<string>();
  let pax: PaxRecords | null = null;
  let longName: string | null = null;
  let longLink: string | null = null;
  let count = 0;
  let nameBytes = 0;

  const read = async (offset: number, length: number): Promise<Buffer> => {
    const bytes = Buffer.alloc(length);
    const { bytesRead } = await handle.read(bytes, 0, length, offset);
    if (bytesRead < length) invalid(`it is cut off at ${offset + bytesRead} bytes`);
    return bytes;
  };

  const note = (header: TarHeader, offset: number, length: number): void => {
    const name = longName ?? pax?.path ?? header.name;
    const target = longLink ?? pax?.linkPath ?? header.linkName;
    const parts = splitPath(name) ?? invalid(`the name ${JSON.stringify(name.slice(0, 200))} leaves the archive`);
    if (header.flag === 'S' || pax?.sparse) invalid(`${JSON.stringify(name.slice(0, 200))} is stored sparse`);
    const isFile = header.flag === '0' || header.flag === '7';
    const isLink = header.flag === '1' || header.flag === '2';
    if ((!isFile && !isLink) || name.endsWith('/')) return;
    const key = parts.join('/');
    if (entries.has(key)) twice.add(key);
    entries.set(
      key,
      isFile
        ? { kind: 'file', member: { offset, size: length } }
        : { kind: 'link', target, fromRoot: header.flag === '1' },
    );
  };

  for (let at = 0; at + BLOCK <= size; ) {
    const block = await read(at, BLOCK);
    if (isZeroBlock(block)) break;
    const header = decodeHeader(block) ?? invalid(`the header at offset ${at} is damaged`);
    if (++count > MAX_ENTRIES) invalid(`it has more than ${MAX_ENTRIES} members`);
    at += BLOCK;
    const isMeta = 'xXgLK'.includes(header.flag);
    // Only files have content, whatever the size of a link or folder claims (as Go's archive/tar has it).
    const hasContent = isMeta || !'123456'.includes(header.flag);
    const length: number = hasContent ? (isMeta ? header.size : (pax?.size ?? header.size)) : 0;
    if (at + length > size)
      invalid(`it is cut off: a member at offset ${at} has ${length} bytes, ${size - at} are there`);
    if (isMeta) {
      nameBytes += length;
      if (length > MAX_HEADER_BYTES || nameBytes > MAX_NAME_BYTES) invalid(`an extended header has ${length} bytes`);
      const bytes: Buffer | null = header.flag === 'g' ? null : await read(at, length);
      if (bytes && header.flag === 'L') longName = decodeText(bytes, 0, bytes.length);
      else if (bytes && header.flag === 'K') longLink = decodeText(bytes, 0, bytes.length);
      else if (bytes) pax = decodePax(bytes) ?? invalid(`the PAX header at offset ${at} is malformed`);
    } else {
      note(header, at, length);
      pax = longName = longLink = null;
    }
    at += Math.ceil(length / BLOCK) * BLOCK;
  }
  if (count === 0) invalid('it has no members');

  return {
    find(name) {
      let parts = splitPath(name);
      for (let hops = 0; hops <= MAX_LINKS; hops += 1) {
        if (parts === null) return invalid(`a link to ${JSON.stringify(name.slice(0, 200))} leaves the archive`);
        const key = parts.join('/');
        // Readers differ on which of two counts; what is scanned must be what runs.
        if (twice.has(key)) return invalid(`it holds ${JSON.stringify(key.slice(0, 200))} twice`);
        const entry = entries.get(key);
        if (!entry) return null;
        if (entry.kind === 'file') return entry.member;
        if (entry.target.startsWith('/'))
          return invalid(`${JSON.stringify(key.slice(0, 200))} links out of the archive`);
        parts = splitPath(entry.fromRoot ? entry.target : [...parts.slice(0, -1), entry.target].join('/'));
      }
      return invalid(`${JSON.stringify(name.slice(0, 200))} is a chain of more than ${MAX_LINKS} links`);
    },
  };
}
