/** What a person does rather than looks at: find by keyboard, filter by address, make and revoke a robot, ask for an exception. */
import type { Page } from 'playwright-core';

export type Walk = {
  url: string;
  account: string;
  /** Keeps a picture. */
  keep: (name: string) => Promise<void>;
  /** Runs axe on what is shown. */
  check: (name: string) => Promise<void>;
};

/** @throws Error when an action does not lead where it should */
export async function walkActions(page: Page, walk: Walk): Promise<void> {
  await findByKeyboard(page, walk);
  await keepTableInAddress(page, walk);
  await makeAndRevokeRobot(page, walk);
  await askAndWithdrawException(page, walk);
}

async function findByKeyboard(page: Page, { url, account, keep }: Walk): Promise<void> {
  await page.goto(`${url}/accounts/${account}/overview`);
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Find a page' }).fill('settings audit');
  await keep('palette');
  await page.keyboard.press('Enter');
  await page.waitForURL(/settings\?show=audit/);
  await page.goBack();
  await page.waitForURL(/overview/);
}

async function keepTableInAddress(page: Page, { url, account }: Walk): Promise<void> {
  await page.goto(`${url}/accounts/${account}/policies`);
  await page.getByRole('searchbox').fill('privileged');
  await page.waitForURL(/[?&]q=privileged/);
  await page.getByRole('button', { name: /^Rule/ }).first().click();
  await page.waitForURL(/[?&]sort=rule/);
  await page.reload();
  await page.getByRole('searchbox').waitFor();
  const kept = await page.getByRole('searchbox').inputValue();
  if (kept !== 'privileged') throw new Error(`after a reload the filter is ${JSON.stringify(kept)}`);
  const hidden = await page.getByText('fixable-findings').count();
  if (hidden > 0) throw new Error('the filter of the address does not filter');
}

async function makeAndRevokeRobot(page: Page, { url, account, keep }: Walk): Promise<void> {
  const name = `walk-${Date.now().toString(36)}`;
  await page.goto(`${url}/accounts/${account}/settings?show=robots`);
  await page.getByRole('button', { name: 'Create a robot' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('Name').fill(name);
  await keep('robot-form');
  await form.getByRole('button', { name: 'Create a robot' }).click();
  await page.getByText('prq_robot_').first().waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await page.getByRole('row', { name }).getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('row', { name }).getByText('revoked', { exact: true }).waitFor();
}

async function askAndWithdrawException(page: Page, { url, account, keep }: Walk): Promise<void> {
  const id = `CVE-2026-${Date.now() % 1_000_000}`;
  await page.goto(`${url}/accounts/${account}/policies?show=exceptions`);
  await page.getByRole('button', { name: 'Ask for an exception' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('Advisory').fill(id);
  await form.getByLabel('Reason').fill('asked for by the walk through the console, and withdrawn by it');
  await keep('exception-form');
  await form.getByRole('button', { name: 'Ask for an exception' }).click();
  const row = page.getByRole('row', { name: id.toLowerCase() });
  await row.getByRole('link').first().click();
  await keep('exception');
  await page.getByRole('dialog').getByRole('button', { name: 'Withdraw' }).click();
  await row.getByText('withdrawn', { exact: true }).waitFor();
}
