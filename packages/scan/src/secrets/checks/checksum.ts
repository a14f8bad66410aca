/** Checksums that issuers put into their tokens. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Six digits of base 62 of a CRC32, as GitHub and npm end their tokens. @see github.blog/2021-04-05-behind-githubs-new-authentication-token-formats */
export function crc32Base62(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let at = 0; at < 6; at++) {
    digits = (BASE62[rest % 62] ?? '') + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/** Eight hexadecimal digits of a CRC32. */
export function crc32Hex(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}

/** Seven digits of base 36 of a CRC32, as GitLab's routable tokens end. */
export function crc32Base36(text: string): string {
  return crc32(text).toString(36).padStart(7, '0');
}

/** CRC-16 of XMODEM (polynomial 0x1021), little endian at the end of keys of NATS and Stellar. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) !== 0 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}

/** The first four bytes of SHA-256 twice: the checksum of Base58Check. */
export function doubleHash(bytes: Uint8Array): Buffer {
  const once = createHash('sha256').update(bytes).digest();
  return createHash('sha256').update(once).digest().subarray(0, 4);
}

const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3] as const;
const BECH32 = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';

/** @see BIP 173; age writes its keys so. */
export function bech32Checksum(prefix: string, data: string): string {
  const values = prefix.split('').map((char) => char.charCodeAt(0) >> 5);
  values.push(0, ...prefix.split('').map((char) => char.charCodeAt(0) & 31));
  for (const char of data) values.push(BECH32.indexOf(char));
  const sum = polymod([...values, 0, 0, 0, 0, 0, 0]) ^ 1;
  return [0, 1, 2, 3, 4, 5].map((at) => BECH32[(sum >> (5 * (5 - at))) & 31] ?? '').join('');
}

function polymod(values: readonly number[]): number {
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    GENERATOR.forEach((factor, at) => {
      if (((top >> at) & 1) !== 0) sum ^= factor;
    });
  }
  return sum >>> 0;
}
