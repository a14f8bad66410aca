/** Asks before changes that are not saved are left behind. */
import { type RefObject, useEffect } from 'react';
import { useBlocker } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { FormDialog } from '../../ui/form-dialog.tsx';

const NO_CHANGE = { isPending: false, error: null };

/** @param leaving set by what leaves on purpose */
export function LeaveGuard({ dirty, leaving }: { dirty: boolean; leaving: RefObject<boolean> }) {
  const { chains } = useText();
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      dirty && !leaving.current && currentLocation.pathname !== nextLocation.pathname,
  );
  useEffect(() => {
    if (!dirty) return;
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [dirty]);
  if (blocker.state !== 'blocked') return null;
  return (
    <FormDialog
      title={chains.leaveTitle}
      lead={chains.leaveLead}
      action={chains.leave}
      danger
      change={NO_CHANGE}
      onSubmit={() => blocker.proceed()}
      onClose={() => blocker.reset()}
    />
  );
}
