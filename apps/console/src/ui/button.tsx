/** Buttons: one look for the next step, one for everything else, one for what destroys. */
import type { ComponentProps } from 'react';
import './button.css';

type Props = ComponentProps<'button'> & { look?: 'primary' | 'plain' | 'bare' | 'danger' };

export function Button({ look = 'plain', type = 'button', className = '', ...rest }: Props) {
  return <button type={type} className={`button ${look} ${className}`} {...rest} />;
}
