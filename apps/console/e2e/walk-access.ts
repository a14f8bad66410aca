/** What lets others in: logins to other registries, agents of clusters, the authority that both sides check. */
import type { Page } from 'playwright-core';
import type { Walk } from './walk-actions.ts';

/** @throws Error when an action does not lead where it should */
export async function walkAccess(page: Page, walk: Walk): Promise<void> {
  await giveAndRemoveLogin(page, walk);
  await enrolAgents(page, walk);
  await rotateAuthority(page, walk);
}

/** Nothing is asked there: no cluster wants an image of it. */
async function giveAndRemoveLogin(page: Page, { url, account, keep, check }: Walk): Promise<void> {
  const host = `walk-${Date.now().toString(36)}.example:5000`;
  await page.goto(`${url}/accounts/${account}/policies?show=trust`);
  await page.getByRole('button', { name: 'Add a login' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('Registry').fill(host);
  await form.getByLabel('User name').fill('walker');
  await form.getByLabel('Password or token').fill(' with spaces ');
  await check('login-form');
  await keep('login-form');
  await form.getByRole('button', { name: 'Add a login' }).click();
  await form.waitFor({ state: 'detached' });
  const row = page.getByRole('row', { name: host });
  await row.getByText('walker').waitFor();
  await check('logins');
  await row.scrollIntoViewIfNeeded();
  await keep('logins');
  await row.getByRole('button', { name: 'Replace' }).click();
  await form.getByLabel('User name').fill('another');
  await form.getByLabel('Password or token').fill('x');
  await form.getByRole('button', { name: 'Replace' }).click();
  await row.getByText('another').waitFor();
  await row.getByRole('button', { name: 'Remove' }).click();
  await form.getByRole('button', { name: 'Remove the login' }).click();
  await row.waitFor({ state: 'detached' });
}

async function enrolAgents(page: Page, { url, account, keep, check }: Walk): Promise<void> {
  const name = `walk-${Date.now().toString(36)}`;
  await page.goto(`${url}/accounts/${account}/workloads?show=clusters`);
  await page.getByRole('button', { name: 'Connect a cluster' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('Name').first().fill(name);
  await check('cluster-form');
  await keep('cluster-form');
  await form.getByRole('button', { name: 'Connect a cluster' }).click();
  const first = await tokenShown(page, `Apply this in ${name}`);
  await page.getByText('kind: ValidatingWebhookConfiguration').waitFor();
  await check('manifests');
  await keep('manifests');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name, exact: true }).click();
  await page.getByText('No agent').or(page.getByText('nobody says what runs there')).first().waitFor();
  await check('cluster-without-agent');
  await keep('cluster-without-agent');
  await page.getByRole('button', { name: 'Enrol an agent' }).click();
  await check('enrol-form');
  await keep('enrol-form');
  await page.getByRole('button', { name: 'Enrol an agent' }).click();
  const second = await tokenShown(page, `Apply this in ${name}`);
  if (first === second) throw new Error('enrolled anew, the cluster got the same token');
  await check('enrolment');
  await keep('enrolment');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('row', { name }).getByRole('button', { name: 'Remove' }).click();
  await form.getByRole('button', { name: 'Remove the cluster' }).click();
  await page.getByRole('row', { name }).waitFor({ state: 'detached' });
}

/** @returns the one-time token in the manifests */
async function tokenShown(page: Page, title: string): Promise<string> {
  const dialog = page.getByRole('dialog', { name: title });
  await dialog.getByText(/The token in it enrols one agent, until/).waitFor();
  const text = await dialog.locator('pre').innerText();
  const token = /token: "?([\w-]{43})"?/.exec(text)?.[1];
  if (!token) throw new Error('the manifests hold no token');
  return token;
}

/** A cluster without an agent lacks the next authority, until it is told that this does not matter. */
async function rotateAuthority(page: Page, { url, account, keep, check }: Walk): Promise<void> {
  await page.goto(`${url}/accounts/${account}/workloads?show=authority`);
  await page.getByText('One authority issues, and nothing is under way.').waitFor();
  const step = async (name: string, kept: string): Promise<void> => {
    await page.getByRole('button', { name }).click();
    const dialog = page.getByRole('dialog', { name });
    await check(kept);
    await keep(kept);
    await dialog.getByRole('button', { name }).click();
    await dialog.waitFor({ state: 'detached' });
  };
  await step('Make the next authority', 'authority-begin');
  await page.getByText('Comes next').waitFor();
  await check('authority-next');
  await keep('authority-next');
  const patch = page.getByRole('button', { name: 'What to apply' }).first();
  if ((await patch.count()) > 0) {
    await patch.click();
    await page.getByText('kubectl patch mutatingwebhookconfiguration').waitFor();
    await check('authority-patch');
    await keep('authority-patch');
    await page.keyboard.press('Escape');
  }
  await step('Let the next one issue now', 'authority-finish');
  await page.getByText('The new authority issues.').waitFor();
  await step('End trust in the one before', 'authority-forget');
  await page.getByText('One authority issues, and nothing is under way.').waitFor();
  await page.getByText('Issued before').waitFor({ state: 'detached' });
}
