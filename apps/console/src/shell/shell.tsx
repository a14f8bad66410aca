/** The frame: the rail, the page beside it, the palette above both. */
import { lazy, Suspense, useEffect, useState } from 'react';
import { Navigate, Outlet, useLocation, useParams } from 'react-router';
import { useText } from '../catalogue/use-text.ts';
import { paths } from '../format/paths.ts';
import { Announcements } from '../ui/announcements.tsx';
import { Answered } from '../ui/states.tsx';
import { rememberAccount } from './last-account.ts';
import { NoSuchAccount } from './not-found.tsx';
import { Rail } from './rail.tsx';
import { useMe } from './session.ts';
import { useLive } from './use-live.ts';
import './shell.css';

const Palette = lazy(async () => ({ default: (await import('./palette/palette.tsx')).Palette }));

export function Shell() {
  const me = useMe();
  const { account = '' } = useParams();
  const { pathname, search } = useLocation();
  const { words } = useText();
  return (
    <Answered query={me} what={words.account} skeleton={null}>
      {(person) => {
        if (!person) return <Navigate to={paths.signIn(pathname + search)} replace />;
        return person.accounts.some((one) => one.name === account) ? (
          <Frame key={account} account={account} />
        ) : (
          <NoSuchAccount account={account} />
        );
      }}
    </Answered>
  );
}

function Frame({ account }: { account: string }) {
  const { shell } = useText();
  const [finding, setFinding] = useState(false);
  const connected = useLive(account);
  useEffect(() => rememberAccount(account), [account]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      setFinding((open) => !open);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  return (
    <div className="shell">
      <a className="skip" href="#page">
        {shell.skip}
      </a>
      <Rail account={account} connected={connected} onFind={() => setFinding(true)} />
      <main id="page" className="shell-page" tabIndex={-1}>
        <Outlet />
      </main>
      {finding && (
        <Suspense fallback={null}>
          <Palette account={account} onClose={() => setFinding(false)} />
        </Suspense>
      )}
      <Announcements />
    </div>
  );
}
