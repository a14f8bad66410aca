/** What one update of the advisories changed: who is newly affected, who newly cleared, and by which holes. */
import type { AdvisoryUpdateDetail, HolderCounts } from '@pratique/contract';
import { Link, useParams } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { shellWord } from '../../format/reference.ts';
import { useAccount } from '../../shell/session.ts';
import { Command, DigestText } from '../../ui/copyable.tsx';
import { NumberList } from '../../ui/number-list.tsx';
import { PageHead } from '../../ui/page.tsx';
import { Answered, SkeletonRows } from '../../ui/states.tsx';
import { sayUpdate } from './say-update.ts';
import { UpdateRows } from './update-rows.tsx';
import { useUpdate } from './use-updates.ts';
import './updates.css';

export function UpdatePage() {
  const { account } = useAccount();
  const { updates } = useText();
  const { update = '' } = useParams();
  const query = useUpdate(account, update);
  return (
    <div className="page">
      <nav className="crumbs" aria-label={updates.title}>
        <Link to={paths.updates(account)}>{updates.title}</Link>
      </nav>
      {!query.data && <PageHead title={updates.number(update)} />}
      <Answered query={query} what={updates.number(update)} skeleton={<SkeletonRows rows={12} />}>
        {(found) => <Known account={account} update={found} />}
      </Answered>
    </div>
  );
}

function Known({ account, update }: { account: string; update: AdvisoryUpdateDetail }) {
  const { updates, image, words } = useText();
  const format = useFormat();
  return (
    <>
      <PageHead title={updates.number(String(update.id))} lead={sayUpdate(update, updates, format)} />
      {update.state !== 'finished' && (
        <p className="update-note" role="note">
          {updates.notes[update.state]}
        </p>
      )}
      <div className="update-sums">
        <Sum account={account} update={update.id} kind="affected" counts={update.newlyAffected} />
        <Sum account={account} update={update.id} kind="cleared" counts={update.newlyCleared} />
      </div>
      <UpdateRows account={account} update={update} />
      <dl className="facts below-table">
        <dt>{words.when}</dt>
        <dd>{format.moment(update.at)}</dd>
        <dt>{updates.fromSnapshot}</dt>
        <dd>{update.from ? <DigestText digest={update.from} /> : words.none}</dd>
        <dt>{image.snapshot}</dt>
        <dd>
          <DigestText digest={update.to} />
          {update.from === update.to && ` ${updates.sameSnapshot}`}
        </dd>
      </dl>
      <div className="below-table">
        <Command label={words.sameInTerminal} text={`pratique advisories changes ${shellWord(account)} ${update.id}`} />
      </div>
    </>
  );
}

type SumProps = { account: string; update: number; kind: 'affected' | 'cleared'; counts: HolderCounts };

function Sum({ account, update, kind, counts }: SumProps) {
  const { updates, holders } = useText();
  const { number } = useFormat();
  const to = (show: string): string => paths.update(account, update, { show, kind });
  return (
    <section aria-label={updates.sums[kind]}>
      <h2>{updates.sums[kind]}</h2>
      <NumberList
        label={updates.sums[kind]}
        numbers={[
          {
            to: to('images'),
            value: number(counts.images),
            label: holders.images,
            beside: holders.inRepositories(number(counts.repositories)),
          },
          {
            to: to('containers'),
            value: number(counts.containers),
            label: holders.runs,
            beside: holders.inClusters(number(counts.clusters)),
          },
          {
            to: to('customers'),
            value: number(counts.customers),
            label: holders.customersNumber,
            beside: holders.receivedIt,
          },
        ]}
      />
    </section>
  );
}
