/** One exception: approve it, or withdraw it, knowing what that does. */
import type { Exception } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { useAccount } from '../../shell/session.ts';
import { Button } from '../../ui/button.tsx';
import { Command } from '../../ui/copyable.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Failure } from '../../ui/states.tsx';
import { coverage, ExceptionState } from './exception-columns.tsx';
import { useApproveException, useWithdrawException } from './use-policies.ts';

export function ReviewDialog({ exception, onClose }: { exception: Exception; onClose: () => void }) {
  const { policies, words, states } = useText();
  const format = useFormat();
  const { account, may } = useAccount();
  const inForce = exception.state === 'requested' || exception.state === 'active';
  return (
    <Dialog side title={exception.name} onClose={onClose}>
      <dl className="facts">
        <dt>{words.state}</dt>
        <dd>
          <ExceptionState state={exception.state} />
        </dd>
        <dt>{policies.covers}</dt>
        <dd>{coverage(exception, policies.coversFinding)}</dd>
        <dt>{words.reason}</dt>
        <dd>{exception.reason}</dd>
        <dt>{words.owner}</dt>
        <dd>{exception.owner}</dd>
        <dt>{policies.approver}</dt>
        <dd>{exception.approver ?? words.none}</dd>
        <dt>{words.created}</dt>
        <dd>{format.moment(exception.createdAt)}</dd>
        <dt>{words.expires}</dt>
        <dd>{format.moment(exception.expiresAt)}</dd>
      </dl>
      {inForce &&
        (may('maintainer') ? (
          <Decision exception={exception} onClose={onClose} />
        ) : (
          <p className="quiet">{states.needsRole(words.roles.maintainer, account)}</p>
        ))}
      {exception.state === 'requested' && (
        <Command label={words.sameInTerminal} text={`pratique exception approve ${account} ${exception.name}`} />
      )}
      {exception.state === 'active' && (
        <Command label={words.sameInTerminal} text={`pratique exception withdraw ${account} ${exception.name}`} />
      )}
    </Dialog>
  );
}

function Decision({ exception, onClose }: { exception: Exception; onClose: () => void }) {
  const { policies, words } = useText();
  const format = useFormat();
  const { account } = useAccount();
  const approve = useApproveException(account, exception.name);
  const withdraw = useWithdrawException(account, exception.name);
  const covers = coverage(exception, policies.coversFinding);
  const error = approve.error ?? withdraw.error;
  return (
    <>
      <p>
        {exception.state === 'requested'
          ? policies.approveLead(covers, format.day(exception.expiresAt))
          : policies.withdrawLead(covers)}
      </p>
      {error && <Failure error={error} change />}
      <p className="dialog-actions">
        <Button
          look="danger"
          disabled={withdraw.isPending}
          onClick={() => withdraw.mutate(undefined, { onSuccess: onClose })}
        >
          {policies.withdraw}
        </Button>
        {exception.state === 'requested' && (
          <Button
            look="primary"
            disabled={approve.isPending}
            onClick={() => approve.mutate(undefined, { onSuccess: onClose })}
          >
            {words.approve}
          </Button>
        )}
      </p>
    </>
  );
}
