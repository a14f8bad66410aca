/** The pages of the walk, and what each must show; what depends on data is looked up first. */
import { AdvisoryChangeRows, AdvisoryUpdates, Cluster, FindingRows, ImageRow, Run } from '@pratique/contract';
import type { Page } from 'playwright-core';
import { z } from 'zod';
import { chainStops } from './walk-chains.ts';
import { contentStops } from './walk-contents.ts';
import { findingStops } from './walk-findings.ts';

export type Stop = { name: string; path: string /** Text that must be visible. */; shows: string[] };

/** @throws Error when the API does not answer */
export async function stopsOf(page: Page, account: string): Promise<Stop[]> {
  const at = (path: string): string => `/accounts/${encodeURIComponent(account)}/${path}`;
  const images = z.array(ImageRow).parse(await ask(page, `${at('images')}?limit=200`));
  const runs = z.array(Run).parse(await ask(page, `${at('runs')}?limit=1`));
  const clusters = z
    .array(Cluster)
    .parse(await ask(page, at('clusters')))
    .slice(0, 1);
  return [
    {
      name: 'overview',
      path: at('overview'),
      shows: [
        'What is wrong now',
        'What needs your decision',
        'What changed since yesterday',
        'Is the watch itself healthy',
      ],
    },
    {
      name: 'images',
      path: at('images'),
      shows: images.length > 0 ? ['Verdict', `${images[0]?.repository}:${images[0]?.tag}`] : ['No image yet'],
    },
    ...imageStops(at, account, images),
    ...(await findingStops(page, account)),
    ...(await contentStops(page, account)),
    ...(await holeStops(page, at, account)),
    ...comparisonStops(at, images),
    ...runs.map((run) => ({ name: 'run', path: at(`runs/${run.id}`), shows: ['Route', run.steps[0]?.name ?? ''] })),
    { name: 'deliveries', path: at('deliveries'), shows: ['Receipts'] },
    { name: 'deliveries-sent', path: at('deliveries?show=sent'), shows: ['Sent'] },
    { name: 'contracts', path: at('deliveries?show=contracts'), shows: ['Offer a contract'] },
    { name: 'rules', path: at('policies'), shows: ['Bundle version', 'fixable-findings'] },
    { name: 'rule', path: at('policies?rule=fixable-findings'), shows: ['FixableFindings', 'pratique policy show'] },
    { name: 'exceptions', path: at('policies?show=exceptions'), shows: ['Ask for an exception'] },
    {
      name: 'trust',
      path: at('policies?show=trust'),
      shows: ['Trust policy', 'Images of other registries', 'Logins to other registries'],
    },
    { name: 'vex', path: at('policies?show=vex'), shows: ['Statements of those who know a product', 'Add a document'] },
    ...(await chainStops(page, account)),
    { name: 'admissions', path: at('workloads'), shows: ['Admission reviews'] },
    { name: 'running', path: at('workloads?show=running'), shows: ['Running'] },
    { name: 'clusters', path: at('workloads?show=clusters'), shows: ['Connect a cluster'] },
    ...clusters.map((cluster) => ({
      name: 'cluster',
      path: at(`workloads?show=clusters&cluster=${cluster.name}`),
      shows: ['In the last hour', `pratique cluster status ${account} ${cluster.name}`],
    })),
    {
      name: 'authority',
      path: at('workloads?show=authority'),
      shows: ['Issues now', 'BEGIN CERTIFICATE', 'Clusters not known to trust the newest'],
    },
    { name: 'robots', path: at('settings'), shows: ['Create a robot'] },
    { name: 'members', path: at('settings?show=members'), shows: ['Owner'] },
    { name: 'keys', path: at('settings?show=keys'), shows: ['Fingerprint', 'BEGIN PUBLIC KEY'] },
    { name: 'webhooks', path: at('settings?show=webhooks'), shows: ['Create a webhook'] },
    { name: 'audit', path: at('settings?show=audit'), shows: ['Subject'] },
    { name: 'not-found', path: at('nowhere'), shows: ['No such page'] },
  ];
}

/** One image of each standing that there is, and every part of the first one's cargo. */
function imageStops(at: (path: string) => string, account: string, images: ImageRow[]): Stop[] {
  const path = (row: ImageRow, show: string): string =>
    at(`image?${new URLSearchParams({ repository: row.repository, reference: row.tag, show })}`);
  const standings = [
    ['allowed', images.find((row) => row.decision === 'allow' && row.verdictState === 'valid')],
    ['refused', images.find((row) => row.decision === 'deny')],
    ['pending', images.find((row) => row.decision === null)],
  ] as const;
  const first = images.find((row) => row.findings !== null);
  return [
    ...standings.flatMap(([name, row]) =>
      row
        ? [
            {
              name: `image-${name}`,
              path: path(row, 'findings'),
              shows: [name, `${account}/${row.repository}:${row.tag}`, 'Route', 'Seals', 'Cargo'],
            },
          ]
        : [],
    ),
    ...(first
      ? ['packages', 'configuration', 'deliveries', 'admissions', 'running', 'runs'].map((show) => ({
          name: `image-${show}`,
          path: path(first, show),
          shows: ['Cargo'],
        }))
      : []),
  ];
}

/** The most urgent hole, or else one that an update cleared; and what the last update changed. */
async function holeStops(page: Page, at: (path: string) => string, account: string): Promise<Stop[]> {
  const { findings } = FindingRows.parse(await ask(page, `${at('findings')}?limit=1`));
  const { updates } = AdvisoryUpdates.parse(await ask(page, `${at('advisory-updates')}?limit=1`));
  const [update] = updates;
  const changes = update
    ? AdvisoryChangeRows.parse(await ask(page, `${at(`advisory-updates/${update.id}/changes`)}?limit=1`)).rows
    : [];
  const id = findings[0]?.id ?? changes[0]?.id;
  const path = at(`advisories/${id}`);
  const command = `pratique advisories show ${account} ${id}`;
  return [
    ...(id === undefined
      ? []
      : [
          { name: 'advisory', path, shows: [id, 'Exceptions and statements', command] },
          { name: 'advisory-sources', path: `${path}?show=sources`, shows: ['Ecosystem'] },
          { name: 'advisory-history', path: `${path}?show=history`, shows: ['What the sources say'] },
        ]),
    ...(findings[0] ? [{ name: 'advisory-packages', path: `${path}?show=packages`, shows: ['Known here since'] }] : []),
    { name: 'updates', path: at('updates'), shows: ['What updates changed', `pratique advisories changes ${account}`] },
    ...(update
      ? [
          {
            name: 'update',
            path: at(`updates/${update.id}`),
            shows: ['Newly affected', 'Newly cleared', changes[0]?.id ?? ''],
          },
          {
            name: 'update-images',
            path: at(`updates/${update.id}?show=images&kind=cleared`),
            shows: ['Newly cleared'],
          },
        ]
      : []),
  ];
}

/** Two images that were scanned, and the page where two are chosen. */
function comparisonStops(at: (path: string) => string, images: ImageRow[]): Stop[] {
  const [from, to] = images.filter((row) => row.findings !== null);
  const choose = { name: 'compare-choose', path: at('compare'), shows: ['Compare two images', 'First', 'Second'] };
  if (!from || !to) return [choose];
  const query = { repository: from.repository, from: from.tag, with: to.repository, to: to.tag };
  const path = at(`compare?${new URLSearchParams(query)}`);
  return [
    choose,
    { name: 'compare', path, shows: [`${from.repository}:${from.tag} → ${to.repository}:${to.tag}`, 'New findings'] },
    { name: 'compare-packages', path: `${path}&show=packages`, shows: ['Differences'] },
  ];
}

async function ask(page: Page, path: string): Promise<unknown> {
  const response = await page.request.get(new URL(`/api/v1${path}`, page.url()).href);
  if (!response.ok()) throw new Error(`${path} answered ${response.status()}`);
  return response.json();
}
