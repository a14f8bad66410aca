/** Damages files in ways that break parsers, the same way each time for the same seed. */

/** A small generator of numbers below 2^32. @see "mulberry32", Tommy Ettinger, public domain */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

const NUMBERS: readonly number[] = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0xffffffff];

/** One to four of: flipped bits, a cut, a piece copied elsewhere, a number replaced by one at a limit, a piece left out. */
export function mutate(bytes: Buffer, random: () => number): Buffer {
  let result = Buffer.from(bytes);
  for (let left = 1 + (random() % 4); left > 0 && result.length > 8; left -= 1) {
    const at = random() % (result.length - 4);
    const other = random() % (result.length - 4);
    const length = 1 + (random() % Math.min(4096, result.length - Math.max(at, other)));
    switch (random() % 6) {
      case 0:
        for (let bit = 0; bit < 8; bit += 1) {
          const place = random() % result.length;
          result[place] = (result[place] ?? 0) ^ (1 << (random() % 8));
        }
        break;
      case 1:
        result = result.subarray(0, at);
        break;
      case 2:
        result.copy(result, at, other, other + length);
        break;
      case 3:
        result.writeUInt32BE(NUMBERS[random() % NUMBERS.length] ?? 0, at);
        break;
      case 4:
        result.writeUInt32LE(NUMBERS[random() % NUMBERS.length] ?? 0, at);
        break;
      default:
        result = Buffer.concat([result.subarray(0, at), result.subarray(at + length)]);
    }
  }
  return result;
}
