/** Why a workload was let in or not. */
import type { Admission } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { Command, DigestText } from '../../ui/copyable.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { StepSign } from '../../ui/step-mark.tsx';
import { AdvisoryText } from '../advisory/advisory-text.tsx';
import { workloadName } from './workload-name.ts';

export function AdmissionWhy({
  account,
  review,
  onClose,
}: {
  account: string;
  review: Admission;
  onClose: () => void;
}) {
  const { workloads, words } = useText();
  const format = useFormat();
  return (
    <Dialog side title={workloads.reviewTitle(review.kind, workloadName(review))} onClose={onClose}>
      <dl className="facts">
        <dt>{words.decision}</dt>
        <dd>{review.allowed ? words.allowed : words.denied}</dd>
        <dt>{workloads.cluster}</dt>
        <dd>{review.cluster}</dd>
        <dt>{workloads.mode}</dt>
        <dd>{review.mode}</dd>
        <dt>{workloads.operation}</dt>
        <dd>{review.operation}</dd>
        <dt>{workloads.askedBy}</dt>
        <dd>{review.username ?? words.none}</dd>
        <dt>{words.when}</dt>
        <dd>{format.moment(review.at)}</dd>
      </dl>
      {!review.allowed && review.mode !== 'enforce' && <p>{workloads.stepsAside(review.mode)}</p>}
      <h3>{workloads.reasons}</h3>
      {review.reasons.length === 0 ? (
        <p className="quiet">{workloads.noReason}</p>
      ) : (
        <ul className="plain-list">
          {review.reasons.map((reason) => (
            <li key={reason}>
              <AdvisoryText account={account} text={reason} />
            </li>
          ))}
        </ul>
      )}
      <h3>{workloads.images}</h3>
      <ul className="items">
        {review.images.map((image) => (
          <li key={image.reference}>
            <StepSign state={image.allowed ? 'succeeded' : 'denied'} />
            <p>
              <code>{image.reference}</code>
            </p>
            {image.digest ? <DigestText digest={image.digest} /> : <span className="quiet">{workloads.notOurs}</span>}
          </li>
        ))}
      </ul>
      <Command
        label={words.sameInTerminal}
        text={`pratique events list ${account} --json | jq 'select(.type | startswith("dev.pratique.admission."))'`}
      />
    </Dialog>
  );
}
