/** Python's version order. */
import { orderDigits, orderText, type VersionScheme } from './scheme.ts';

/** Phase: -3 development release of nothing else, -2 a, -1 b, 0 rc, 1 final. */
type Pep440 = {
  epoch: string;
  release: string[];
  phase: number;
  phaseNumber: string;
  post: string | null;
  dev: string | null;
  local: string[];
};

const PHASES: Readonly<Record<string, number>> = { a: -2, alpha: -2, b: -1, beta: -1, c: 0, rc: 0, pre: 0, preview: 0 };
const PATTERN =
  /^v?(?:([0-9]+)!)?([0-9]+(?:\.[0-9]+)*)(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?([0-9]*))?(?:-([0-9]+)|[-_.]?(post|rev|r)[-_.]?([0-9]*))?(?:[-_.]?(dev)[-_.]?([0-9]*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/;

/** @see PyPA specifications, "Version specifiers" (PEP 440), "Summary of permitted suffixes and relative ordering" */
export const pep440: VersionScheme<Pep440> = {
  name: 'pep440',
  parse(text) {
    const match = PATTERN.exec(text.trim().toLowerCase());
    if (!match?.[2]) return null;
    const dev = match[8] ? match[9] || '0' : null;
    const post = match[5] ?? (match[6] ? match[7] || '0' : null);
    const named = match[3] ? (PHASES[match[3]] ?? 1) : 1;
    return {
      epoch: match[1] ?? '0',
      release: match[2].split('.'),
      phase: !match[3] && post === null && dev !== null ? -3 : named,
      phaseNumber: match[4] || '0',
      post,
      dev,
      local: match[10] ? match[10].split(/[-_.]/) : [],
    };
  },
  order(a, b) {
    const difference =
      orderDigits(a.epoch, b.epoch) ||
      orderRelease(a.release, b.release) ||
      a.phase - b.phase ||
      orderDigits(a.phaseNumber, b.phaseNumber);
    return (
      difference || orderOptional(a.post, b.post, -1) || orderOptional(a.dev, b.dev, 1) || orderLocal(a.local, b.local)
    );
  },
};

function orderRelease(a: string[], b: string[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const difference = orderDigits(a[at] ?? '0', b[at] ?? '0');
    if (difference !== 0) return difference;
  }
  return 0;
}

/** @param absent where a version without the part sorts: -1 before those that have it, 1 after */
function orderOptional(a: string | null, b: string | null, absent: -1 | 1): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? absent : -absent;
  return orderDigits(a, b);
}

function orderLocal(a: string[], b: string[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const [x, y] = [a[at] ?? '', b[at] ?? ''];
    const numericX = /^[0-9]+$/.test(x);
    const numericY = /^[0-9]+$/.test(y);
    const difference = numericX !== numericY ? (numericX ? 1 : -1) : numericX ? orderDigits(x, y) : orderText(x, y);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
