/** Reads what was typed into a form. */

/** A field's text as it was typed, which passwords are. */
export function typedOf(given: FormData, name: string): string {
  const value = given.get(name);
  return typeof value === 'string' ? value : '';
}

/** A field's text, without the space around it. */
export function textOf(given: FormData, name: string): string {
  return typedOf(given, name).trim();
}

/** Patterns, separated by commas or lines; `**` where none is given. */
export function patternsOf(given: FormData, name: string): string[] {
  const patterns = textOf(given, name)
    .split(/[\s,]+/)
    .filter((pattern) => pattern !== '');
  return patterns.length === 0 ? ['**'] : patterns;
}
