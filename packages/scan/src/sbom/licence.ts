/** Sorts what packages call their licence into SPDX expressions and free text. */
import parse from 'spdx-expression-parse';

export type LicenceChoice = { license: { id: string } } | { license: { name: string } } | { expression: string };

/** An SPDX expression in its own words; null for text that is none. @see SPDX specification 2.3, annex D */
export function spdxExpression(text: string): string | null {
  if (text.length > 500) return null;
  try {
    parse(text);
    return text;
  } catch {
    return null;
  }
}

/** As CycloneDX writes it: a single id, an expression, or a name. */
export function licenceChoice(text: string): LicenceChoice {
  const expression = spdxExpression(text);
  if (expression === null) return { license: { name: text.slice(0, 500) } };
  return /\s|\(|\+$|^LicenseRef-|^DocumentRef-/.test(expression) ? { expression } : { license: { id: expression } };
}
