/** Secret key packets of OpenPGP. @see RFC 9580, sections 4.2 and 5.5.3 */

/** Numbers that the public part of each algorithm has; those of elliptic curves begin with the curve's name. */
const NUMBERS: Readonly<Record<number, { oid: boolean; count: number }>> = {
  1: { oid: false, count: 2 },
  2: { oid: false, count: 2 },
  3: { oid: false, count: 2 },
  16: { oid: false, count: 3 },
  17: { oid: false, count: 4 },
  18: { oid: true, count: 1 },
  19: { oid: true, count: 1 },
  22: { oid: true, count: 1 },
};

/** Whether the first packet is a secret key, and whether a passphrase protects it; null where it is none. */
export function readPgpKey(bytes: Buffer): { encrypted: boolean } | null {
  const tag = bytes[0] ?? 0;
  const old = (tag & 0x40) === 0;
  if ((tag & 0x80) === 0 || (old ? (tag >> 2) & 15 : tag & 63) !== 5) return null;
  const first = bytes[1] ?? 0;
  const header = old ? 1 + ([1, 2, 4, 0][tag & 3] ?? 0) : 1 + (first < 192 ? 1 : first < 224 ? 2 : 5);
  if (bytes[header] !== 4) return (bytes[header] ?? 0) === 5 || bytes[header] === 6 ? { encrypted: false } : null;
  const numbers = NUMBERS[bytes[header + 5] ?? 0];
  if (!numbers) return null;
  let at = header + 6;
  if (numbers.oid) at += 1 + (bytes[at] ?? 0);
  for (let each = 0; each < numbers.count; each++) {
    if (at + 2 > bytes.length) return null;
    at += 2 + Math.ceil(bytes.readUInt16BE(at) / 8);
  }
  if (bytes[header + 5] === 18) at += 1 + (bytes[at] ?? 0);
  if (at >= bytes.length) return null;
  return { encrypted: bytes[at] !== 0 };
}
