/** What somebody who knows the product states of a finding: status, reason in words, author, document. */
import type { Finding } from '@pratique/contract';
import { Link } from 'react-router';
import { useText } from '../../../catalogue/use-text.ts';
import { useFormat } from '../../../format/format.ts';
import { paths } from '../../../format/paths.ts';
import { useJustification } from '../../policies/vex/justification.ts';

export function FindingVex({ account, said }: { account: string; said: NonNullable<Finding['vex']> }) {
  const { vex, words } = useText();
  const { moment } = useFormat();
  const justified = useJustification();
  const reason = justified(said.justification);
  return (
    <dl className="facts">
      <dt>{words.state}</dt>
      <dd>{vex.statuses[said.status]}</dd>
      <dt>{words.reason}</dt>
      <dd>
        {reason ?? (said.statement ? null : vex.noJustification)}
        {said.statement && <p>{said.statement}</p>}
      </dd>
      <dt>{vex.byWhom}</dt>
      <dd>{said.author ?? vex.noAuthor}</dd>
      <dt>{vex.document}</dt>
      <dd>
        <Link to={paths.policies(account, { show: 'vex', q: said.document })}>{said.document}</Link>
      </dd>
      {said.at && (
        <>
          <dt>{vex.saidOn}</dt>
          <dd>{moment(said.at)}</dd>
        </>
      )}
    </dl>
  );
}
