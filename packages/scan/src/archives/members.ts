/** Lists the members of archives that lie in memory: tar, ar and cpio. Their contents are parts of the archive's bytes. */
import { OciError } from '@pratique/oci';
import { DEFAULT_LAYER_LIMITS } from '@pratique/oci/layers/limits';
import { TarReader } from '@pratique/oci/layers/tar-reader';

export type Member = { name: string; mode: number; content: Buffer };
export type Listing = { members: Member[]; problem: { kind: 'limit' | 'unreadable'; detail: string } | null };

const OVER = { kind: 'limit' as const, detail: 'it has more members than are examined' };
const cutOff = (what: string): Listing['problem'] => ({
  kind: 'unreadable',
  detail: `the ${what} archive is damaged or cut off`,
});

/** Regular files alone; what comes before damage counts. */
export function tarMembers(bytes: Buffer, most: number): Listing {
  const members: Member[] = [];
  let problem: Listing['problem'] = null;
  const reader = new TarReader('', DEFAULT_LAYER_LIMITS, (entry) => {
    if (entry.kind !== 'file') return null;
    if (members.length >= most) {
      problem = OVER;
      return null;
    }
    const member: Member = { name: entry.path, mode: entry.mode, content: Buffer.alloc(0) };
    members.push(member);
    return {
      // The whole archive is one piece, so each content is too.
      data(piece) {
        member.content = piece;
      },
      end() {},
    };
  });
  try {
    reader.push(bytes);
    reader.finish();
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    problem ??= cutOff('tar');
  }
  return { members, problem };
}

/** The forms of GNU and BSD, of Debian packages and static libraries. @see ar(5) */
export function arMembers(bytes: Buffer, most: number): Listing {
  const members: Member[] = [];
  let names = '';
  for (let at = 8; at + 60 <= bytes.length; ) {
    const header = bytes.toString('latin1', at, at + 60);
    const size = Number.parseInt(header.slice(48, 58), 10);
    if (!header.endsWith('`\n') || !(size >= 0)) return { members, problem: cutOff('ar') };
    const end = at + 60 + size;
    if (end > bytes.length) return { members, problem: cutOff('ar') };
    let name = header.slice(0, 16).trimEnd();
    let from = at + 60;
    const long = /^(?:#1)?\/(\d+)$/.exec(name);
    if (name === '//') names = bytes.toString('latin1', from, end);
    else if (name !== '/' && name !== '/SYM64/') {
      if (members.length >= most) return { members, problem: OVER };
      if (long?.[1] && name.startsWith('#1')) {
        const length = Math.min(Number(long[1]), size);
        name = bytes.toString('utf8', from, from + length).replace(/\0+$/, '');
        from += length;
      } else if (long?.[1]) name = names.slice(Number(long[1])).split('/\n', 1)[0] ?? name;
      members.push({ name: name.replace(/\/$/, ''), mode: 0o644, content: bytes.subarray(from, end) });
    }
    at = end + (size % 2);
  }
  return { members, problem: null };
}

type CpioHeader = { mode: number; nameLength: number; size: number; bytes: number; align: number };

/** The forms of SVR4, POSIX and the old binary one. @see cpio(5) */
export function cpioMembers(bytes: Buffer, most: number): Listing {
  const members: Member[] = [];
  for (let at = 0; at < bytes.length; ) {
    const header = cpioHeader(bytes, at);
    if (!header) return { members, problem: members.length === 0 ? cutOff('cpio') : null };
    const { align } = header;
    const nameAt = at + header.bytes;
    const contentAt = up(nameAt + header.nameLength, align);
    const end = contentAt + header.size;
    const name = bytes.toString('utf8', nameAt, nameAt + Math.max(0, header.nameLength - 1));
    if (name === 'TRAILER!!!') return { members, problem: null };
    if (end > bytes.length) return { members, problem: cutOff('cpio') };
    if ((header.mode & 0o170000) === 0o100000) {
      if (members.length >= most) return { members, problem: OVER };
      members.push({ name, mode: header.mode & 0o7777, content: bytes.subarray(contentAt, end) });
    }
    at = up(end, align);
  }
  return { members, problem: cutOff('cpio') };
}

function up(at: number, align: number): number {
  return at + ((align - (at % align)) % align);
}

function cpioHeader(bytes: Buffer, at: number): CpioHeader | null {
  const text = bytes.toString('latin1', at, at + 110);
  const checked = (header: CpioHeader): CpioHeader | null =>
    header.nameLength > 0 && header.nameLength <= 4096 && header.size >= 0 && Number.isInteger(header.mode)
      ? header
      : null;
  if (/^07070[12][0-9a-fA-F]{104}$/.test(text)) {
    const field = (n: number): number => Number.parseInt(text.slice(6 + n * 8, 14 + n * 8), 16);
    return checked({ mode: field(1), size: field(6), nameLength: field(11), bytes: 110, align: 4 });
  }
  if (/^070707[0-7]{70}/.test(text)) {
    const field = (from: number, to: number): number => Number.parseInt(text.slice(from, to), 8);
    return checked({ mode: field(18, 24), nameLength: field(59, 65), size: field(65, 76), bytes: 76, align: 1 });
  }
  if (at + 26 > bytes.length) return null;
  const little = bytes.readUInt16LE(at) === 0o070707;
  if (!little && bytes.readUInt16BE(at) !== 0o070707) return null;
  const word = (n: number): number => (little ? bytes.readUInt16LE(at + n) : bytes.readUInt16BE(at + n));
  return checked({ mode: word(6), nameLength: word(20), size: word(22) * 0x10000 + word(24), bytes: 26, align: 2 });
}
