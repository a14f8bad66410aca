/** Advice on a base in text. */
import type { BaseAdvice } from '@pratique/contract';
import { bestCandidate } from '@pratique/scan/base-advice/advise-base';
import { formatCounts, formatTable, visible } from '../text.ts';

export function describeAdvice(advice: BaseAdvice): string {
  const { base, findings, candidates, unknown } = advice;
  const lines = [
    visible(adviceLine(advice)),
    `findings of the base: ${formatCounts(findings.fromBase)}`,
    `findings of the application: ${formatCounts(findings.fromApplication)}`,
    `the base is ${base.known === 'given' ? 'as given' : base.known === 'said' ? 'what the image says' : 'what the image begins with'}: ${base.layers} layers, ${base.digest}`,
  ];
  if (candidates.length > 0)
    lines.push(
      '',
      formatTable(
        ['BASE', 'CLEARS', 'ADDS', 'REMAINING'],
        candidates.map((one) => [one.reference, String(one.clears), String(one.adds), formatCounts(one.remaining)]),
      ),
    );
  if (unknown.length > 0)
    lines.push('', 'Not known:', ...unknown.map((one) => visible(`  ${one.reference}: ${one.detail}`)));
  return lines.join('\n');
}

/** `base debian:12.5; debian:12.7 would clear 31 of 40 findings`. */
export function adviceLine(advice: BaseAdvice): string {
  const { base, findings, candidates } = advice;
  const name = base.reference ?? base.digest;
  const best = bestCandidate(advice);
  if (best) {
    const remaining = Object.values(best.remaining).reduce((sum, count) => sum + count, 0);
    const more = best.adds > 0 ? ` and bring ${best.adds} new` : '';
    return `base ${name}; ${best.reference} would clear ${best.clears} of ${findings.total} findings${more}, ${remaining} would remain`;
  }
  return `base ${name}; ${candidates.length === 0 ? 'no other base was found to compare with' : 'none of the bases that were compared leaves less'}`;
}
