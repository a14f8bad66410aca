/** The rail: pages that work, in their order; below them who is looking, and how. */
import { NavLink, useLocation, useNavigate } from 'react-router';
import { useText } from '../catalogue/use-text.ts';
import { paths } from '../format/paths.ts';
import { Button } from '../ui/button.tsx';
import { Mark } from './mark.tsx';
import { usePreferences } from './preferences.tsx';
import { useMe, useSignOut } from './session.ts';

type Props = { account: string; connected: boolean; onFind: () => void };

export function Rail({ account, connected, onFind }: Props) {
  const { shell } = useText();
  const { pathname } = useLocation();
  const pages = [
    [paths.overview(account), shell.overview],
    [paths.images(account), shell.images],
    [paths.deliveries(account), shell.deliveries],
    [paths.policies(account), shell.policies],
    [paths.workloads(account), shell.workloads],
    [paths.settings(account), shell.settings],
  ] as const;
  const onImage =
    /^\/accounts\/[^/]+\/(image|runs\/[^/]+|findings|secrets.*|malware|repairs\/[^/]+|packages?|advisor.*|updates.*|compare)$/.test(
      pathname,
    );
  const onChain = /^\/accounts\/[^/]+\/chains\//.test(pathname);
  return (
    <header className="rail">
      <div className="rail-head">
        <Mark />
        <AccountSwitch account={account} />
      </div>
      <button type="button" className="find" onClick={onFind} aria-keyshortcuts="Control+K">
        {shell.find}
        <kbd>Ctrl K</kbd>
      </button>
      <nav aria-label={shell.rail}>
        {pages.map(([to, label]) => (
          <NavLink
            key={to}
            to={to}
            className={({ isActive }) =>
              isActive || (onImage && label === shell.images) || (onChain && label === shell.policies) ? 'active' : ''
            }
          >
            {label}
          </NavLink>
        ))}
      </nav>
      <div className="rail-foot">
        <p className={connected ? 'live on' : 'live'} role="status">
          {connected ? shell.live : shell.reconnecting}
        </p>
        <Choices />
        <Person />
      </div>
    </header>
  );
}

function AccountSwitch({ account }: { account: string }) {
  const { shell } = useText();
  const { data: me } = useMe();
  const navigate = useNavigate();
  return (
    <select
      aria-label={shell.switchAccount}
      className="input"
      value={account}
      onChange={(event) => void navigate(paths.overview(event.target.value))}
    >
      {me?.accounts.map((one) => (
        <option key={one.name}>{one.name}</option>
      ))}
    </select>
  );
}

function Choices() {
  const { shell } = useText();
  const { theme, setTheme, language, setLanguage } = usePreferences();
  const other = theme === 'dark' ? 'light' : 'dark';
  return (
    <p className="choices">
      <Button look="bare" onClick={() => setTheme(other)}>
        {other === 'dark' ? shell.themeToDark : shell.themeToLight}
      </Button>
      <Button
        look="bare"
        lang={language === 'en' ? 'zh-Hans' : 'en'}
        onClick={() => setLanguage(language === 'en' ? 'zh' : 'en')}
      >
        {shell.otherLanguage}
      </Button>
    </p>
  );
}

function Person() {
  const { shell } = useText();
  const { data: me } = useMe();
  const signOut = useSignOut();
  return (
    <p className="person">
      <span title={me?.name}>{me?.name}</span>
      <Button look="bare" onClick={() => signOut.mutate()}>
        {shell.signOut}
      </Button>
    </p>
  );
}
