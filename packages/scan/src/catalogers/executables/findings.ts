/** What was found in a program while it passed: kept as its content until catalogers read it. */
import type { GoBuildInfo } from '../go/find-build-info.ts';
import { asObject, readJson } from '../text.ts';

/** Marks of programs that have something to be read by a cataloger. */
export const GO_PROGRAM = 'go-binary';
export const RUST_PROGRAM = 'rust-binary';
export const KNOWN_PROGRAM = 'known-program';
/** Its bytes are compressed; what is in it shows when it runs. */
export const PACKED_PROGRAM = 'packed-executable';

export type Findings = {
  go: GoBuildInfo | null;
  /** The text that cargo-auditable leaves. */
  rust: string | null;
  programs: { name: string; version: string }[];
};

export function writeFindings(findings: Findings): Buffer {
  return Buffer.from(JSON.stringify(findings));
}

/** Reads what `writeFindings` wrote. */
export function readFindings(content: Buffer): Findings {
  const found = asObject(readJson(content));
  return {
    go: (found['go'] ?? null) as Findings['go'],
    rust: (found['rust'] ?? null) as Findings['rust'],
    programs: (found['programs'] ?? []) as Findings['programs'],
  };
}
