/** RubyGems' version order. */
import { orderDigits, orderText, type VersionScheme } from './scheme.ts';

/** Runs of digits and of letters, without zeros at the end of the numbers and at the end of the rest. */
type GemVersion = string[];

/** @see rubygems, Gem::Version, `<=>` and `canonical_segments` */
export const gem: VersionScheme<GemVersion> = {
  name: 'gem',
  parse(text) {
    if (!/^[0-9]+(?:\.[0-9a-zA-Z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/.test(text)) return null;
    const segments = text.replaceAll('-', '.pre.').match(/[0-9]+|[a-zA-Z]+/g) ?? [];
    const letters = segments.findIndex((each) => !isNumber(each));
    const numbers = letters < 0 ? segments.length : letters;
    return [...withoutZeros(segments.slice(0, numbers)), ...withoutZeros(segments.slice(numbers))];
  },
  order(a, b) {
    for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
      const [x, y] = [a[at] ?? '0', b[at] ?? '0'];
      // A part in letters announces what comes before the release.
      if (isNumber(x) !== isNumber(y)) return isNumber(x) ? 1 : -1;
      const difference = isNumber(x) ? orderDigits(x, y) : orderText(x, y);
      if (difference !== 0) return difference;
    }
    return 0;
  },
};

function isNumber(segment: string): boolean {
  return /^[0-9]/.test(segment);
}

function withoutZeros(segments: readonly string[]): string[] {
  let length = segments.length;
  while (length > 0 && /^0+$/.test(segments[length - 1] ?? '')) length -= 1;
  return segments.slice(0, length);
}
