/** What people do about verdicts and trust: explain, revoke and judge anew, reject, break glass, trust, send events on. */
import type { Page } from 'playwright-core';
import type { Walk } from './walk-actions.ts';

const JUDGED_ANEW_MS = 120_000;

/** @throws Error when an action does not lead where it should */
export async function walkLife(page: Page, walk: Walk): Promise<void> {
  await rejectException(page, walk);
  await openAndCloseBreakGlass(page, walk);
  await setTrustPolicy(page, walk);
  await makeAndRemoveWebhook(page, walk);
  await revokeAndJudgeAnew(page, walk);
}

async function revokeAndJudgeAnew(page: Page, { url, account, keep, check }: Walk): Promise<void> {
  await page.goto(`${url}/accounts/${account}/images?verdict=allowed`);
  const image = page.locator('tbody .mention').first();
  await page.getByRole('searchbox').waitFor();
  if ((await image.count()) === 0) return;
  await image.click();
  await page.getByRole('button', { name: 'Explain' }).click();
  await page.getByRole('heading', { name: 'What happened' }).waitFor();
  await check('explain');
  await keep('explain');
  await close(page);
  await page.getByRole('button', { name: 'Revoke…' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('Where').selectOption('here');
  await form.getByText('Other repositories with the same bytes keep their verdicts').waitFor();
  await form.getByRole('textbox', { name: 'Reason' }).fill('tried by the walk through the console');
  await check('revoke');
  await keep('revoke');
  await form.getByRole('button', { name: 'Revoke', exact: true }).click();
  await page.locator('.stamp.revoked').waitFor();
  await page.getByText(/^Revoked by .* tried by the walk/).waitFor();
  await check('image-revoked');
  await keep('image-revoked');
  await page.getByRole('button', { name: 'Have it judged anew' }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Reason' }).fill('it was only a trial');
  await page.getByRole('dialog').getByRole('button', { name: 'Lift the revocation' }).click();
  await page.locator('.stamp.allowed').waitFor({ timeout: JUDGED_ANEW_MS });
}

async function rejectException(page: Page, { url, account, keep, check }: Walk): Promise<void> {
  const id = `CVE-2025-${Date.now() % 1_000_000}`;
  await page.goto(`${url}/accounts/${account}/policies?show=exceptions`);
  await page.getByRole('button', { name: 'Ask for an exception' }).click();
  await page.getByRole('dialog').getByLabel('Advisory').fill(id);
  await page.getByRole('dialog').getByLabel('Reason').fill('asked for by the walk, to be rejected by it');
  await page.getByRole('dialog').getByRole('button', { name: 'Ask for an exception' }).click();
  const row = page.getByRole('row', { name: id.toLowerCase() });
  await row.getByRole('link').first().click();
  await page.getByRole('button', { name: 'Reject', exact: true }).click();
  const form = page.getByRole('dialog', { name: 'Reject' });
  await form.getByRole('textbox', { name: 'Reason' }).fill('a fix exists');
  await check('reject');
  await keep('reject');
  await form.getByRole('button', { name: 'Reject', exact: true }).click();
  await row.getByText('rejected', { exact: true }).waitFor();
}

async function openAndCloseBreakGlass(page: Page, { url, account, keep, check }: Walk): Promise<void> {
  await page.goto(`${url}/accounts/${account}/policies?show=exceptions`);
  await page.getByRole('button', { name: 'Open break-glass…' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('Namespaces').fill('walk');
  await form.getByRole('textbox', { name: 'Reason' }).fill('opened by the walk, and closed by it');
  await check('break-glass-form');
  await form.getByRole('button', { name: 'Open', exact: true }).click();
  const label = page.getByText(/pratique\.dev\/break-glass: emergency-/).first();
  const name = /emergency-[a-z0-9]+/.exec(await label.innerText())?.[0] ?? '';
  await keep('break-glass');
  await close(page);
  await page.getByRole('link', { name }).click();
  await page.getByRole('button', { name: 'Close break-glass' }).click();
  await page.getByRole('row', { name }).getByText('withdrawn', { exact: true }).waitFor();
}

async function setTrustPolicy(page: Page, { url, account, keep, check }: Walk): Promise<void> {
  await page.goto(`${url}/accounts/${account}/policies?show=trust`);
  await page.getByRole('button', { name: /^(Set a policy|Change the policy)$/ }).click();
  const form = page.getByRole('dialog');
  const rule = `walk-${Date.now().toString(36)}`;
  await form
    .getByRole('textbox', { name: 'Policy' })
    .fill(
      `version: 1\nrules:\n  - name: ${rule}\n    images: [registry.walk.example/**]\n    authorities: { anyOf: [{ key: account:${account} }] }\n`,
    );
  await check('trust-editor');
  await keep('trust-editor');
  await form.getByRole('button', { name: 'Check and put in force' }).click();
  await form.waitFor({ state: 'detached' });
  await page.locator('.policy-text', { hasText: rule }).waitFor();
  await page.getByRole('textbox', { name: 'Image' }).fill('elsewhere.example/app:v1');
  await page.getByRole('button', { name: 'Try', exact: true }).click();
  await page.locator('.outcome').getByText('no rule matches').waitFor();
  await check('trust-tried');
  await keep('trust-tried');
}

/** Nothing is ever sent: no event is of the kind that it asks for. */
async function makeAndRemoveWebhook(page: Page, { url, account, keep, check }: Walk): Promise<void> {
  const name = `walk-${Date.now().toString(36)}`;
  await page.goto(`${url}/accounts/${account}/settings?show=webhooks`);
  await page.getByRole('button', { name: 'Create a webhook' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('Name').fill(name);
  await form.getByLabel('Address').fill('https://1.1.1.1/nothing-is-sent-here');
  await form.getByLabel('Events').fill('walk.nothing');
  await check('webhook-form');
  await form.getByRole('button', { name: 'Create a webhook' }).click();
  await page.getByText('whsec_').first().waitFor();
  await close(page);
  await page.getByRole('button', { name, exact: true }).click();
  await page.getByText('Nothing has been sent yet').waitFor();
  await page.getByRole('button', { name: 'Switch off' }).click();
  await page.getByRole('button', { name: 'Switch on' }).waitFor();
  await check('webhook');
  await keep('webhook');
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await page
    .getByRole('dialog', { name: `Remove ${name}` })
    .getByRole('button', { name: 'Remove', exact: true })
    .click();
  await page.getByRole('dialog').first().waitFor({ state: 'detached' });
  await page.getByRole('button', { name, exact: true }).waitFor({ state: 'detached' });
}

/** By keyboard, as every dialog closes. */
async function close(page: Page): Promise<void> {
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}
