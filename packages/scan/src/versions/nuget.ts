/** NuGet's version order. */
import { orderDigits, orderText, type VersionScheme } from './scheme.ts';

type NugetVersion = { numbers: string[]; labels: string[] };

/**
 * Semantic Versioning 2.0.0 with a fourth number, missing numbers taken for zero, leading zeros allowed, and labels
 * compared without regard to case. Build metadata does not count.
 * @see NuGet documentation, "Package versioning", "Normalized version numbers" and "Semantic Versioning 2.0.0"
 */
export const nuget: VersionScheme<NugetVersion> = {
  name: 'nuget',
  parse(text) {
    const match = /^v?([0-9]+(?:\.[0-9]+){0,3})(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]*)?$/i.exec(
      text,
    );
    if (!match?.[1]) return null;
    return { numbers: match[1].split('.'), labels: match[2] ? match[2].toLowerCase().split('.') : [] };
  },
  order(a, b) {
    for (let at = 0; at < 4; at += 1) {
      const difference = orderDigits(a.numbers[at] ?? '0', b.numbers[at] ?? '0');
      if (difference !== 0) return difference;
    }
    if (a.labels.length === 0 || b.labels.length === 0) return b.labels.length - a.labels.length;
    for (let at = 0; at < Math.min(a.labels.length, b.labels.length); at += 1) {
      const difference = orderLabel(a.labels[at] ?? '', b.labels[at] ?? '');
      if (difference !== 0) return difference;
    }
    return a.labels.length - b.labels.length;
  },
};

function orderLabel(a: string, b: string): number {
  const [numericA, numericB] = [/^[0-9]+$/.test(a), /^[0-9]+$/.test(b)];
  if (numericA !== numericB) return numericA ? -1 : 1;
  return numericA ? orderDigits(a, b) : orderText(a, b);
}
