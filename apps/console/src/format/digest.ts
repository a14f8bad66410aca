/** Shortens what is long in the middle, where nobody reads. */

/** `sha256:01e991d7…5252be`: enough of both ends to recognise it by. Text that is no digest comes back as it is. */
export function shortDigest(digest: string): string {
  const colon = digest.indexOf(':');
  const hex = digest.slice(colon + 1);
  if (!/^[0-9a-f]{32,}$/.test(hex)) return digest;
  return `${digest.slice(0, colon + 1)}${hex.slice(0, 8)}…${hex.slice(-6)}`;
}

/** Cuts the middle out of text above `length` characters; surrogate pairs stay whole. */
export function shortMiddle(text: string, length: number): string {
  const characters = Array.from(text);
  if (characters.length <= length) return text;
  const head = Math.ceil((length - 1) * 0.6);
  return `${characters.slice(0, head).join('')}…${characters.slice(characters.length - (length - 1 - head)).join('')}`;
}
