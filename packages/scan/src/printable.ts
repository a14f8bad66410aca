/** Text of strangers ends up on terminals and in logs; control characters in it would be obeyed there. */

/** One line without control characters, cut to a length. */
export function printable(text: string, length: number): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, length);
}

/** True for a name or version of 1 to 256 visible ASCII characters. */
export function isVisible(text: string): boolean {
  return /^[\x21-\x7e]{1,256}$/.test(text);
}
