/** What a version scheme is: it parses and orders; errors and signs are settled in `compare.ts`. */
export type VersionScheme<T> = {
  name: string;
  /** @returns null for text that is no version of this scheme */
  parse(text: string): T | null;
  /** Negative, zero or positive, as for `Array.sort`. */
  order(a: T, b: T): number;
};

/** Orders two runs of decimal digits of any length by their value. */
export function orderDigits(a: string, b: string): number {
  const left = a.replace(/^0+/, '');
  const right = b.replace(/^0+/, '');
  return left.length - right.length || orderText(left, right);
}

/** Orders by UTF-16 code unit, which is byte order for ASCII. */
export function orderText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
