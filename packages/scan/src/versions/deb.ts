/** Debian's version order. */
import { orderDigits, type VersionScheme } from './scheme.ts';

type DebVersion = { epoch: string; upstream: string; revision: string };

/** @see Debian Policy 4.6, section 5.6.12; deb-version(7); lib/dpkg/version.c */
export const deb: VersionScheme<DebVersion> = {
  name: 'deb',
  parse(text) {
    // A colon may stand in the upstream version only after an epoch.
    const match = /^(?:([0-9]+):([A-Za-z0-9.+~:-]+)|([A-Za-z0-9.+~-]+))$/.exec(text);
    const rest = match?.[2] ?? match?.[3];
    if (!match || rest === undefined) return null;
    const dash = rest.lastIndexOf('-');
    const upstream = dash < 0 ? rest : rest.slice(0, dash);
    // A dash announces a revision, which may not be empty then.
    if (upstream === '' || dash === rest.length - 1) return null;
    return { epoch: match[1] ?? '0', upstream, revision: dash < 0 ? '' : rest.slice(dash + 1) };
  },
  order(a, b) {
    return orderDigits(a.epoch, b.epoch) || orderPart(a.upstream, b.upstream) || orderPart(a.revision, b.revision);
  },
};

/** Compares alternating runs of non-digits and digits, as dpkg's `verrevcmp`. */
function orderPart(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a, i)) || (j < b.length && !isDigit(b, j))) {
      const difference = rank(a, i) - rank(b, j);
      if (difference !== 0) return difference;
      i += 1;
      j += 1;
    }
    const startA = i;
    const startB = j;
    while (i < a.length && isDigit(a, i)) i += 1;
    while (j < b.length && isDigit(b, j)) j += 1;
    const difference = orderDigits(a.slice(startA, i), b.slice(startB, j));
    if (difference !== 0) return difference;
  }
  return 0;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0x30 && code <= 0x39;
}

/** A tilde sorts before the end, the end and digits before letters, letters before all else. */
function rank(text: string, at: number): number {
  if (at >= text.length || isDigit(text, at)) return 0;
  const code = text.charCodeAt(at);
  if (code === 0x7e) return -1;
  const letter = (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
  return letter ? code : code + 256;
}
