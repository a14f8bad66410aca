/** A mention of an advisory: a link to its page, with a card of how bad it is and whom it touches. */
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { Mention } from '../../ui/mention.tsx';
import { SeverityMark } from '../../ui/severity.tsx';
import { percent, sayAdvisory } from './say-advisory.ts';
import { useAdvisory } from './use-advisory.ts';

type Props = { account: string; id: string };

export function AdvisoryMention({ account, id }: Props) {
  return (
    <Mention to={paths.advisory(account, id)} card={() => <Card account={account} id={id} />}>
      {id}
    </Mention>
  );
}

function Card({ account, id }: Props) {
  const { advisory, words } = useText();
  const format = useFormat();
  const { data } = useAdvisory(account, id);
  const title = data?.titles[0]?.title;
  return (
    <>
      <strong>{id}</strong>
      {data && (
        <>
          {title && <p className="hover-title">{title}</p>}
          <dl className="facts">
            <dt>{words.severity}</dt>
            <dd>
              <SeverityMark severity={data.severity} />
            </dd>
            <dt>{advisory.likelihood}</dt>
            <dd>{data.likelihood ? percent(data.likelihood.probability, format) : advisory.likelihoodUnknown}</dd>
            <dt>{advisory.attacks}</dt>
            <dd>{data.exploited ? advisory.attacked : advisory.notAttacked}</dd>
          </dl>
          <p>{sayAdvisory(data, advisory, format)}</p>
        </>
      )}
    </>
  );
}
