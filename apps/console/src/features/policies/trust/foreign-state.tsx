/** What was found of an image of another registry, in a word. */
import type { ForeignState, TrustTestResult } from '@pratique/contract';
import { useText } from '../../../catalogue/use-text.ts';
import { StepSign } from '../../../ui/step-mark.tsx';

const SIGNS = {
  examining: 'running',
  trusted: 'succeeded',
  refused: 'denied',
  unreachable: 'failed',
  unmatched: 'denied',
} as const;

export function ForeignStateMark({ state }: { state: ForeignState | TrustTestResult['state'] }) {
  const { trust } = useText();
  return (
    <span className="step-mark">
      <StepSign state={SIGNS[state]} />
      {trust.states[state]}
    </span>
  );
}
