/** Reads a bounded piece of content as text. */

/** What the pattern (sticky) matches at an offset, in a window of so many bytes. */
export function textAt(content: Buffer, at: number, pattern: RegExp, bytes: number): string | null {
  pattern.lastIndex = 0;
  return pattern.exec(content.toString('latin1', at, Math.min(content.length, at + bytes)))?.[0] ?? null;
}

/** True when the byte belongs to a word: letters, digits, `_`. */
export function isPartOfWord(content: Buffer, at: number): boolean {
  const byte = at < 0 ? 0 : (content[at] ?? 0);
  return (
    (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || byte === 0x5f || (byte >= 0x61 && byte <= 0x7a)
  );
}

export function escapeForm(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
