/** The dynamic linker's cache and the links that libraries are found by (ldconfig(8)). */
import { inMemory } from '../files/content.ts';
import type { World } from '../install/world.ts';
import { expandPattern } from '../script/glob.ts';
import type { Step } from '../script/shell.ts';
import { readLibrary } from './elf.ts';

type Entry = { name: string; path: string; flags: number; hwcaps: string | null };

/** Flags of an entry: the low byte says ELF with glibc, the next one the ABI (glibc, sysdeps/generic/ldconfig.h). */
const FLAGS: Record<number, number> = {
  62: 0x0303,
  183: 0x0a03,
  3: 0x0003,
  40: 0x0903,
  21: 0x0503,
  22: 0x0403,
  243: 0x1003,
};
const MAGIC = 'glibc-ld.so.cache1.1';
const HEADER = 48;
const ENTRY = 24;
const EXTENSION_MAGIC = 0xeaa42174;
const MAX_INCLUDES = 20;

export const ldconfigSteps: Record<string, Step> = {
  ldconfig: {
    step: 'ldconfig',
    run: ({ world }) => {
      makeLinkerCache(world);
      return 0;
    },
  },
};

/** Writes /etc/ld.so.cache and the links named by each library's SONAME. */
export function makeLinkerCache(world: World): void {
  const entries = new Map<string, Entry>();
  for (const directory of directories(world)) {
    for (const entry of readDirectory(world, directory, null))
      if (!entries.has(key(entry))) entries.set(key(entry), entry);
    const variants = world.tree.find(`${directory}/glibc-hwcaps`);
    if (variants?.kind !== 'directory') continue;
    for (const variant of [...variants.entries.keys()].sort()) {
      for (const entry of readDirectory(world, `${directory}/glibc-hwcaps/${variant}`, variant)) {
        if (!entries.has(key(entry))) entries.set(key(entry), entry);
      }
    }
  }
  const sorted = [...entries.values()].sort(
    (a, b) => compareNames(b.name, a.name) || b.flags - a.flags || (a.hwcaps ? -1 : 1),
  );
  world.tree.write('/etc/ld.so.cache', inMemory(format(sorted)));
  world.tree.makeDirectory('/var/cache/ldconfig', 0o700);
}

const key = (entry: Entry) => `${entry.name}\0${entry.flags}\0${entry.hwcaps ?? ''}`;

/** Directories of ld.so.conf with its includes, then the ones the linker knows. */
function directories(world: World): string[] {
  const found: string[] = [];
  const read = (path: string, depth: number) => {
    for (const raw of (world.tree.readText(path) ?? '').split('\n')) {
      const line = raw.replace(/#.*/, '').trim();
      const include = /^include\s+(\S.*)$/.exec(line)?.[1];
      if (include && depth < MAX_INCLUDES) {
        for (const name of include.split(/\s+/))
          for (const match of expandPattern(world.tree, name, '/etc'))
            read(match.startsWith('/') ? match : `/etc/${match}`, depth + 1);
      } else if (line.startsWith('/')) found.push(line.replace(/\/+$/, ''));
    }
  };
  read('/etc/ld.so.conf', 0);
  const all = [...found, '/lib', '/usr/lib', ...(world.architecture === 'amd64' ? ['/lib64', '/usr/lib64'] : [])];
  // The same directory under two names is read once, under the first.
  const seen = new Set<unknown>();
  return all.filter((path) => {
    const node = world.tree.find(path);
    if (node?.kind !== 'directory' || seen.has(node)) return false;
    seen.add(node);
    return true;
  });
}

function readDirectory(world: World, directory: string, hwcaps: string | null): Entry[] {
  const node = world.tree.find(directory);
  if (node?.kind !== 'directory') return [];
  const best = new Map<string, { file: string; link: boolean; flags: number }>();
  for (const name of [...node.entries.keys()].sort()) {
    if (!/^(lib|ld-).*\.so/.test(name) && !/^ld\.so/.test(name)) continue;
    const file = world.tree.find(`${directory}/${name}`);
    if (file?.kind !== 'file') continue;
    const library = readLibrary(file.content.read());
    const flags = library ? FLAGS[library.machine] : undefined;
    if (!library || flags === undefined) continue;
    const link = node.entries.get(name)?.kind === 'symlink';
    const soname = library.soname ?? name;
    // A link such as libfoo.so is for the compiler, not a name that programs ask for.
    if (link && name !== soname) continue;
    const known = best.get(soname);
    if (!known || (known.link && !link) || (known.link === link && compareNames(name, known.file) > 0))
      best.set(soname, { file: name, link, flags });
  }
  const entries: Entry[] = [];
  for (const [soname, { file, flags }] of best) {
    if (soname !== file && !soname.includes('/')) {
      const there = world.tree.lfind(`${directory}/${soname}`);
      if (!there) world.tree.link(`${directory}/${soname}`, file);
    }
    entries.push({ name: soname, path: `${directory}/${soname}`, flags, hwcaps });
  }
  return entries;
}

/** The order the linker's binary search relies on: digits by value, the rest by character (glibc, _dl_cache_libcmp). */
function compareNames(a: string, b: string): number {
  let i = 0;
  let j = 0;
  const digit = (text: string, at: number) => /[0-9]/.test(text.charAt(at));
  while (i < a.length) {
    if (digit(a, i)) {
      if (!digit(b, j)) return 1;
      const [x = '', y = ''] = [/^\d+/.exec(a.slice(i))?.[0], /^\d+/.exec(b.slice(j))?.[0]];
      if (Number(x) !== Number(y)) return Number(x) - Number(y);
      i += x.length;
      j += y.length;
    } else if (digit(b, j)) return -1;
    else if (a.charAt(i) !== b.charAt(j)) return a.charCodeAt(i) - (j < b.length ? b.charCodeAt(j) : 0);
    else {
      i++;
      j++;
    }
  }
  return j < b.length ? -b.charCodeAt(j) : 0;
}

/** The cache in its new format with the extension that names hardware capabilities (glibc, sysdeps/generic/dl-cache.h). */
function format(entries: Entry[]): Buffer {
  const strings: Buffer[] = [];
  const offsets = new Map<string, number>();
  const base = HEADER + entries.length * ENTRY;
  let at = base;
  const intern = (text: string): number => {
    const known = offsets.get(text);
    if (known !== undefined) return known;
    const offset = at;
    offsets.set(text, offset);
    const bytes = Buffer.from(`${text}\0`, 'latin1');
    strings.push(bytes);
    at += bytes.length;
    return offset;
  };
  const hwcaps = [...new Set(entries.map((entry) => entry.hwcaps).filter((name) => name !== null))].sort();
  const table = Buffer.alloc(entries.length * ENTRY);
  const hwcapOffsets = hwcaps.map(intern);
  for (const [index, entry] of entries.entries()) {
    const row = index * ENTRY;
    table.writeInt32LE(entry.flags, row);
    table.writeUInt32LE(intern(entry.name), row + 4);
    table.writeUInt32LE(intern(entry.path), row + 8);
    // Bit 62 says that the low half is an index into the extension's table of names.
    if (entry.hwcaps !== null) table.writeBigUInt64LE((1n << 62n) + BigInt(hwcaps.indexOf(entry.hwcaps)), row + 16);
  }
  const text = Buffer.concat(strings);
  const padding = Buffer.alloc((4 - (at % 4)) % 4);
  const generator = Buffer.from('pratique compose', 'latin1');
  const extensionAt = at + padding.length;
  const sections = hwcaps.length > 0 ? 2 : 1;
  const extension = Buffer.alloc(8 + sections * 16);
  extension.writeUInt32LE(EXTENSION_MAGIC, 0);
  extension.writeUInt32LE(sections, 4);
  const payload = extensionAt + extension.length;
  const names = Buffer.alloc(hwcaps.length * 4);
  for (const [index, offset] of hwcapOffsets.entries()) names.writeUInt32LE(offset, index * 4);
  section(extension, 0, 0, payload + names.length, generator.length);
  if (hwcaps.length > 0) section(extension, 1, 1, payload, names.length);
  const header = Buffer.alloc(HEADER);
  header.write(MAGIC, 0, 'latin1');
  header.writeUInt32LE(entries.length, 20);
  header.writeUInt32LE(text.length, 24);
  header.writeUInt8(2, 28); // little endian
  header.writeUInt32LE(extensionAt, 32);
  return Buffer.concat([header, table, text, padding, extension, names, generator]);
}

function section(buffer: Buffer, index: number, tag: number, offset: number, size: number): void {
  const at = 8 + index * 16;
  buffer.writeUInt32LE(tag, at);
  buffer.writeUInt32LE(0, at + 4);
  buffer.writeUInt32LE(offset, at + 8);
  buffer.writeUInt32LE(size, at + 12);
}
