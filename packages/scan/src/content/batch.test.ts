/** What of a file lies in a batch, whatever pieces it came in. */
import { expect, test } from 'vitest';
import { BATCH_BYTES, Batch, wantedBytes } from './batch.ts';

const LIMITS = { headBytes: 10, tailBytes: 4 };
const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, at) => at + 1));

test.each([0, 1, 9, 10, 11, 13, 14, 15, 18, 19, 40])(
  'a file of %i bytes is whole, or its beginning and end',
  (size) => {
    const content = bytes(size);
    const wanted = size <= 14 ? content : Buffer.concat([content.subarray(0, 10), content.subarray(size - 4)]);
    for (const step of [1, 3, 7, 50]) {
      // Memory that held something before.
      const batch = new Batch<string>(new Uint8Array(BATCH_BYTES).fill(255).buffer);
      const [first, second] = [1, 2].map((n) => batch.add({ path: `${n}`, mode: 0o644, size }, LIMITS, `note ${n}`));
      expect(batch.busy).toBe(true);
      for (let at = 0; at < size; at += step)
        for (const slot of [first, second]) slot?.data(content.subarray(at, at + step));
      first?.end();
      expect(batch.busy).toBe(true);
      second?.end();
      expect(batch.busy).toBe(false);
      for (const { offset, length, skipped } of batch.files) {
        expect(Buffer.from(batch.memory, offset, length)).toEqual(wanted);
        expect(skipped).toBe(size - wanted.length);
      }
      expect(batch.notes).toEqual(['note 1', 'note 2']);
    }
    expect(wantedBytes(size, LIMITS)).toBe(wanted.length);
  },
);

test('a file that is longer or shorter than was said spoils nothing', () => {
  const batch = new Batch<null>(new ArrayBuffer(BATCH_BYTES));
  const [long, short] = [12, 12].map((size) => batch.add({ path: 'a', mode: 0, size }, LIMITS, null));
  long?.data(bytes(30));
  short?.data(bytes(5));
  long?.end();
  short?.end();
  expect(batch.files.map(({ length, skipped }) => ({ length, skipped }))).toEqual([
    { length: 12, skipped: 18 },
    { length: 5, skipped: 0 },
  ]);
});
