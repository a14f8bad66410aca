/** Two images side by side: what the second brings, what it is rid of, and what could not be compared. */
import type { ImageComparison } from '@pratique/contract';
import { Link, useSearchParams } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { shortDigest } from '../../format/digest.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { imageName, shellWord } from '../../format/reference.ts';
import { useAccount } from '../../shell/session.ts';
import { Command } from '../../ui/copyable.tsx';
import { PageHead } from '../../ui/page.tsx';
import { Answered, SkeletonRows } from '../../ui/states.tsx';
import { ImageMention } from '../image/image-mention.tsx';
import { Choose } from './choose.tsx';
import { Differences } from './differences.tsx';
import { type Named, nameOf } from './named.ts';
import { NotCompared } from './not-compared.tsx';
import { sayComparison } from './say-comparison.ts';
import { useComparison } from './use-comparison.ts';
import './compare.css';

export function ComparePage() {
  const { account } = useAccount();
  const { compare, shell } = useText();
  const [search] = useSearchParams();
  const named = (repository: string, reference: string): Named | null => {
    const found = { repository: search.get(repository) ?? '', reference: search.get(reference) ?? '' };
    return found.repository === '' || found.reference === '' ? null : found;
  };
  const from = named('repository', 'from');
  const to = named('with', 'to');
  return (
    <div className="page">
      <nav className="crumbs" aria-label={shell.images}>
        <Link to={paths.images(account)}>{shell.images}</Link>
      </nav>
      {from && to ? (
        <Compared account={account} from={from} to={to} />
      ) : (
        <>
          <PageHead title={compare.title} lead={compare.lead} />
          <Choose account={account} from={from} to={to} />
        </>
      )}
    </div>
  );
}

type Props = { account: string; from: Named; to: Named };

function Compared({ account, from, to }: Props) {
  const { compare } = useText();
  const format = useFormat();
  const query = useComparison(account, from, to);
  return (
    <>
      <PageHead title={`${shown(from)} → ${shown(to)}`} lead={query.data && sayComparison(query.data, compare, format)}>
        <Link className="button" to={paths.compare(account, to, from)}>
          {compare.swap}
        </Link>
        <Link className="button" to={paths.compareOthers(account)}>
          {compare.others}
        </Link>
      </PageHead>
      <Sides account={account} from={from} to={to} />
      <Answered query={query} what={compare.title} skeleton={<SkeletonRows rows={12} />}>
        {(comparison) => <Result account={account} from={from} to={to} comparison={comparison} />}
      </Answered>
    </>
  );
}

/** A digest in a title is shortened; the whole one is in the address. */
const shown = ({ repository, reference }: Named): string => nameOf({ repository, reference: shortDigest(reference) });

function Sides({ account, from, to }: Props) {
  const { compare } = useText();
  return (
    <dl className="facts compare-sides">
      <dt>{compare.first}</dt>
      <dd>
        <ImageMention account={account} {...from} />
      </dd>
      <dt>{compare.second}</dt>
      <dd>
        <ImageMention account={account} {...to} />
      </dd>
    </dl>
  );
}

function Result({ account, from, to, comparison }: Props & { comparison: ImageComparison }) {
  const { words } = useText();
  const name = (one: Named): string => shellWord(imageName(account, one.repository, one.reference));
  return (
    <>
      <NotCompared account={account} comparison={comparison} />
      <Differences account={account} comparison={comparison} />
      <div className="compare-foot">
        <Command label={words.sameInTerminal} text={`pratique diff ${name(from)} ${name(to)}`} />
      </div>
    </>
  );
}
