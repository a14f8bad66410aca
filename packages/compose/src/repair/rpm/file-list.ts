/** The files of a package as its header lists them. */
import { type RpmHeader, TAG } from './header.ts';

export type RpmFile = {
  index: number;
  /** Bytes as latin1, with a leading slash. */
  path: string;
  mode: number;
  size: number;
  digest: string;
  flags: number;
  user: string;
  group: string;
  mtime: number;
  rdev: number;
  target: string;
  inode: number;
  lang: string;
  caps: string;
  /** 0 is there, 1 replaced, 2 not installed, 3 on another's share, 4 of another colour. */
  state: number;
};

export const FLAG = { config: 1, doc: 2, missingOk: 8, noReplace: 16, ghost: 64 } as const;
export const FORMAT = { mask: 0o170000, directory: 0o040000, file: 0o100000, link: 0o120000 } as const;
export const isDirectory = ({ mode }: Pick<RpmFile, 'mode'>): boolean => (mode & FORMAT.mask) === FORMAT.directory;
export const isRegular = ({ mode }: Pick<RpmFile, 'mode'>): boolean => (mode & FORMAT.mask) === FORMAT.file;
export const isLink = ({ mode }: Pick<RpmFile, 'mode'>): boolean => (mode & FORMAT.mask) === FORMAT.link;

/** Algorithms of digests by OpenPGP's numbers. */
const ALGORITHMS: Record<number, string> = {
  1: 'md5',
  2: 'sha1',
  8: 'sha256',
  9: 'sha384',
  10: 'sha512',
  11: 'sha224',
};
export const digestAlgorithm = (header: RpmHeader): string | null =>
  ALGORITHMS[header.number(TAG.fileDigestAlgo) ?? 1] ?? null;

export function filesOf(header: RpmHeader): RpmFile[] {
  const [names, folders] = [header.strings(TAG.baseNames), header.strings(TAG.dirNames)];
  const text = (tag: number) => {
    const all = header.strings(tag);
    return (at: number) => all[at] ?? '';
  };
  const number = (tag: number) => {
    const all = header.numbers(tag);
    return (at: number) => all[at] ?? 0;
  };
  const [folder, mode, flags, mtime, rdev, inode, state] = [
    TAG.dirIndexes,
    TAG.fileModes,
    TAG.fileFlags,
    TAG.fileMtimes,
    TAG.fileRdevs,
    TAG.fileInodes,
    TAG.fileStates,
  ].map(number);
  const size = number(header.has(TAG.longFileSizes) ? TAG.longFileSizes : TAG.fileSizes);
  const [digest, user, group, target, lang, caps] = [
    TAG.fileDigests,
    TAG.fileUsers,
    TAG.fileGroups,
    TAG.fileLinks,
    TAG.fileLangs,
    TAG.fileCaps,
  ].map(text);
  return names.map((name, index) => ({
    index,
    path: `${folders[folder?.(index) ?? 0] ?? '/'}${name}`,
    mode: mode?.(index) ?? 0,
    size: size(index),
    digest: digest?.(index) ?? '',
    flags: flags?.(index) ?? 0,
    user: user?.(index) ?? 'root',
    group: group?.(index) ?? 'root',
    mtime: mtime?.(index) ?? 0,
    rdev: rdev?.(index) ?? 0,
    target: target?.(index) ?? '',
    inode: inode?.(index) ?? 0,
    lang: lang?.(index) ?? '',
    caps: caps?.(index) ?? '',
    state: state?.(index) ?? 0,
  }));
}
