/** Decides what is wanted of each file while layers stream by. */
import type { Examination, Examine } from '@pratique/oci/layers/examine';
import type { Cataloger } from '../catalogers/cataloger.ts';
import { readProgram } from '../catalogers/executables/read-program.ts';
import { OS_RELEASE_PATHS } from '../catalogers/os-release.ts';
import { newRustBudget } from '../catalogers/rust/find-audit.ts';

/** Marks of the file index. */
export const EXECUTABLE = 'executable';
export const BINARY = 'binary';
export const SCRIPT = 'script';

export type ExaminedImage = {
  examine: Examine;
  /** False once a budget for the whole image is spent: another image could have had more of a layer read. */
  repeatable(): boolean;
};

/** What somebody beside the catalogers wants kept, and up to how many bytes. */
export type AlsoKept = { wants(path: string): boolean; maxBytes: number };

/** Keeps what catalogers ask for, hashes what can run, and reads what programs say of themselves. For one image. */
export function examineFor(catalogers: readonly Cataloger[], also: AlsoKept | null = null): ExaminedImage {
  const budget = newRustBudget();
  const examine: Examine = (path, { mode, head }) => {
    const cataloger = catalogers.find((each) => each.wants(path));
    const other = !cataloger && also?.wants(path) === true;
    const keep = other ? (content: Buffer) => content : keeper(cataloger, path);
    const marks = runMarks(mode, head);
    if (keep === null && marks.length === 0 && !isProgram(marks, head)) return null;
    const wanted = { hash: marks.length > 0, keep, marks } satisfies Examination;
    if (keep === null) return isProgram(marks, head) ? { ...wanted, reader: readProgram(path, budget) } : wanted;
    const keepBytes = other ? also?.maxBytes : cataloger?.maxBytes?.(path);
    return keepBytes === undefined ? wanted : { ...wanted, keepBytes };
  };
  return { examine, repeatable: () => budget.left > 0 };
}

function keeper(cataloger: Cataloger | undefined, path: string): ((content: Buffer) => Buffer) | null {
  if (OS_RELEASE_PATHS.includes(path)) return (content) => content;
  return cataloger ? (content) => cataloger.condense?.(path, content) ?? content : null;
}

/** Permission to execute, ELF or PE, or a `#!` line: what can run, or be loaded by what runs. */
function runMarks(mode: number, head: Buffer): string[] {
  const marks: string[] = [];
  if ((mode & 0o111) !== 0 && head.length > 0) marks.push(EXECUTABLE);
  const magic = head.length >= 4 ? head.readUInt32BE(0) : 0;
  if (magic === 0x7f454c46 || (magic >>> 16 === 0x4d5a && (mode & 0o111) !== 0)) marks.push(BINARY);
  else if (head.length >= 2 && head[0] === 0x23 && head[1] === 0x21) marks.push(SCRIPT);
  return marks;
}

/** Programs for other systems are read too, though they cannot run here: PE files and those of macOS. */
function isProgram(marks: readonly string[], head: Buffer): boolean {
  if (marks.includes(BINARY)) return true;
  if (head.length < 256) return false;
  const magic = head.readUInt32BE(0);
  // MZ with a PE header where its offset says, which texts and fonts that begin with these letters have not.
  if (magic >>> 16 === 0x4d5a) return head.readUInt32LE(60) < 4096;
  return magic === 0xcffaedfe || magic === 0xcefaedfe;
}
