/** Tells cheaply whether bytes may be the beginning of a compressed JSON object, so that few are decompressed. */

/** Symbols of a dynamic block's code lengths: 286 literals and lengths, 30 distances at the most. */
const MAX_LITERALS = 29;
const MAX_DISTANCES = 29;

/**
 * @param bytes a zlib stream from its first byte; with fewer than 12 of them the answer is yes
 * @see RFC 1950, section 2.2; RFC 1951, sections 3.2.6 and 3.2.7
 */
export function mayBeObject(bytes: Buffer): boolean {
  if (bytes.length < 12) return true;
  let bit = 16;
  const take = (count: number): number => {
    let value = 0;
    for (let at = 0; at < count; at += 1, bit += 1) value |= (((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1) << at;
    return value;
  };
  take(1);
  const type = take(2);
  if (type === 1) return code(take, 8) === 0x30 + 0x7b && code(take, 8) === 0x30 + 0x22; // {"
  if (type !== 2 || take(5) > MAX_LITERALS || take(5) > MAX_DISTANCES) return false;
  // The lengths of the code that the other codes are written in must fill it, or nothing could be read with it.
  let filled = 0;
  for (let left = take(4) + 4; left > 0; left -= 1) {
    const length = take(3);
    if (length > 0) filled += 128 >> length;
  }
  return filled === 128;
}

/** Codes are written from their highest bit on. */
function code(take: (count: number) => number, length: number): number {
  let value = 0;
  for (let at = 0; at < length; at += 1) value = value * 2 + take(1);
  return value;
}
