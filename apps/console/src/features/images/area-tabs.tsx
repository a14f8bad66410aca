/** What belongs to images: the images themselves, what was found in them, what they are made of. */
import { NavLink } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { paths } from '../../format/paths.ts';

export function AreaTabs({ account }: { account: string }) {
  const { shell, findings, packages, updates, contents } = useText();
  const pages = [
    [paths.images(account), shell.images],
    [paths.findings(account), findings.title],
    [paths.secrets(account), contents.secrets],
    [paths.malware(account), contents.malware],
    [paths.packages(account), packages.title],
    [paths.updates(account), updates.tab],
  ] as const;
  return (
    <nav className="tabs" aria-label={shell.images}>
      {pages.map(([to, label]) => (
        <NavLink key={to} to={to} end>
          {label}
        </NavLink>
      ))}
    </nav>
  );
}
