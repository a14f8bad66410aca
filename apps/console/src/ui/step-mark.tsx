/** The state of a step or a chain: a port's sign by shape, with its word. */
import type { StepState } from '@pratique/contract';
import type { ReactNode } from 'react';
import { useText } from '../catalogue/use-text.ts';
import './step-mark.css';

const LINE = {
  fill: 'none',
  stroke: 'currentColor',
  strokeWidth: 2,
  strokeLinecap: 'round',
  strokeLinejoin: 'round',
} as const;
const CUT = { ...LINE, stroke: 'var(--paper)' } as const;

const SIGNS: Record<StepState, ReactNode> = {
  queued: <circle cx="10" cy="10" r="7" {...LINE} />,
  running: (
    <>
      <circle cx="10" cy="10" r="7" {...LINE} strokeDasharray="12 6" className="turning" />
      <circle cx="10" cy="10" r="3" fill="currentColor" />
    </>
  ),
  waiting: <path d="M7.5 5v10M12.5 5v10" {...LINE} strokeWidth="3" />,
  succeeded: (
    <>
      <circle cx="10" cy="10" r="8" fill="currentColor" />
      <path d="M6.5 10.5l2.5 2.5 4.5-5.5" {...CUT} />
    </>
  ),
  failed: (
    <>
      <path d="M6.5 2h7L18 6.5v7L13.5 18h-7L2 13.5v-7z" fill="currentColor" />
      <path d="M10 6v5M10 14h.01" {...CUT} />
    </>
  ),
  denied: (
    <>
      <circle cx="10" cy="10" r="8" fill="currentColor" />
      <path d="M6 10h8" {...CUT} strokeWidth="3" />
    </>
  ),
  skipped: <circle cx="10" cy="10" r="7" {...LINE} strokeWidth="1.5" strokeDasharray="1.5 3.5" />,
};

export function StepSign({ state }: { state: StepState }) {
  return (
    <svg className={`step-sign ${state}`} viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      {SIGNS[state]}
    </svg>
  );
}

export function StepMark({ state }: { state: StepState | 'none' }) {
  const { words } = useText();
  if (state === 'none') return <span className="quiet">{words.steps.none}</span>;
  return (
    <span className={`step-mark ${state}`}>
      <StepSign state={state} />
      {words.steps[state]}
    </span>
  );
}
