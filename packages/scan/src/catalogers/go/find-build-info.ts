/** Finds the build information that Go leaves in programs, while their bytes pass. */
import { type Elf, offsetOf, readWord } from '../executables/elf.ts';
import type { Needle, Passing } from '../executables/passing.ts';

/** As found; the texts are read by `parse-build-info.ts`. `version` is empty where it could not be found out. */
export type GoBuildInfo = { version: string; modules: string };

const MAGIC = Buffer.from('\xff Go buildinf:', 'latin1');
const HEADER = 32;
/** Between these marks the linker puts the modules' text. @see Go, src/cmd/go/internal/modload/build.go */
const MODULES_START = Buffer.from('3077af0c9274080241e1c107e6d618e6', 'hex');
const MODULES_END = Buffer.from('f932433186182072008242104116d8f2', 'hex');
/** What no program comes near: Kubernetes has 30 kB. */
const MAX_MODULES = 4 * 1024 * 1024;
const MAX_VERSION = 200;
const INLINE = 2;
const BIG_ENDIAN = 1;

type Candidate = GoBuildInfo & { offset: number };

/**
 * Go 1.18 and later write both texts behind the header; earlier ones write pointers to them. Those texts have passed by
 * the time the pointers come, so whatever may be one of them is remembered.
 *
 * @see Go, src/debug/buildinfo/buildinfo.go
 */
export class GoFinder {
  readonly #inline: Candidate[] = [];
  readonly #versions = new Map<number, string>();
  readonly #passing: Passing;
  #modules: string | null = null;
  #pointed: { offset: number; length: number } | null = null;
  #headers = 0;
  #elf: Elf | null = null;

  constructor(passing: Passing) {
    this.#passing = passing;
    passing.seek(this.#header());
  }

  /** Says that the file is an ELF file that Go linked. */
  expectPointers(elf: Elf): void {
    this.#elf = elf;
    this.#passing.seek(this.#looseModules());
    this.#passing.seek(this.#looseVersion());
  }

  /** True when there was a header, read or not. */
  get seen(): boolean {
    return this.#headers > 0;
  }

  /** Call after the last byte. @returns null where no header could be read */
  result(): GoBuildInfo | null {
    // A program may carry another one as data; its own header lies where it writes.
    const writable = this.#inline.find(({ offset }) =>
      this.#elf?.segments.some((each) => each.writable && offset >= each.offset && offset < each.offset + each.size),
    );
    const found = writable ?? this.#inline[0];
    if (found) return { version: found.version, modules: found.modules };
    if (!this.seen || (this.#pointed === null && this.#modules === null)) return null;
    const text = this.#pointed ? this.#versions.get(this.#pointed.offset) : undefined;
    const version = text && this.#pointed ? text.slice(0, this.#pointed.length) : '';
    return version === '' && this.#modules === null ? null : { version, modules: this.#modules ?? '' };
  }

  #header(): Needle {
    return {
      bytes: MAGIC,
      before: 0,
      after: 4096,
      most: 16,
      promising: (_start, offset) => offset % 16 === 0,
      found: (bytes, _at, offset) => {
        if (bytes.length < HEADER) return;
        const flags = bytes[15] ?? 0;
        if ((flags & INLINE) === 0) return this.#followPointers(bytes, flags);
        const version = text(bytes, HEADER, MAX_VERSION);
        if (!version || !/^(?:go|devel)/.test(version.text)) return;
        this.#headers += 1;
        const modules = text(bytes, version.end, MAX_MODULES);
        if (!modules) return;
        if (modules.end > bytes.length && bytes.length === 4096) return modules.end;
        if (modules.end > bytes.length) return;
        this.#inline.push({ version: version.text, modules: between(modules.bytes) ?? '', offset });
      },
    };
  }

  #followPointers(bytes: Buffer, flags: number): void {
    const size = bytes[14];
    if (size !== 4 && size !== 8) return;
    this.#headers += 1;
    const elf = this.#elf;
    const big = (flags & BIG_ENDIAN) !== 0;
    const variable = elf && offsetOf(elf, readWord(bytes, 16, size, big));
    if (!elf || variable === null) return;
    this.#passing.expect(variable, {
      bytes: MAGIC,
      before: 0,
      after: size * 2,
      most: 1,
      found: (string) => {
        if (string.length < size * 2 || this.#pointed) return;
        const offset = offsetOf(elf, readWord(string, 0, size, big));
        const length = readWord(string, size, size, big);
        if (offset !== null && length <= MAX_VERSION) this.#pointed = { offset, length };
      },
    });
  }

  #looseModules(): Needle {
    return {
      bytes: MODULES_START,
      before: 0,
      after: 64 * 1024,
      most: 2,
      found: (bytes) => {
        if (this.#modules !== null) return;
        const found = between(bytes);
        if (found !== null) this.#modules = found;
        else if (bytes.length === 64 * 1024) return MAX_MODULES;
      },
    };
  }

  #looseVersion(): Needle {
    return {
      bytes: Buffer.from('go1.'),
      before: 0,
      after: 64,
      most: 2000,
      found: (bytes, _at, offset) => void this.#versions.set(offset, bytes.toString('latin1')),
    };
  }
}

/** A text behind its length, which is written seven bits a byte, low bits first. `end` may lie beyond the bytes. */
function text(bytes: Buffer, at: number, most: number): { text: string; bytes: Buffer; end: number } | null {
  let length = 0;
  for (let count = 0; count < 4 && at + count < bytes.length; count += 1) {
    const byte = bytes[at + count] ?? 0;
    length += (byte & 0x7f) * 2 ** (7 * count);
    if (byte >= 0x80) continue;
    const start = at + count + 1;
    const content = bytes.subarray(start, start + length);
    return length <= most ? { text: content.toString('utf8'), bytes: content, end: start + length } : null;
  }
  return null;
}

/** The text between the marks; null where they are not both there. */
function between(bytes: Buffer): string | null {
  const end = bytes.indexOf(MODULES_END);
  return end >= 16 && bytes.subarray(0, 16).equals(MODULES_START) ? bytes.toString('utf8', 16, end) : null;
}
