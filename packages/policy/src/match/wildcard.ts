/** The two glob forms: Gatekeeper's, with an asterisk at the ends, and ours for repositories, by path segment. */

/**
 * Gatekeeper's wildcard: `kube-*`, `*-system`, `*mid*`; an asterisk anywhere else is literal.
 * @see open-policy-agent/gatekeeper pkg/wildcard
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  const open = pattern.startsWith('*');
  const close = pattern.endsWith('*');
  if (open && close) return text.includes(pattern.slice(1, Math.max(1, pattern.length - 1)));
  if (open) return text.endsWith(pattern.slice(1));
  if (close) return text.startsWith(pattern.slice(0, -1));
  return text === pattern;
}

/**
 * Path glob: `*` matches within a segment, `**` across segments; everything else is literal.
 * Advances a set of states over the text, so that no pattern takes more than pattern times text steps.
 */
export function matchesPath(pattern: string, text: string): boolean {
  const tokens = pattern.match(/\*\*|\*|[^*]/g) ?? [];
  let states = reach(new Set([0]), tokens);
  for (const character of text) {
    const next = new Set<number>();
    for (const state of states) {
      const token = tokens[state];
      if (token === '**' || (token === '*' && character !== '/')) next.add(state);
      else if (token === character) next.add(state + 1);
    }
    states = reach(next, tokens);
    if (states.size === 0) return false;
  }
  return states.has(tokens.length);
}

/** Adds what is reached without a character: an asterisk may stand for nothing. */
function reach(states: Set<number>, tokens: readonly string[]): Set<number> {
  for (const state of states) if (tokens[state]?.startsWith('*')) states.add(state + 1);
  return states;
}
