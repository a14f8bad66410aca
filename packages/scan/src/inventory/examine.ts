/** Decides what is wanted of each file while layers stream by. */
import type { Examination, Examine } from '@pratique/oci/layers/examine';
import type { Cataloger } from '../catalogers/cataloger.ts';
import { OS_RELEASE_PATHS } from '../catalogers/os-release.ts';
import { BINARY_MARKS } from '../catalogers/recognise.ts';

/** Marks of the file index. */
export const EXECUTABLE = 'executable';
export const BINARY = 'binary';
export const SCRIPT = 'script';

const NOTHING: readonly { mark: string; bytes: Buffer }[] = [];

/** Keeps what catalogers ask for, hashes what can run, and looks for build information in binaries. */
export function examineFor(catalogers: readonly Cataloger[]): Examine {
  return (path, { mode, head }) => {
    const keep = keeper(catalogers, path);
    const marks = runMarks(mode, head);
    if (keep === null && marks.length === 0) return null;
    const seek = marks.includes(BINARY) ? BINARY_MARKS : NOTHING;
    const keepBytes = catalogers.find((each) => each.wants(path))?.maxBytes?.(path);
    const wanted = { hash: marks.length > 0, keep, marks, seek } satisfies Examination;
    return keepBytes === undefined ? wanted : { ...wanted, keepBytes };
  };
}

function keeper(catalogers: readonly Cataloger[], path: string): ((content: Buffer) => Buffer) | null {
  if (OS_RELEASE_PATHS.includes(path)) return (content) => content;
  for (const cataloger of catalogers) {
    if (!cataloger.wants(path)) continue;
    return (content) => cataloger.condense?.(path, content) ?? content;
  }
  return null;
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
