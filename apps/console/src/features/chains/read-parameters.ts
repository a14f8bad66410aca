/** Reads parameters of a step as far as they are what they should be; the server says what is wrong with the others. */

export const PREDICATES = ['verdict', 'spdx', 'cyclonedx', 'vulns', 'vex', 'provenance'] as const;

export function listOf(value: unknown, without: readonly string[] = []): string[] {
  if (!Array.isArray(value)) return [...without];
  return value.filter((one): one is string => typeof one === 'string');
}

export function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

/** Words between commas, spaces or line breaks. */
export function wordsIn(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}
