/** A dialog that asks for what a change needs, says what it will do, and shows why it failed. */
import type { FormEvent, ReactNode } from 'react';
import { useText } from '../catalogue/use-text.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { Failure } from './states.tsx';

type Props = {
  title: string;
  /** Exactly what will happen. */
  lead?: string;
  action: string;
  danger?: boolean;
  /** The change under way: while it is, it cannot be asked for again; why it failed stays until it is. */
  change: { isPending: boolean; error: Error | null };
  onSubmit: (given: FormData) => void;
  onClose: () => void;
  children?: ReactNode;
};

export function FormDialog({ title, lead, action, danger = false, change, onSubmit, onClose, children }: Props) {
  const { words } = useText();
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    event.stopPropagation();
    onSubmit(new FormData(event.currentTarget));
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form className="form" onSubmit={submit}>
        {lead && <p>{lead}</p>}
        {children}
        {change.error && <Failure error={change.error} change />}
        <p className="dialog-actions">
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button type="submit" look={danger ? 'danger' : 'primary'} disabled={change.isPending}>
            {action}
          </Button>
        </p>
      </form>
    </Dialog>
  );
}
