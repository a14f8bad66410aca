/** Semantic versioning's order, for npm, Cargo and Go. */
import { orderDigits, orderText, type VersionScheme } from './scheme.ts';

type SemVer = { numbers: string[]; pre: string[] };

/**
 * Precedence of Semantic Versioning 2.0.0, section 11; build metadata does not count. A leading `v` and missing minor
 * and patch numbers are taken, since advisories write `0` and `1.2`.
 */
export const semver: VersionScheme<SemVer> = { name: 'semver', parse: parseSemVer, order: orderSemVer };

/** Go modules: the same order; toolchain versions are written `go1.21rc2` for `1.21.0-rc.2`. @see go.dev/ref/mod#versions */
export const golang: VersionScheme<SemVer> = {
  name: 'golang',
  parse(text) {
    const toolchain = /^(?:go)?([0-9]+\.[0-9]+(?:\.[0-9]+)?)(?:(rc|beta)([0-9]+))?$/.exec(text);
    if (toolchain?.[1])
      return parseSemVer(toolchain[2] ? `${toolchain[1]}-${toolchain[2]}.${toolchain[3]}` : toolchain[1]);
    return parseSemVer(text);
  },
  order: orderSemVer,
};

function parseSemVer(text: string): SemVer | null {
  const match = /^[v=]?([0-9]+(?:\.[0-9]+){0,2})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]*)?$/.exec(text);
  if (!match?.[1]) return null;
  const numbers = match[1].split('.');
  while (numbers.length < 3) numbers.push('0');
  return { numbers, pre: match[2] ? match[2].split('.') : [] };
}

function orderSemVer(a: SemVer, b: SemVer): number {
  for (let at = 0; at < 3; at += 1) {
    const difference = orderDigits(a.numbers[at] ?? '0', b.numbers[at] ?? '0');
    if (difference !== 0) return difference;
  }
  if (a.pre.length === 0 || b.pre.length === 0) return b.pre.length - a.pre.length;
  for (let at = 0; at < Math.min(a.pre.length, b.pre.length); at += 1) {
    const difference = orderIdentifier(a.pre[at] ?? '', b.pre[at] ?? '');
    if (difference !== 0) return difference;
  }
  return a.pre.length - b.pre.length;
}

function orderIdentifier(a: string, b: string): number {
  const numericA = /^[0-9]+$/.test(a);
  const numericB = /^[0-9]+$/.test(b);
  if (numericA !== numericB) return numericA ? -1 : 1;
  return numericA ? orderDigits(a, b) : orderText(a, b);
}
