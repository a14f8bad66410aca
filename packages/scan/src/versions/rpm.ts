/** RPM's version order. */
import { orderDigits, orderText, type VersionScheme } from './scheme.ts';

type RpmVersion = { epoch: string; version: string; release: string | null };

/** @see rpm-version(7); rpmio/rpmvercmp.c. A version without a release equals any release of it, as in dependencies. */
export const rpm: VersionScheme<RpmVersion> = {
  name: 'rpm',
  parse(text) {
    const match = /^(?:([0-9]+):)?([^\s:-]+)(?:-([^\s:-]+))?$/.exec(text);
    if (!match?.[2]) return null;
    return { epoch: match[1] ?? '0', version: match[2], release: match[3] ?? null };
  },
  order(a, b) {
    const difference = orderDigits(a.epoch, b.epoch) || orderPart(a.version, b.version);
    if (difference !== 0 || a.release === null || b.release === null) return difference;
    return orderPart(a.release, b.release);
  },
};

function orderPart(a: string, b: string): number {
  const left = a.match(/[0-9]+|[A-Za-z]+|~|\^/g) ?? [];
  const right = b.match(/[0-9]+|[A-Za-z]+|~|\^/g) ?? [];
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const x = left[at];
    const y = right[at];
    if (x === y) continue;
    if (x === '~') return -1;
    if (y === '~') return 1;
    // A caret sorts after the end of the string but before anything else that follows.
    if (x === '^') return y === undefined ? 1 : -1;
    if (y === '^') return x === undefined ? -1 : 1;
    if (x === undefined) return -1;
    if (y === undefined) return 1;
    const numericX = /^[0-9]/.test(x);
    const numericY = /^[0-9]/.test(y);
    if (numericX !== numericY) return numericX ? 1 : -1;
    const difference = numericX ? orderDigits(x, y) : orderText(x, y);
    if (difference !== 0) return difference;
  }
  return 0;
}
