/** A field for several words; what is typed stays as it was typed while it says what is set. */
import { useState } from 'react';
import { AreaField } from '../../../ui/field.tsx';
import { wordsIn } from '../read-parameters.ts';

type Props = {
  label: string;
  hint: string;
  value: readonly string[];
  disabled: boolean;
  onChange: (words: string[]) => void;
};

export function WordsField({ label, hint, value, disabled, onChange }: Props) {
  const [typed, setTyped] = useState(value.join(', '));
  const shown = wordsIn(typed).join(' ') === value.join(' ') ? typed : value.join(', ');
  return (
    <AreaField
      label={label}
      hint={hint}
      className="mono words"
      rows={2}
      spellCheck={false}
      disabled={disabled}
      value={shown}
      onChange={(event) => {
        setTyped(event.target.value);
        onChange(wordsIn(event.target.value));
      }}
    />
  );
}
