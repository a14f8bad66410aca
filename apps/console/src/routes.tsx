/** Which page stands at which address. Each page is a file of its own, fetched when it is first opened. */
import type { ComponentType } from 'react';
import { createBrowserRouter } from 'react-router';
import { SignInPage } from './features/sign-in/sign-in-page.tsx';
import { Broken } from './shell/broken.tsx';
import { Home } from './shell/home.tsx';
import { NotFound } from './shell/not-found.tsx';
import { Shell } from './shell/shell.tsx';

const lazily = (load: () => Promise<ComponentType>) => async () => ({ Component: await load() });

export function makeRouter(): ReturnType<typeof createBrowserRouter> {
  return createBrowserRouter([
    {
      ErrorBoundary: Broken,
      HydrateFallback: () => null,
      children: [
        { path: '/sign-in', Component: SignInPage },
        { path: '/', Component: Home },
        {
          path: '/accounts/:account',
          Component: Shell,
          children: [
            { index: true, Component: Home },
            {
              path: 'overview',
              lazy: lazily(async () => (await import('./features/overview/overview-page.tsx')).OverviewPage),
            },
            {
              path: 'images',
              lazy: lazily(async () => (await import('./features/images/images-page.tsx')).ImagesPage),
            },
            {
              path: 'findings',
              lazy: lazily(async () => (await import('./features/findings/findings-page.tsx')).FindingsPage),
            },
            {
              path: 'packages',
              lazy: lazily(async () => (await import('./features/packages/packages-page.tsx')).PackagesPage),
            },
            {
              path: 'package',
              lazy: lazily(async () => (await import('./features/packages/package-page.tsx')).PackagePage),
            },
            { path: 'image', lazy: lazily(async () => (await import('./features/image/image-page.tsx')).ImagePage) },
            {
              path: 'advisories/:id',
              lazy: lazily(async () => (await import('./features/advisory/advisory-page.tsx')).AdvisoryPage),
            },
            {
              path: 'updates',
              lazy: lazily(async () => (await import('./features/updates/updates-page.tsx')).UpdatesPage),
            },
            {
              path: 'updates/:update',
              lazy: lazily(async () => (await import('./features/updates/update-page.tsx')).UpdatePage),
            },
            {
              path: 'compare',
              lazy: lazily(async () => (await import('./features/compare/compare-page.tsx')).ComparePage),
            },
            {
              path: 'secrets',
              lazy: lazily(async () => (await import('./features/secrets/secrets-page.tsx')).SecretsPage),
            },
            {
              path: 'secrets/:fingerprint',
              lazy: lazily(async () => (await import('./features/secrets/secret-page.tsx')).SecretPage),
            },
            {
              path: 'malware',
              lazy: lazily(async () => (await import('./features/secrets/malware-page.tsx')).MalwarePage),
            },
            {
              path: 'repairs/:repair',
              lazy: lazily(async () => (await import('./features/repairs/repair-page.tsx')).RepairPage),
            },
            { path: 'runs/:run', lazy: lazily(async () => (await import('./features/runs/run-page.tsx')).RunPage) },
            {
              path: 'deliveries',
              lazy: lazily(async () => (await import('./features/deliveries/deliveries-page.tsx')).DeliveriesPage),
            },
            {
              path: 'policies',
              lazy: lazily(async () => (await import('./features/policies/policies-page.tsx')).PoliciesPage),
            },
            {
              path: 'chains',
              lazy: lazily(async () => (await import('./features/chains/to-list.tsx')).ToList),
            },
            {
              path: 'chains/:chain',
              lazy: lazily(async () => (await import('./features/chains/chain-page.tsx')).ChainPage),
            },
            {
              path: 'workloads',
              lazy: lazily(async () => (await import('./features/workloads/workloads-page.tsx')).WorkloadsPage),
            },
            {
              path: 'settings',
              lazy: lazily(async () => (await import('./features/settings/settings-page.tsx')).SettingsPage),
            },
            { path: '*', Component: NotFound },
          ],
        },
        { path: '*', Component: NotFound },
      ],
    },
  ]);
}
