/** Modal dialogs: in the middle for a decision, at the side for reading on. The browser traps focus and closes on Escape. */
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { useText } from '../catalogue/use-text.ts';
import { Button } from './button.tsx';
import './dialog.css';

export function Dialog({
  title,
  side = false,
  onClose,
  children,
}: {
  title: ReactNode;
  /** At the side; `wide` for what has several columns. */
  side?: boolean | 'wide';
  onClose: () => void;
  children: ReactNode;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const { words } = useText();
  useEffect(() => {
    const dialog = ref.current;
    if (dialog && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={ref}
      className={side ? (side === 'wide' ? 'dialog side wide' : 'dialog side') : 'dialog'}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === ref.current) onClose();
      }}
    >
      <div className="dialog-sheet">
        <header className="dialog-head">
          <h2 id={heading}>{title}</h2>
          <Button look="bare" onClick={onClose}>
            {words.close}
          </Button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
