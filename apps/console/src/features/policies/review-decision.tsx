/** What a maintainer can do with an exception, and what that does. */
import type { Exception } from '@pratique/contract';
import { useState } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { useAccount } from '../../shell/session.ts';
import { Button } from '../../ui/button.tsx';
import { Failure } from '../../ui/states.tsx';
import { coverage } from './coverage.ts';
import { RejectDialog } from './reject-dialog.tsx';
import { useApproveException, useWithdrawException } from './use-policies.ts';

export function ReviewDecision({ exception, onClose }: { exception: Exception; onClose: () => void }) {
  const { policies, words } = useText();
  const format = useFormat();
  const { account } = useAccount();
  const [rejecting, setRejecting] = useState(false);
  const approve = useApproveException(account, exception.name);
  const withdraw = useWithdrawException(account, exception.name);
  const covers = coverage(exception, policies);
  const error = approve.error ?? withdraw.error;
  const emergency = exception.kind === 'break-glass';
  const asked = exception.state === 'requested';
  return (
    <>
      <p>
        {asked
          ? policies.approveLead(covers, format.day(exception.expiresAt))
          : emergency
            ? policies.closeLead
            : policies.withdrawLead(covers)}
      </p>
      {error && <Failure error={error} change />}
      <p className="dialog-actions">
        <Button
          look={asked ? 'plain' : 'danger'}
          disabled={withdraw.isPending}
          onClick={() => withdraw.mutate(undefined, { onSuccess: onClose })}
        >
          {emergency ? policies.closeBreakGlass : policies.withdraw}
        </Button>
        {asked && (
          <>
            <Button look="danger" onClick={() => setRejecting(true)}>
              {policies.reject}
            </Button>
            <Button
              look="primary"
              disabled={approve.isPending}
              onClick={() => approve.mutate(undefined, { onSuccess: onClose })}
            >
              {words.approve}
            </Button>
          </>
        )}
      </p>
      {rejecting && <RejectDialog exception={exception} onRejected={onClose} onClose={() => setRejecting(false)} />}
    </>
  );
}
