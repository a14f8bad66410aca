/** What is in images and how they are mended: secrets, malware, baseline, repairs; and a repair, seen before it is made. */
import { HeldSecrets, ImageRow, RepairSummary, SecretHolders } from '@pratique/contract';
import type { Page } from 'playwright-core';
import { z } from 'zod';
import type { Stop } from './stops.ts';
import type { Walk } from './walk-actions.ts';

/** Names of stops that are visited in Chinese as well: one of each kind of page. */
export const CONTENT_STOPS = ['image-secrets', 'image-baseline', 'image-fleet', 'secrets', 'secret', 'repair'] as const;

/** Lists of packages are fetched and checked, and the image put together. */
const REPAIRED_MS = 180_000;

/** @throws Error when the API does not answer */
export async function contentStops(page: Page, account: string): Promise<Stop[]> {
  const at = (path: string): string => `/accounts/${encodeURIComponent(account)}/${path}`;
  const images = await ask(page, at('images?limit=200'), z.array(ImageRow));
  const repairs = await ask(page, at('repairs?limit=50'), z.array(RepairSummary));
  const { secrets } = await ask(page, at('secrets?limit=1'), HeldSecrets);
  const holders = secrets[0]
    ? (await ask(page, at(`secrets/${secrets[0].fingerprint}/images?limit=1`), SecretHolders)).images
    : [];
  const made = madeOf(repairs);
  const scanned = images.find((row) => row.findings !== null);
  const leaking = holders[0] ?? scanned;
  const mended = made ?? scanned;
  const ofImage = (of: { repository: string; digest: string }, shows: readonly string[]): Stop[] =>
    shows.map((show) => ({
      name: `image-${show}`,
      path: at(`image?${new URLSearchParams({ repository: of.repository, reference: of.digest, show })}`),
      shows: ['Cargo', 'Contents examined'],
    }));
  const path = at(`repairs/${made?.id}`);
  return [
    ...(leaking ? ofImage(leaking, ['secrets', 'malware', 'baseline']) : []),
    ...(mended ? ofImage(mended, ['repairs', 'fleet']) : []),
    { name: 'secrets', path: at('secrets'), shows: ['Each secret once', secrets[0]?.title ?? 'Nothing was found'] },
    ...secrets.map((one) => ({
      name: 'secret',
      path: at(`secrets/${one.fingerprint}`),
      shows: [one.title, 'Images that hold it', `pratique exception request ${account} --secret ${one.fingerprint}`],
    })),
    { name: 'malware', path: at('malware'), shows: ['What was found in images that are tagged here'] },
    ...(made
      ? [
          { name: 'repair', path, shows: ['Side by side', 'Original', 'Compare both', 'What changes', 'Suite'] },
          { name: 'repair-left', path: `${path}?show=left`, shows: ['What stays, and why'] },
          { name: 'repair-findings', path: `${path}?show=findings`, shows: ['What becomes of it'] },
          { name: 'repair-scripts', path: `${path}?show=scripts`, shows: ['Maintainer scripts'] },
          { name: 'repair-sources', path: `${path}?show=sources`, shows: ['Signed by'] },
        ]
      : []),
  ];
}

const madeOf = (repairs: RepairSummary[]): RepairSummary | undefined =>
  repairs.find((one) => one.mode === 'repair' && one.repaired !== null);

/** @throws Error when an action does not lead where it should */
export async function walkContents(page: Page, walk: Walk): Promise<void> {
  await readSecret(page, walk);
  await repairAfterPreview(page, walk);
}

/** From a secret to an image that holds it, by keyboard. */
async function readSecret(page: Page, { url, account, keep, check }: Walk): Promise<void> {
  const { secrets } = await ask(page, `/accounts/${encodeURIComponent(account)}/secrets?limit=1`, HeldSecrets);
  const [first] = secrets;
  if (!first) return;
  await page.goto(`${url}/accounts/${account}/secrets/${first.fingerprint}`);
  await page
    .getByRole('link', { name: /^Detail/ })
    .first()
    .focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByText('Withdraw it where it was issued').waitFor();
  await check('secret-detail');
  await keep('secret-detail');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

async function repairAfterPreview(page: Page, { url, account, keep, check }: Walk): Promise<void> {
  const at = `/accounts/${encodeURIComponent(account)}`;
  const images = await ask(page, `${at}/images?limit=200`, z.array(ImageRow));
  const repairs = await ask(page, `${at}/repairs?limit=50`, z.array(RepairSummary));
  const image = madeOf(repairs) ?? images.find((row) => row.decision === 'deny');
  if (!image) return;
  const { repository, digest, tag } = image;
  await page.goto(`${url}${at}/image?${new URLSearchParams({ repository, reference: tag ?? digest })}`);
  await page.getByRole('button', { name: 'Repair…' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('Packages').selectOption('findings');
  await form.getByText('--dry-run --only-findings').waitFor();
  await check('repair-form');
  await keep('repair-form');
  await form.getByRole('button', { name: 'See what would change' }).click();
  await page.waitForURL(/\/repairs\//);
  const now = page.getByRole('button', { name: 'Repair now' });
  const otherwise = page.getByRole('link', { name: 'Choose otherwise' });
  await otherwise.waitFor({ timeout: REPAIRED_MS });
  await check('repair-preview');
  await keep('repair-preview');
  if ((await now.count()) === 0) return;
  const preview = page.url();
  await now.click();
  await page.waitForURL((address) => address.href !== preview);
  await page.getByRole('link', { name: 'Compare both' }).waitFor({ timeout: REPAIRED_MS });
  await page.getByText('Packages upgraded:').waitFor();
  await check('repair-made');
  await keep('repair-made');
  await page.getByText('by a scan of the repaired image').waitFor({ timeout: REPAIRED_MS });
  await page.getByRole('link', { name: 'Compare both' }).click();
  await page.getByRole('heading', { name: 'Differences' }).waitFor();
}

async function ask<T>(page: Page, path: string, schema: z.ZodType<T>): Promise<T> {
  const response = await page.request.get(new URL(`/api/v1${path}`, page.url()).href);
  if (!response.ok()) throw new Error(`${path} answered ${response.status()}`);
  return schema.parse(await response.json());
}
