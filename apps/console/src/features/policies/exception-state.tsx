/** The state of an exception: its sign and its word. */
import type { Exception } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { StepSign } from '../../ui/step-mark.tsx';

const SIGNS = {
  requested: 'waiting',
  active: 'succeeded',
  expired: 'skipped',
  withdrawn: 'skipped',
  rejected: 'denied',
} as const;

export function ExceptionState({ state }: { state: Exception['state'] }) {
  const { policies } = useText();
  return (
    <span className="step-mark">
      <StepSign state={SIGNS[state]} />
      {policies.states[state]}
    </span>
  );
}
