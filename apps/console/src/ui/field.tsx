/** Labelled inputs. */
import { type ComponentProps, type ReactNode, useId } from 'react';
import './field.css';

type Labelled = { label: string; hint?: string | undefined };

export function TextField({ label, hint, className = '', ...rest }: Labelled & ComponentProps<'input'>) {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint}>
      <input id={id} className={`input ${className}`} aria-describedby={hint ? `${id}-hint` : undefined} {...rest} />
    </Frame>
  );
}

export function AreaField({ label, hint, className = '', ...rest }: Labelled & ComponentProps<'textarea'>) {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint}>
      <textarea id={id} className={`input ${className}`} aria-describedby={hint ? `${id}-hint` : undefined} {...rest} />
    </Frame>
  );
}

export function SelectField({
  label,
  hint,
  options,
  ...rest
}: Labelled & ComponentProps<'select'> & { options: readonly (readonly [string, string])[] }) {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint}>
      <select id={id} className="input" {...rest}>
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </Frame>
  );
}

function Frame({
  id,
  label,
  hint,
  children,
}: {
  id: string;
  label: string;
  hint: string | undefined;
  children: ReactNode;
}) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children}
      {hint && (
        <p id={`${id}-hint`} className="quiet">
          {hint}
        </p>
      )}
    </div>
  );
}
