/** Spoils bytes as hostile and broken clients do: flips, cuts, repeats, splices, and words that parsers trip over. */
import type { Random } from './random.ts';

const WORDS = [
  '\0',
  '%00',
  '%2e%2e%2f',
  '../'.repeat(8),
  '\r\n\r\n',
  '\r\nTransfer-Encoding: chunked\r\n',
  '\r\nContent-Length: -1\r\n',
  '\r\nContent-Length: 99999999999999999999\r\n',
  'sha256:',
  `sha256:${'0'.repeat(64)}`,
  `sha512:${'f'.repeat(128)}`,
  '-1',
  '9007199254740993',
  '1e999',
  'NaN',
  'null',
  '[]',
  '{}',
  '[['.repeat(500),
  '{"a":'.repeat(500),
  '"__proto__":{"polluted":true},',
  '"constructor":{"prototype":{}},',
  "' or 1=1 --",
  '\u202e',
  '\ud800',
  'ÿþ',
  'A'.repeat(5000),
  '%',
  '%zz',
  '?n=-1&last=',
  '@',
  ':',
  '//',
] as const;

/** One to eight changes; the result is at most `limit` bytes long. */
export function mutate(random: Random, input: Buffer, others: readonly Buffer[], limit: number): Buffer {
  let bytes = input;
  for (let changes = random.between(1, 8); changes > 0; changes--) bytes = change(random, bytes, others);
  return bytes.subarray(0, limit);
}

function change(random: Random, bytes: Buffer, others: readonly Buffer[]): Buffer {
  const at = random.between(0, bytes.length);
  const length = Math.min(random.between(1, 64), bytes.length - at);
  const insert = (piece: Buffer) => Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
  switch (random.between(0, 6)) {
    case 0: {
      const flipped = Buffer.from(bytes);
      if (at < flipped.length) flipped[at] = (flipped[at] ?? 0) ^ (1 << random.between(0, 7));
      return flipped;
    }
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 2:
      return insert(bytes.subarray(at, at + length));
    case 3:
      return insert(Buffer.from(random.pick(WORDS)));
    case 4: {
      const other = others[random.between(0, others.length - 1)] ?? bytes;
      const from = random.between(0, other.length);
      return insert(other.subarray(from, from + random.between(1, 200)));
    }
    case 5:
      return insert(Buffer.alloc(random.between(1, 300), random.between(0, 255)));
    default: {
      const word = Buffer.from(random.pick(WORDS));
      return Buffer.concat([bytes.subarray(0, at), word, bytes.subarray(Math.min(at + word.length, bytes.length))]);
    }
  }
}
