/** Severities: told apart by shape and word, and by colour besides. */
import type { Severity, SeverityCounts } from '@pratique/contract';
import type { ReactNode } from 'react';
import { useText } from '../catalogue/use-text.ts';
import { useFormat } from '../format/format.ts';
import './severity.css';

/** From worst to least; `unknown` last, since nobody has judged it. */
export const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'];

const SHAPES: Record<Severity, ReactNode> = {
  critical: <path d="M6 0l6 6-6 6-6-6z" />,
  high: <path d="M6 1l6 10H0z" />,
  medium: <rect x="1" y="1" width="10" height="10" rx="1" />,
  low: <circle cx="6" cy="6" r="5" />,
  negligible: <circle cx="6" cy="6" r="4.25" fill="none" stroke="currentColor" strokeWidth="1.5" />,
  unknown: <path d="M1 6h10" stroke="currentColor" strokeWidth="2" strokeDasharray="2.5 1.5" />,
};

export function SeverityShape({ severity }: { severity: Severity }) {
  return (
    <svg
      className={`severity-shape ${severity}`}
      viewBox="0 0 12 12"
      width="12"
      height="12"
      fill="currentColor"
      aria-hidden="true"
    >
      {SHAPES[severity]}
    </svg>
  );
}

export function SeverityMark({ severity }: { severity: Severity }) {
  const { words } = useText();
  return (
    <span className={`severity ${severity}`}>
      <SeverityShape severity={severity} />
      {words.severities[severity]}
    </span>
  );
}

/** The counts that are not zero, worst first; `null` says that nobody looked. */
export function SeverityTally({ counts }: { counts: SeverityCounts | null }) {
  const { words } = useText();
  const format = useFormat();
  if (counts === null) return <span className="quiet">{words.notExamined}</span>;
  const present = SEVERITIES.filter((severity) => counts[severity] > 0);
  if (present.length === 0) return <span className="quiet">{words.none}</span>;
  return (
    <span className="tally">
      {present.map((severity) => (
        <span key={severity} className={`severity ${severity}`} title={words.severities[severity]}>
          <SeverityShape severity={severity} />
          {format.number(counts[severity])}
          <span className="visually-hidden">{words.severities[severity]}</span>
        </span>
      ))}
    </span>
  );
}
