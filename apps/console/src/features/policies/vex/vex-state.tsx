/** Whether a VEX document counts: its sign and its word. */
import type { VexDocumentInfo } from '@pratique/contract';
import { useText } from '../../../catalogue/use-text.ts';
import { StepSign } from '../../../ui/step-mark.tsx';

const SIGNS = { 'in-force': 'succeeded', refused: 'denied', withdrawn: 'skipped' } as const;

export function VexState({ state }: { state: VexDocumentInfo['state'] }) {
  const { vex } = useText();
  return (
    <span className="step-mark">
      <StepSign state={SIGNS[state]} />
      {vex.states[state]}
    </span>
  );
}
