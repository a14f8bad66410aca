/** What stays wrong until somebody does something: verdicts that end, emergencies, dead letters, silent clusters. */
import type { Overview } from '@pratique/contract';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { shortDigest } from '../../format/digest.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { Moment } from '../../ui/moment.tsx';
import { StepSign } from '../../ui/step-mark.tsx';
import { tagsIn } from './describe-event.ts';

export function Standing({ seen }: { seen: Overview }) {
  const { overview } = useText();
  const { number } = useFormat();
  const { account } = seen;
  const tags = tagsIn(seen.recent);
  const nameOf = ({ repository, digest }: Overview['expiring'][number]): string => {
    const tag = tags.get(`${repository}@${digest}`);
    return tag ? `${repository}:${tag}` : `${repository}@${shortDigest(digest)}`;
  };
  return (
    <>
      {seen.expiring.map((verdict) => (
        <Item
          key={`${verdict.repository}@${verdict.digest}`}
          sign="waiting"
          name={nameOf(verdict)}
          to={paths.image(account, verdict.repository, verdict.digest, { do: 'explain' })}
          says={overview.expiring}
          why={verdict.error ?? overview.notLookedAt}
          aside={<Moment at={verdict.validUntil} />}
        />
      ))}
      {seen.breakGlass.map((glass) => (
        <Item
          key={glass.name}
          sign="waiting"
          name={glass.name}
          to={paths.policies(account, { show: 'exceptions', exception: glass.name })}
          says={overview.breakGlass(glass.by, glass.namespaces.join(', '))}
          why={glass.reason}
          aside={<Moment at={glass.until} />}
        />
      ))}
      {seen.silentClusters.map((cluster) => (
        <Item
          key={cluster.name}
          sign="failed"
          name={cluster.name}
          to={paths.workloads(account, { show: 'clusters', cluster: cluster.name })}
          says={overview.silent}
          why={overview.silentWhy}
          aside={<Moment at={cluster.heardAt} />}
        />
      ))}
      {seen.deadLetters.map((webhook) => (
        <Item
          key={webhook.webhook}
          sign="failed"
          name={webhook.webhook}
          to={paths.settings(account, { show: 'webhooks', webhook: webhook.webhook })}
          says={overview.deadLetters(number(webhook.count))}
          why={overview.deadLettersWhy}
          aside={null}
        />
      ))}
    </>
  );
}

type ItemProps = {
  sign: 'waiting' | 'failed';
  name: string;
  to: string;
  says: string;
  why: string;
  aside: ReactNode;
};

function Item({ sign, name, to, says, why, aside }: ItemProps) {
  return (
    <li>
      <StepSign state={sign} />
      <p>
        <Link to={to}>{name}</Link> {says}
        <small>{why}</small>
      </p>
      {aside}
    </li>
  );
}
