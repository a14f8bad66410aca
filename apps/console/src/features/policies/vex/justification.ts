/** What a statement gives as its reason, in words: OpenVEX's terms and CycloneDX's. */

import type { Catalogue } from '../../../catalogue/catalogue.ts';
import { useText } from '../../../catalogue/use-text.ts';

/** The term itself where it is none that is known. */
export function justificationIn(term: string | null, text: Catalogue['vex']): string | null {
  if (term === null) return null;
  const known: Record<string, string> = text.justifications;
  return Object.hasOwn(known, term) ? (known[term] ?? term) : term;
}

export function useJustification(): (term: string | null) => string | null {
  const { vex } = useText();
  return (term) => justificationIn(term, vex);
}
