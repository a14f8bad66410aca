/** Reads a program while it passes: what compilers and authors left in it of its origin. Keeps a few kilobytes. */
import type { ContentReader } from '@pratique/oci/layers/examine';
import { GoFinder } from '../go/find-build-info.ts';
import { type RustBudget, RustFinder } from '../rust/find-audit.ts';
import { endOfLoaded, parseElf } from './elf.ts';
import { GO_PROGRAM, KNOWN_PROGRAM, PACKED_PROGRAM, RUST_PROGRAM, writeFindings } from './findings.ts';
import { fingerprintsFor, ProgramFinder } from './fingerprints.ts';
import { Passing } from './passing.ts';

/** Enough for the headers, and for the note that Go's linker puts behind them. */
const HEAD = 8192;
/** The owner and type of the note that Go's linker leaves. @see Go, src/cmd/internal/buildid/note.go */
const GO_NOTE = Buffer.from('Go\0\0', 'latin1');
const UPX = Buffer.from('UPX!', 'latin1');

/**
 * @param path decides which fingerprints are tried
 * @param budget what may be spent on all programs of a scan
 */
export function readProgram(path: string, budget: RustBudget): ContentReader {
  return new ProgramReader(path, budget);
}

class ProgramReader implements ContentReader {
  readonly #passing = new Passing();
  readonly #go: GoFinder;
  readonly #programs: ProgramFinder;
  readonly #budget: RustBudget;
  #rust: RustFinder | null = null;
  #head: Buffer | null = Buffer.alloc(0);
  #waiting: Buffer[] = [];
  #packed = false;

  constructor(path: string, budget: RustBudget) {
    this.#budget = budget;
    this.#go = new GoFinder(this.#passing);
    this.#programs = new ProgramFinder(fingerprintsFor(path), this.#passing);
  }

  data(piece: Buffer): void {
    if (!this.#head) return this.#passing.data(piece);
    // Nothing is looked for before the head is known, which says what is worth looking for.
    if (this.#head.length + piece.length < HEAD) {
      this.#waiting.push(Buffer.from(piece));
      this.#head = Buffer.concat([this.#head, piece]);
      return;
    }
    this.#begin(Buffer.concat([this.#head, piece.subarray(0, HEAD - this.#head.length)]));
    this.#passing.data(piece);
  }

  end(): ReturnType<ContentReader['end']> {
    if (this.#head) this.#begin(this.#head);
    this.#passing.end();
    const go = this.#go.result();
    const rust = this.#rust?.result() ?? null;
    const programs = this.#programs.result();
    const marks: string[] = [];
    if (this.#go.seen) marks.push(GO_PROGRAM);
    if (this.#rust?.seen) marks.push(RUST_PROGRAM);
    if (programs.length > 0) marks.push(KNOWN_PROGRAM);
    if (this.#packed) marks.push(PACKED_PROGRAM);
    return { marks, content: marks.length === 0 ? null : writeFindings({ go, rust, programs }) };
  }

  #begin(head: Buffer): void {
    this.#head = null;
    this.#packed = head.subarray(0, 4096).includes(UPX);
    const elf = parseElf(head);
    if (elf && head.includes(GO_NOTE)) this.#go.expectPointers(elf);
    else this.#rust = new RustFinder(this.#passing, elf ? endOfLoaded(elf) : 0, this.#budget);
    for (const piece of this.#waiting) this.#passing.data(piece);
    this.#waiting = [];
  }
}
