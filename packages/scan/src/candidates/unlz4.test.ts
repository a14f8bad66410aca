import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { unlz4 } from './unlz4.ts';

const LIMIT = 8 * 1024 * 1024;
/** A frame of one block without checksums. */
const frame = (block: number[] | Buffer, size = block.length): Buffer => {
  const head = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, 0, 0, 0, 0]);
  head.writeUInt32LE(size >>> 0, 7);
  return Buffer.concat([head, Buffer.from(block), Buffer.alloc(4)]);
};
const code = (bytes: Buffer, limit = LIMIT) => {
  try {
    return unlz4(bytes, limit, 'a list').toString('latin1');
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('an LZ4 frame', () => {
  test('gives back literals and matches, those that overlap themselves too', () => {
    // 3 literals, then 9 bytes from 3 back; 5 literals at the end.
    expect(code(frame([0x35, 97, 98, 99, 3, 0, 0x50, 49, 50, 51, 52, 53]))).toBe('abcabcabcabc12345');
    expect(code(frame(Buffer.from('plain'), 0x80000005))).toBe('plain');
    expect(code(Buffer.concat([frame([0x10, 97]), Buffer.from('502a4d180100000078', 'hex'), frame([0x10, 98])]))).toBe(
      'ab',
    );
  });

  test.each<[string, Buffer]>([
    ['of another form', Buffer.from('Package: a\n')],
    ['that is cut off', frame([0x10, 97]).subarray(0, 12)],
    ['without an end', frame([0x10, 97]).subarray(0, 13)],
    ['whose block is longer than the file', frame([0x10, 97], 1000)],
    ['with a match before its beginning', frame([0x14, 97, 2, 0, 0x50, 49, 50, 51, 52, 53])],
    ['with a match of distance 0', frame([0x14, 97, 0, 0, 0x50, 49, 50, 51, 52, 53])],
    ['with a match into the frame before', Buffer.concat([frame([0x10, 97]), frame([0x14, 97, 2, 0, 0x10, 49])])],
    ['with more literals than there are', frame([0xf0, 255, 255, 255, 0, 97])],
    ['with a dictionary', Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x61, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0])],
  ])('%s is refused', (_, bytes) => {
    expect(code(bytes)).toBe('feed-invalid');
  });

  test('that unpacks to more than it may is refused before it does', () => {
    // One literal, then 255 bytes for each byte of the file.
    const bomb = [0x1f, 97, 1, 0, ...Array.from({ length: 60_000 }, () => 255), 0, 0x10, 97];
    expect(code(frame(bomb))).toBe('feed-limit');
  });

  test.for(['-1', '-9', '-BD', '-BX --content-size', '--no-frame-crc'])(
    'made by lz4 %s is read as lz4 reads it',
    (options, context) => {
      const text = Buffer.concat([
        Buffer.from('Package: a\nVersion: 1\n\n'.repeat(20_000)),
        randomBytes(200_000),
        Buffer.alloc(300_000),
      ]);
      let packed: Buffer;
      try {
        packed = execFileSync('lz4', [...options.split(' '), '-c', '-'], {
          input: text,
          maxBuffer: LIMIT,
          stdio: ['pipe', 'pipe', 'ignore'],
        });
      } catch {
        return context.skip('lz4 is not installed');
      }
      expect(unlz4(packed, LIMIT, 'a list').equals(text)).toBe(true);
    },
  );
});
