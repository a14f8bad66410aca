/** Repository patterns: `*` stays within a path segment, `**` crosses segments. Anchored at both ends. */

/** True when the repository name matches; linear in the lengths, so hostile patterns cost nothing special. */
export function matchesPattern(pattern: string, name: string): boolean {
  return matchSegments(pattern.split('/'), name.split('/'));
}

/** True when any of the patterns matches. */
export function matchesAny(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => matchesPattern(pattern, name));
}

function matchSegments(pattern: string[], name: string[]): boolean {
  // Greedy with one point to return to, for `**` among segments just as for `*` among characters.
  return matchWild(
    pattern,
    name,
    (segment) => segment === '**',
    (p, n) =>
      matchWild(
        p.split(''),
        n.split(''),
        (c) => c === '*',
        (a, b) => a === b,
      ),
  );
}

function matchWild(
  pattern: string[],
  text: string[],
  wild: (p: string) => boolean,
  same: (p: string, t: string) => boolean,
): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let mark = 0;
  while (t < text.length) {
    const here = pattern[p];
    if (here !== undefined && wild(here)) {
      star = p++;
      mark = t;
    } else if (here !== undefined && same(here, text[t] ?? '')) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++mark;
    } else return false;
  }
  while (p < pattern.length && wild(pattern[p] ?? '')) p++;
  return p === pattern.length;
}
