/** One image of another registry: what was found, and by which rule. */
import type { ForeignImage } from '@pratique/contract';
import { useText } from '../../../catalogue/use-text.ts';
import { useFormat } from '../../../format/format.ts';
import { useAccount } from '../../../shell/session.ts';
import { Command, DigestText } from '../../../ui/copyable.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { foreignName } from './foreign-name.ts';
import { ForeignStateMark } from './foreign-state.tsx';
import { RuleResults } from './rule-results.tsx';

export function ForeignPanel({ image, onClose }: { image: ForeignImage; onClose: () => void }) {
  const { trust, words } = useText();
  const { account } = useAccount();
  const { moment } = useFormat();
  return (
    <Dialog side="wide" title={foreignName(image)} onClose={onClose}>
      <dl className="facts">
        <dt>{words.state}</dt>
        <dd>
          <ForeignStateMark state={image.state} />
        </dd>
        <dt>{words.digest}</dt>
        <dd>{image.digest ? <DigestText digest={image.digest} /> : words.none}</dd>
        <dt>{trust.examined}</dt>
        <dd>{image.examinedAt ? moment(image.examinedAt) : trust.notExamined}</dd>
        <dt>{trust.byVersion}</dt>
        <dd>{image.policyVersion}</dd>
        {image.validUntil && (
          <>
            <dt>{trust.goodUntil}</dt>
            <dd>{moment(image.validUntil)}</dd>
          </>
        )}
        <dt>{trust.asked}</dt>
        <dd>{moment(image.askedAt)}</dd>
      </dl>
      {image.rules.length === 0 && image.reasons.length > 0 && (
        <ul className="bullets">
          {image.reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
      <RuleResults rules={image.rules} />
      <Command label={words.sameInTerminal} text={`pratique trust test ${account} ${foreignName(image)}`} />
    </Dialog>
  );
}
