/** The pages across images, and what is done there by keyboard: choose, read why, open an upgrade, find a package. */
import { FindingRows, PackageRows, UpgradeGroups } from '@pratique/contract';
import type { Page } from 'playwright-core';
import type { z } from 'zod';
import type { Stop } from './stops.ts';
import type { Walk } from './walk-actions.ts';

/** Names of the stops, which are visited in Chinese as well. */
export const FINDING_STOPS = [
  'findings',
  'findings-none',
  'upgrades',
  'upgrade',
  'finding-why',
  'packages',
  'package',
  'package-findings',
  'package-images',
] as const;

/** @throws Error when the API does not answer */
export async function findingStops(page: Page, account: string): Promise<Stop[]> {
  const at = (path: string): string => `/accounts/${encodeURIComponent(account)}/${path}`;
  const { findings } = await ask(page, at('findings?limit=1'), FindingRows);
  const { upgrades } = await ask(page, at('findings/upgrades?limit=1'), UpgradeGroups);
  const { packages } = await ask(page, at('packages?limit=1'), PackageRows);
  const [first] = findings;
  const of = (one: { type: string; name: string }, show: string): string =>
    at(`package?${new URLSearchParams({ type: one.type, name: one.name, show })}`);
  return [
    { name: 'findings', path: at('findings'), shows: ['Upgrades that clear most', first?.id ?? 'found'] },
    {
      name: 'findings-none',
      path: at('findings?q=nothing-is-called-so'),
      shows: ['No row matches', 'Clear all choices'],
    },
    { name: 'upgrades', path: at('findings?show=upgrades'), shows: [upgrades[0]?.name ?? 'No upgrade'] },
    ...upgrades.map((one) => ({
      name: 'upgrade',
      path: at(
        `findings?${new URLSearchParams({ show: 'upgrades', upgrade: [one.type, one.name, one.version, one.distribution ?? ''].join(' ') })}`,
      ),
      shows: ['What it clears', 'Images that hold it', one.ids[0] ?? ''],
    })),
    ...findings.map((row) => ({
      name: 'finding-why',
      path: at(`findings?${new URLSearchParams({ why: `${row.id} ${row.package.purl}` })}`),
      shows: [`Priority ${row.priority} of`, 'Ask for an exception', `pratique advisories show ${account} ${row.id}`],
    })),
    { name: 'packages', path: at('packages'), shows: ['pratique packages', packages[0]?.name ?? 'No package'] },
    ...findings.flatMap(({ package: one, id }) => [
      { name: 'package', path: of(one, 'versions'), shows: [one.name, 'What is known', one.version] },
      { name: 'package-findings', path: of(one, 'findings'), shows: [id] },
      { name: 'package-images', path: of(one, 'images'), shows: ['Pushed'] },
    ]),
  ];
}

/** @throws Error when an action does not lead where it should */
export async function walkFindings(page: Page, walk: Walk): Promise<void> {
  const { findings } = await ask(page, `/accounts/${encodeURIComponent(walk.account)}/findings?limit=1`, FindingRows);
  const [first] = findings;
  if (!first) return;
  await chooseByKeyboard(page, walk);
  await readWhy(page, walk);
  await openUpgrade(page, walk);
  await findPackage(page, walk, first.package.name);
}

async function chooseByKeyboard(page: Page, { url, account, check, keep }: Walk): Promise<void> {
  await page.goto(`${url}/accounts/${account}/findings`);
  const choice = page.getByRole('button', { name: /^With a fix/ });
  await choice.focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/[?&]fixable=true/);
  await page.getByText('--fixable').waitFor();
  await page.getByRole('button', { name: 'Sort by Images' }).or(page.getByTitle('Sort by Images')).first().focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/[?&]sort=images/);
  await page.getByText('--sort images').waitFor();
  await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' });
  await check('findings, chosen');
  await keep('findings-chosen');
  await choice.focus();
  await page.keyboard.press('Space');
  await page.waitForURL((address) => !address.searchParams.has('fixable'));
}

async function readWhy(page: Page, { url, account }: Walk): Promise<void> {
  await page.goto(`${url}/accounts/${account}/findings`);
  const why = page.getByRole('link', { name: /: why$/ }).first();
  await why.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByText('Fix', { exact: true }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.waitForURL((address) => !address.searchParams.has('why'));
}

async function openUpgrade(page: Page, { url, account }: Walk): Promise<void> {
  await page.goto(`${url}/accounts/${account}/findings?show=upgrades`);
  const upgrade = page.getByRole('button', { expanded: false }).filter({ hasText: 'clears' }).first();
  await upgrade.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'What it clears' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'What it clears' }).waitFor();
}

async function findPackage(page: Page, { url, account }: Walk, name: string): Promise<void> {
  await page.goto(`${url}/accounts/${account}/overview`);
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Find a page' }).fill(name);
  await page
    .getByRole('option', { name: new RegExp(`^${name.replace(/[^\w]/g, '.')} \\(`) })
    .first()
    .click();
  await page.getByRole('heading', { name, level: 1 }).waitFor();
}

async function ask<T>(page: Page, path: string, schema: z.ZodType<T>): Promise<T> {
  const response = await page.request.get(new URL(`/api/v1${path}`, page.url()).href);
  if (!response.ok()) throw new Error(`${path} answered ${response.status()}`);
  return schema.parse(await response.json());
}
