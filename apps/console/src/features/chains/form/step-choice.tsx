/** Chooses among the other steps; those that would make a circle are told as such. */
import type { Step } from '@pratique/contract';
import { useId } from 'react';
import { useText } from '../../../catalogue/use-text.ts';

type Props = {
  label: string;
  hint: string;
  steps: readonly Step[];
  chosen: readonly string[];
  circles: ReadonlySet<string>;
  disabled: boolean;
  onChoose: (name: string, joined: boolean) => void;
};

export function StepChoice({ label, hint, steps, chosen, circles, disabled, onChoose }: Props) {
  const { chains } = useText();
  const id = useId();
  // Named by the chain, and no step of it: it can be taken away here.
  const lost = chosen.filter((name) => !steps.some((step) => step.name === name));
  return (
    <fieldset className="choices-of-steps" aria-describedby={id} disabled={disabled}>
      <legend>{label}</legend>
      {[...steps.map((step) => step.name), ...lost].map((name) => {
        const isCircle = circles.has(name) && !chosen.includes(name);
        return (
          <label key={name} className="check">
            <input
              type="checkbox"
              checked={chosen.includes(name)}
              disabled={isCircle}
              onChange={(event) => onChoose(name, event.target.checked)}
            />
            <span>
              {name} {isCircle && <span className="quiet">{chains.circle}</span>}
            </span>
          </label>
        );
      })}
      <p id={id} className="quiet">
        {hint}
      </p>
    </fieldset>
  );
}
