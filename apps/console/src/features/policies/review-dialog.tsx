/** One exception: what it covers, who asked and why, and what a maintainer can do with it. */
import type { Exception } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { OnlyFor } from '../../shell/only-for.tsx';
import { useAccount } from '../../shell/session.ts';
import { Command } from '../../ui/copyable.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Moment } from '../../ui/moment.tsx';
import { AdvisoryText } from '../advisory/advisory-text.tsx';
import { coverage, labelOf } from './coverage.ts';
import { ExceptionState } from './exception-state.tsx';
import { ReviewDecision } from './review-decision.tsx';

export function ReviewDialog({ exception, onClose }: { exception: Exception; onClose: () => void }) {
  const { policies, words } = useText();
  const { account } = useAccount();
  const inForce = exception.state === 'requested' || exception.state === 'active';
  const emergency = exception.kind === 'break-glass';
  return (
    <Dialog side title={exception.name} onClose={onClose}>
      <Facts exception={exception} />
      {emergency && inForce && <Command label={policies.label} text={labelOf(exception.name)} />}
      {inForce && (
        <OnlyFor role="maintainer">
          <ReviewDecision exception={exception} onClose={onClose} />
        </OnlyFor>
      )}
      {inForce && (
        <Command
          label={words.sameInTerminal}
          text={
            exception.state === 'requested'
              ? `pratique exception approve ${account} ${exception.name}\npratique exception reject ${account} ${exception.name} --reason TEXT`
              : `pratique ${emergency ? 'break-glass close' : 'exception withdraw'} ${account} ${exception.name}`
          }
        />
      )}
    </Dialog>
  );
}

function Facts({ exception }: { exception: Exception }) {
  const { policies, words } = useText();
  const { account } = useAccount();
  const format = useFormat();
  return (
    <dl className="facts">
      <dt>{words.state}</dt>
      <dd>
        <ExceptionState state={exception.state} />
      </dd>
      <dt>{words.kind}</dt>
      <dd>{(policies.kinds as Record<string, string>)[exception.kind] ?? exception.kind}</dd>
      <dt>{policies.covers}</dt>
      <dd>
        <AdvisoryText account={account} text={coverage(exception, policies)} />
      </dd>
      <dt>{words.reason}</dt>
      <dd>{exception.reason}</dd>
      <dt>{words.owner}</dt>
      <dd>{exception.owner}</dd>
      <dt>{policies.approver}</dt>
      <dd>{exception.approver ?? words.none}</dd>
      {exception.rejection && (
        <>
          <dt>{policies.rejectedBy}</dt>
          <dd>
            {exception.rejection.by}: {exception.rejection.reason}
          </dd>
        </>
      )}
      <dt>{words.created}</dt>
      <dd>{format.moment(exception.createdAt)}</dd>
      <dt>{words.expires}</dt>
      <dd>
        {format.moment(exception.expiresAt)} (<Moment at={exception.expiresAt} />)
      </dd>
    </dl>
  );
}
