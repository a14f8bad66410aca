/** A step's name. It counts once the field is left, so that a name on the way to another is not taken for one. */
import type { ChainDefinition } from '@pratique/contract';
import { useState } from 'react';
import { useText } from '../../../catalogue/use-text.ts';
import { TextField } from '../../../ui/field.tsx';
import { troubleOfName } from '../edit-chain.ts';

type Props = { chain: ChainDefinition; index: number; disabled: boolean; onRename: (name: string) => void };

export function NameField({ chain, index, disabled, onRename }: Props) {
  const { chains } = useText();
  const name = chain.steps[index]?.name ?? '';
  const [typed, setTyped] = useState(name);
  const trouble = typed === name ? null : troubleOfName(chain, index, typed);
  const settle = (): void => {
    if (typed !== name && trouble === null) onRename(typed);
  };
  return (
    <TextField
      label={chains.stepName}
      hint={trouble === null ? undefined : trouble === 'taken' ? chains.nameTaken : chains.nameMalformed}
      aria-invalid={trouble !== null}
      className="mono"
      maxLength={40}
      spellCheck={false}
      disabled={disabled}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
      onBlur={settle}
      onKeyDown={(event) => {
        if (event.key === 'Enter') settle();
      }}
    />
  );
}
