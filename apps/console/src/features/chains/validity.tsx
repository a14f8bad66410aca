/** What the server says of the chain as it stands now. */
import { useText } from '../../catalogue/use-text.ts';
import { Button } from '../../ui/button.tsx';
import { Failure } from '../../ui/states.tsx';
import { StepSign } from '../../ui/step-mark.tsx';
import type { Draft } from './use-draft.ts';

type Props = {
  draft: Draft;
  /** The chain that the page saves. */
  name: string;
  onStep: (step: string) => void;
};

export function Validity({ draft, name, onStep }: Props) {
  const { chains } = useText();
  const { validation, checkError } = draft;
  if (checkError) return <Failure error={checkError} />;
  const renamed = validation?.valid === true && validation.definition.name !== name;
  const error =
    validation === null
      ? null
      : validation.valid
        ? renamed
          ? chains.otherName(validation.definition.name, name)
          : null
        : validation.error;
  const step = validation?.valid === false ? validation.step : null;
  const there = step !== null && draft.chain.steps.some((one) => one.name === step) ? step : null;
  return (
    <div className="validity" role="status" aria-live="polite">
      <StepSign state={validation === null ? 'queued' : error === null ? 'succeeded' : 'failed'} />
      <p>{validation === null ? chains.checking : (error ?? chains.valid)}</p>
      {there !== null && (
        <Button look="bare" onClick={() => onStep(there)}>
          {chains.toStep(there)}
        </Button>
      )}
    </div>
  );
}
