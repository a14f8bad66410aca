/** From CVSS vectors and a source's own words to one severity. */
import type { Severity } from '@pratique/contract';
import * as cvss from 'ae-cvss-calculator';

export type Rated = { severity: Severity; severitySource: string | null };

export const UNRATED: Rated = { severity: 'unknown', severitySource: null };

const WORDS: Readonly<Record<string, Severity>> = {
  critical: 'critical',
  important: 'high',
  high: 'high',
  moderate: 'medium',
  medium: 'medium',
  low: 'low',
  negligible: 'negligible',
  unimportant: 'negligible',
  none: 'negligible',
};

/**
 * The qualitative rating of a vector of CVSS 2, 3.0, 3.1 or 4.0.
 * @returns null for what is no vector
 * @see CVSS v3.1 specification, section 5; v4.0, section 6. Version 2 has no `critical`; its scores are rated alike.
 */
export function rateVector(vector: string): Rated | null {
  if (vector.length > 400) return null;
  try {
    const score = cvss.fromVector(vector)?.calculateScores().overall;
    if (typeof score !== 'number' || !Number.isFinite(score)) return null;
    return { severity: rateScore(score), severitySource: `${vector} (${score.toFixed(1)})` };
  } catch {
    return null;
  }
}

/** Prefers the newest version of CVSS among several vectors. */
export function rateVectors(vectors: readonly string[]): Rated | null {
  const version = (vector: string): number => Number(/^CVSS:([0-9.]+)\//.exec(vector)?.[1] ?? 2);
  for (const vector of [...vectors].sort((a, b) => version(b) - version(a))) {
    const rated = rateVector(vector);
    if (rated) return rated;
  }
  return null;
}

/** A source's own word, for example GitHub's MODERATE or Red Hat's Important. */
export function rateWord(word: string | undefined, source: string): Rated | null {
  const severity = WORDS[word?.toLowerCase() ?? ''];
  return severity ? { severity, severitySource: source } : null;
}

/** @param score of CVSS, 0 to 10 */
export function rateScore(score: number): Severity {
  if (score >= 9) return 'critical';
  if (score >= 7) return 'high';
  if (score >= 4) return 'medium';
  return score > 0 ? 'low' : 'negligible';
}
