/** NaCl's secretbox (XSalsa20 and Poly1305), reading only: cosign encrypts its key files with it and Node has neither part. */
import { timingSafeEqual } from 'node:crypto';
import { SignError } from './error.ts';

const SIGMA = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const;

/**
 * Opens a box: 16 bytes of tag, then the ciphertext. For small things such as keys; nothing here is fast.
 *
 * @param key 32 bytes
 * @param nonce 24 bytes
 * @throws SignError `key-locked` when the key is wrong or the box was altered
 * @see D. J. Bernstein, "Cryptography in NaCl", sections 7-9; "Extending the Salsa20 nonce"
 */
export function openSecretbox(box: Buffer, nonce: Buffer, key: Buffer): Buffer {
  if (key.length !== 32 || nonce.length !== 24 || box.length < 16)
    throw new SignError('key-locked', 'the encrypted key is damaged');
  const subkey = hsalsa20(key, nonce.subarray(0, 16));
  const cipher = box.subarray(16);
  const stream = keystream(subkey, nonce.subarray(16), 32 + cipher.length);
  const tag = poly1305(cipher, stream.subarray(0, 32));
  if (!timingSafeEqual(tag, box.subarray(0, 16)))
    throw new SignError('key-locked', 'the passphrase is wrong, or the encrypted key was altered');
  return Buffer.from(cipher.map((byte, at) => byte ^ (stream[32 + at] ?? 0)));
}

function keystream(key: Buffer, nonce: Buffer, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let counter = 0; counter * 64 < length; counter += 1) {
    const input = Buffer.concat([nonce, Buffer.alloc(8)]);
    input.writeUInt32LE(counter, 8);
    const start = matrix(key, input);
    const mixed = rounds(start);
    const block = Buffer.alloc(64);
    for (let i = 0; i < 16; i += 1) block.writeUInt32LE(((mixed[i] ?? 0) + (start[i] ?? 0)) >>> 0, i * 4);
    blocks.push(block);
  }
  return Buffer.concat(blocks).subarray(0, length);
}

function hsalsa20(key: Buffer, input: Buffer): Buffer {
  const mixed = rounds(matrix(key, input));
  const out = Buffer.alloc(32);
  [0, 5, 10, 15, 6, 7, 8, 9].forEach((from, to) => out.writeUInt32LE(mixed[from] ?? 0, to * 4));
  return out;
}

/** Constants on the diagonal, the key around, 16 bytes of input in the middle. */
function matrix(key: Buffer, input: Buffer): Uint32Array {
  const k = (i: number) => key.readUInt32LE(i * 4);
  const n = (i: number) => input.readUInt32LE(i * 4);
  return Uint32Array.of(
    SIGMA[0],
    k(0),
    k(1),
    k(2),
    k(3),
    SIGMA[1],
    n(0),
    n(1),
    n(2),
    n(3),
    SIGMA[2],
    k(4),
    k(5),
    k(6),
    k(7),
    SIGMA[3],
  );
}

const COLUMNS = [
  [0, 4, 8, 12],
  [5, 9, 13, 1],
  [10, 14, 2, 6],
  [15, 3, 7, 11],
] as const;
const ROWS = [
  [0, 1, 2, 3],
  [5, 6, 7, 4],
  [10, 11, 8, 9],
  [15, 12, 13, 14],
] as const;

function rounds(start: Uint32Array): Uint32Array {
  const x = Uint32Array.from(start);
  const add = (to: number, a: number, b: number, shift: number) => {
    const sum = ((x[a] ?? 0) + (x[b] ?? 0)) >>> 0;
    x[to] = (x[to] ?? 0) ^ ((sum << shift) | (sum >>> (32 - shift)));
  };
  for (let round = 0; round < 20; round += 1)
    for (const [a, b, c, d] of round % 2 === 0 ? COLUMNS : ROWS) {
      add(b, a, d, 7);
      add(c, b, a, 9);
      add(d, c, b, 13);
      add(a, d, c, 18);
    }
  return x;
}

/** @see RFC 8439, section 2.5 */
function poly1305(message: Buffer, key: Buffer): Buffer {
  const r = little(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  const p = (1n << 130n) - 5n;
  let sum = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const block = message.subarray(at, at + 16);
    sum = ((sum + little(block) + (1n << BigInt(8 * block.length))) * r) % p;
  }
  const tag = (sum + little(key.subarray(16, 32))) & ((1n << 128n) - 1n);
  return Buffer.from(tag.toString(16).padStart(32, '0'), 'hex').reverse();
}

function little(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex') || '0'}`);
}
