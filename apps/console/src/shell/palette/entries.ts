/** What the palette offers: pages, accounts, actions, and images and packages that the server finds. */
import { ImageRow, PackageRows } from '@pratique/contract';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useLocation, useNavigate } from 'react-router';
import { z } from 'zod';
import { queryOf, request } from '../../api/request.ts';
import { useText } from '../../catalogue/use-text.ts';
import { paths } from '../../format/paths.ts';
import { imageName } from '../../format/reference.ts';
import { useCopy } from '../../ui/copyable.tsx';
import { usePreferences } from '../preferences.tsx';
import { useMe, useSignOut } from '../session.ts';
import { useAdvisoryEntries } from './advisory-entries.ts';

export type Entry = { id: string; group: string; label: string; run: () => void };

const FOUND = 8;

/** Entries that hold every word of `q`, in the order they are shown. */
export function useEntries(account: string, q: string): Entry[] {
  const offered = [...usePages(account), ...useAccounts(), ...useActions()];
  const images = useImages(account, q);
  const found = usePackages(account, q);
  const wanted = q
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return [
    ...useAdvisoryEntries(account, q),
    ...images,
    ...found,
    ...offered.filter((entry) => wanted.every((word) => entry.label.toLowerCase().includes(word))),
  ];
}

function usePages(account: string): Entry[] {
  const {
    palette,
    shell,
    policies,
    authority,
    workloads,
    settings,
    deliveries,
    findings,
    packages,
    updates,
    compare,
    contents,
  } = useText();
  const navigate = useNavigate();
  const { pathname, search } = useLocation();
  const page = (label: string, to: string): Entry => ({
    id: to,
    group: palette.pages,
    label,
    run: () => void navigate(to),
  });
  const under = (parent: string, child: string): string => `${parent} › ${child}`;
  return [
    page(shell.overview, paths.overview(account)),
    page(shell.images, paths.images(account)),
    page(under(shell.images, findings.title), paths.findings(account)),
    page(under(shell.images, findings.upgrades), paths.findings(account, { show: 'upgrades' })),
    page(under(shell.images, contents.secrets), paths.secrets(account)),
    page(under(shell.images, contents.malware), paths.malware(account)),
    page(under(shell.images, packages.title), paths.packages(account)),
    page(under(shell.images, updates.title), paths.updates(account)),
    page(under(shell.images, compare.title), paths.compareOthers(account)),
    ...(/^\/accounts\/[^/]+\/image$/.test(pathname) ? [page(compare.this, `${pathname}${search}&do=compare`)] : []),
    page(shell.deliveries, paths.deliveries(account)),
    page(under(shell.deliveries, deliveries.contracts), paths.deliveries(account, { show: 'contracts' })),
    page(under(shell.policies, policies.rules), paths.policies(account)),
    page(under(shell.policies, policies.exceptions), paths.policies(account, { show: 'exceptions' })),
    page(under(shell.policies, policies.vex), paths.policies(account, { show: 'vex' })),
    page(under(shell.policies, policies.trust), paths.policies(account, { show: 'trust' })),
    page(under(shell.policies, policies.chains), paths.policies(account, { show: 'chains' })),
    page(under(shell.workloads, workloads.admissions), paths.workloads(account)),
    page(under(shell.workloads, workloads.running), paths.workloads(account, { show: 'running' })),
    page(under(shell.workloads, workloads.clusters), paths.workloads(account, { show: 'clusters' })),
    page(under(shell.workloads, authority.title), paths.workloads(account, { show: 'authority' })),
    ...(['robots', 'members', 'keys', 'webhooks', 'audit'] as const).map((part) =>
      page(under(shell.settings, settings[part]), paths.settings(account, { show: part })),
    ),
  ];
}

function useAccounts(): Entry[] {
  const { palette } = useText();
  const { data: me } = useMe();
  const navigate = useNavigate();
  return (me?.accounts ?? []).map(({ name }) => ({
    id: `account:${name}`,
    group: palette.accounts,
    label: name,
    run: () => void navigate(paths.overview(name)),
  }));
}

function useActions(): Entry[] {
  const { palette, shell } = useText();
  const { theme, setTheme, language, setLanguage } = usePreferences();
  const copy = useCopy();
  const signOut = useSignOut();
  const action = (id: string, label: string, run: () => void): Entry => ({ id, group: palette.actions, label, run });
  return [
    action('theme', theme === 'dark' ? shell.themeToLight : shell.themeToDark, () =>
      setTheme(theme === 'dark' ? 'light' : 'dark'),
    ),
    action('language', shell.otherLanguage, () => setLanguage(language === 'en' ? 'zh' : 'en')),
    action('address', palette.copyAddress, () => copy(location.href)),
    action('sign-out', shell.signOut, () => signOut.mutate()),
  ];
}

function useImages(account: string, q: string): Entry[] {
  const { palette } = useText();
  const navigate = useNavigate();
  const search = q.trim();
  const { data } = useQuery({
    queryKey: [account, 'images', 'search', search],
    enabled: search !== '',
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      request(
        z.array(ImageRow),
        `/accounts/${encodeURIComponent(account)}/images${queryOf({ search, limit: FOUND })}`,
        { signal },
      ),
  });
  if (search === '') return [];
  return (data ?? []).map(({ repository, tag }) => ({
    id: `image:${repository}:${tag}`,
    group: palette.images,
    label: imageName(account, repository, tag),
    run: () => void navigate(paths.image(account, repository, tag)),
  }));
}

/** Shorter words are parts of too many names. */
const MIN_NAME = 2;

function usePackages(account: string, q: string): Entry[] {
  const { packages } = useText();
  const navigate = useNavigate();
  const search = q.trim();
  const enabled = search.length >= MIN_NAME;
  const { data } = useQuery({
    queryKey: [account, 'packages', 'search', search],
    enabled,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      request(PackageRows, `/accounts/${encodeURIComponent(account)}/packages${queryOf({ search, limit: 50 })}`, {
        signal,
      }),
  });
  if (!enabled) return [];
  // A package stands in the answer once for each of its versions; the one that is called so comes first.
  const names = new Map((data?.packages ?? []).map(({ type, name }) => [`${type} ${name}`, { type, name }]));
  return [...names.values()]
    .sort((a, b) => Number(b.name === search) - Number(a.name === search))
    .slice(0, FOUND)
    .map((one) => ({
      id: `package:${one.type} ${one.name}`,
      group: packages.title,
      label: `${one.name} (${one.type})`,
      run: () => void navigate(paths.package(account, one)),
    }));
}
