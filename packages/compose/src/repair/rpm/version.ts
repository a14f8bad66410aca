/** Versions of rpm packages in their order (rpm-version(7)). */

export type Evr = { epoch: string; version: string; release: string | null };

/** `[epoch:]version[-release]` */
export function parseEvr(text: string): Evr {
  const [, epoch = '0', rest = ''] = /^(?:([0-9]+):)?(.*)$/s.exec(text) ?? [];
  const dash = rest.lastIndexOf('-');
  return { epoch, version: dash < 0 ? rest : rest.slice(0, dash), release: dash < 0 ? null : rest.slice(dash + 1) };
}

export const formatEvr = ({ epoch, version, release }: Evr): string =>
  `${epoch === '0' ? '' : `${epoch}:`}${version}${release === null ? '' : `-${release}`}`;

/** Below zero, zero or above zero; a version without a release equals any release of it, as in dependencies. */
export function compareEvr(a: Evr, b: Evr): number {
  const order = orderDigits(a.epoch, b.epoch) || comparePart(a.version, b.version);
  if (order !== 0 || a.release === null || b.release === null) return order;
  return comparePart(a.release, b.release);
}

export const compareRpmVersions = (a: string, b: string): number => compareEvr(parseEvr(a), parseEvr(b));

/** @see rpm, rpmio/rpmvercmp.c */
function comparePart(a: string, b: string): number {
  if (a === b) return 0;
  const left = a.match(/[0-9]+|[A-Za-z]+|~|\^/g) ?? [];
  const right = b.match(/[0-9]+|[A-Za-z]+|~|\^/g) ?? [];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [x, y] = [left[at], right[at]];
    if (x === y) continue;
    if (x === '~') return -1;
    if (y === '~') return 1;
    // A caret comes after the end of a version, and before anything else that follows.
    if (x === '^') return y === undefined ? 1 : -1;
    if (y === '^') return x === undefined ? -1 : 1;
    if (x === undefined) return -1;
    if (y === undefined) return 1;
    const isNumber = /^[0-9]/.test(x);
    if (isNumber !== /^[0-9]/.test(y)) return isNumber ? 1 : -1;
    const order = isNumber ? orderDigits(x, y) : x < y ? -1 : 1;
    if (order !== 0) return order;
  }
  return 0;
}

function orderDigits(a: string, b: string): number {
  const [x, y] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  return x.length - y.length || (x < y ? -1 : x > y ? 1 : 0);
}

/** Whether a version lies in the range that an operator and another version make; `rpm` semantics of missing releases. */
export function isInRange(provided: Evr, operator: string, wanted: Evr): boolean {
  const order = compareEvr(provided, wanted);
  return (
    (operator.includes('<') && order < 0) ||
    (operator.includes('>') && order > 0) ||
    (operator.includes('=') && order === 0)
  );
}
