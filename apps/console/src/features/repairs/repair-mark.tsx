/** The state of a repair, by the signs that steps of a chain have. */
import type { RepairState } from '@pratique/contract';
import { StepMark } from '../../ui/step-mark.tsx';

export function RepairMark({ state }: { state: RepairState }) {
  return <StepMark state={state === 'done' ? 'succeeded' : state} />;
}
