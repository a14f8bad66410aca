/** One advisory as the store keeps it: about one package of one ecosystem. */
import { FindingStatus, Severity } from '@pratique/contract/finding';
import { z } from 'zod';
import { printable } from '../printable.ts';

/** Versions from `from` (null: from the first) up to `fixed`, not included, or `last`, included; neither: all later ones. */
export const AdvisoryRange = z.object({
  from: z.string().nullable(),
  /** The version `from` itself is not affected. */
  after: z.literal(true).optional(),
  fixed: z.string().nullable(),
  last: z.string().nullable(),
});
export type AdvisoryRange = z.infer<typeof AdvisoryRange>;

export const AdvisoryRecord = z.object({
  /** What becomes a finding's id: CVEs where there are any; an erratum may fix several, each a finding of its own. */
  ids: z.array(z.string()).min(1),
  /** Other names of the same hole. */
  aliases: z.array(z.string()),
  /** Id in the source. */
  advisory: z.string(),
  status: FindingStatus.exclude(['not-affected']),
  ranges: z.array(AdvisoryRange),
  /** Single versions that are affected beyond what the ranges say. */
  versions: z.array(z.string()).optional(),
  severity: Severity,
  severitySource: z.string().nullable(),
  title: z.string().nullable(),
  /** The stream of a module that this is about, `nodejs:18`: packages of other streams, or of none, are others. */
  module: z.string().optional(),
  /** Whoever is said to have the hole, or the source itself, says that it is none. */
  disputed: z.literal(true).optional(),
});
export type AdvisoryRecord = z.infer<typeof AdvisoryRecord>;

const MAX_TITLE = 160;

/** First line of a text, cut to a length that fits a table. */
export function titleOf(text: string | undefined): string | null {
  const line = printable(text?.trimStart().split('\n', 1)[0] ?? '', MAX_TITLE + 1);
  if (line === '') return null;
  return line.length <= MAX_TITLE ? line : `${line.slice(0, MAX_TITLE - 1)}…`;
}

/** CVE's own mark at the beginning of a description: `** DISPUTED **`. */
export function disputed(...texts: (string | undefined)[]): { disputed: true } | Record<string, never> {
  return texts.some((text) => /^\s*\*\* ?DISPUTED ?\*\*/.test(text ?? '')) ? { disputed: true } : {};
}

/** Splits the names of one hole: CVEs become ids, the rest aliases; without a CVE the advisory's own id is the id. */
export function namesOf(advisory: string, others: readonly string[]): { ids: string[]; aliases: string[] } {
  const names = [...new Set([advisory, ...others])].filter((name) => /^[\x21-\x7e]{1,100}$/.test(name));
  const cves = names.filter((name) => name.startsWith('CVE-')).sort();
  const id = cves[0] ?? advisory;
  return { ids: [id], aliases: names.filter((name) => name !== id).sort() };
}
