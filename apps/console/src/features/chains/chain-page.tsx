/** One chain in the designer: one that is in force, or a new one that a template began. */
import { ChainDefinition, type ChainVersion } from '@pratique/contract';
import { useState } from 'react';
import { Link, useLocation, useParams } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { paths } from '../../format/paths.ts';
import { useAccount } from '../../shell/session.ts';
import { PageHead } from '../../ui/page.tsx';
import { Answered } from '../../ui/states.tsx';
import { useChains } from '../image/route/use-chains.ts';
import { Designer } from './designer.tsx';
import './chains.css';

export function ChainPage() {
  const { chains, policies } = useText();
  const { account } = useAccount();
  const { chain: name = '' } = useParams();
  const begun = useBegun(name);
  return (
    <div className="page wide">
      <nav className="crumbs" aria-label={policies.title}>
        <Link to={paths.policies(account, { show: 'chains' })}>{chains.title}</Link>
      </nav>
      <Answered query={useChains(account)} what={chains.title}>
        {(all) => <Opened key={name} name={name} saved={all.find((one) => one.name === name) ?? null} begun={begun} />}
      </Answered>
    </div>
  );
}

/** What somebody else retires while it is changed here stays on the page, with its changes. */
function Opened({ name, saved, begun }: { name: string; saved: ChainVersion | null; begun: ChainDefinition | null }) {
  const { account } = useAccount();
  const [first] = useState(saved?.definition ?? begun);
  const begin = saved?.definition ?? first;
  return begin ? <Designer name={name} saved={saved} begin={begin} /> : <NoSuchChain account={account} name={name} />;
}

/** What the template dialog hands over with the address; kept by the browser over a reload. */
function useBegun(name: string): ChainDefinition | null {
  const { state } = useLocation() as { state: unknown };
  const parsed = ChainDefinition.safeParse(state);
  return parsed.success && parsed.data.name === name ? parsed.data : null;
}

function NoSuchChain({ account, name }: { account: string; name: string }) {
  const { chains } = useText();
  return (
    <>
      <PageHead title={chains.noSuchTitle(name)} lead={chains.noSuchHint} />
      <Link className="button" to={paths.policies(account, { show: 'chains' })}>
        {chains.toList}
      </Link>
    </>
  );
}
