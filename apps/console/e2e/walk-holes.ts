/** What people do about a hole, by keyboard: find it by name, read why, compare two images, add a statement and take it back. */
import type { Locator, Page } from 'playwright-core';
import type { Walk } from './walk-actions.ts';

/** @throws Error when an action does not lead where it should */
export async function walkHoles(page: Page, walk: Walk): Promise<void> {
  await findHoleAndReadWhy(page, walk);
  await compareFromImage(page, walk);
  await addAndWithdrawStatement(page, walk);
}

async function findHoleAndReadWhy(page: Page, { url, account, keep, check }: Walk): Promise<void> {
  const response = await page.request.get(`${url}/api/v1/accounts/${account}/findings?limit=1`);
  const { findings } = (await response.json()) as { findings: { id: string; package: { name: string } }[] };
  const [hole] = findings;
  if (!hole) return;
  await page.goto(`${url}/accounts/${account}/overview`);
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Find a page' }).fill(hole.id.toLowerCase());
  await page.getByRole('option', { name: hole.id }).first().waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: hole.id, level: 1 }).waitFor();
  await press(page, page.getByRole('link', { name: 'Packages and why' }));
  await press(page, page.getByRole('button', { name: /^Why / }).first());
  const why = page.getByRole('dialog');
  await why.getByText('Comparison').waitFor();
  await check('advisory-why');
  await keep('advisory-why');
  await page.keyboard.press('Escape');
  await why.waitFor({ state: 'detached' });
  await press(page, page.getByRole('link', { name: 'Images', exact: false }).and(page.locator('.tabs a')).first());
  await page.getByRole('link', { name: 'Why', exact: true }).first().focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/image\?/);
  await page.getByRole('group', { name: 'Findings' }).getByRole('link', { name: hole.id }).first().waitFor();
  await page.goBack();
  await page.waitForURL(/\/advisories\//);
}

async function compareFromImage(page: Page, { url, account, keep, check }: Walk): Promise<void> {
  const response = await page.request.get(`${url}/api/v1/accounts/${account}/images?limit=200`);
  const images = (await response.json()) as { repository: string; tag: string; findings: unknown }[];
  const scanned = images.find((row) => row.findings !== null);
  if (!scanned) return;
  await page.goto(`${url}/accounts/${account}/images?q=${encodeURIComponent(`${scanned.repository}:${scanned.tag}`)}`);
  await page.getByRole('searchbox').waitFor();
  await press(page, page.locator('tbody .mention').first());
  await page.getByRole('heading', { name: 'Route' }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Find a page' }).fill('compare this');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Compare with' });
  await dialog.getByRole('link', { name: 'Another image…' }).waitFor();
  await check('compare-with');
  await keep('compare-with');
  await press(page, dialog.getByRole('link').first());
  await page.waitForURL(/\/compare\?/);
  const second = page.getByLabel('Second');
  if ((await second.count()) > 0) {
    await page.getByLabel('First').fill(await second.inputValue());
    await page.keyboard.press('Enter');
  }
  await page.getByRole('heading', { name: /→/, level: 1 }).waitFor();
  await press(page, page.getByRole('link', { name: 'Swap' }));
  await page.getByRole('heading', { name: /→/, level: 1 }).waitFor();
}

/** It speaks of a hole that no image has, so no verdict changes. */
async function addAndWithdrawStatement(page: Page, { url, account, keep, check }: Walk): Promise<void> {
  const id = `https://walk.example/vex/${Date.now().toString(36)}`;
  const document = {
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': id,
    author: 'The walk',
    timestamp: '2026-11-22T10:00:00Z',
    version: 1,
    statements: [
      {
        vulnerability: { name: 'CVE-1999-0001' },
        products: [{ '@id': 'pkg:generic/walk' }],
        status: 'not_affected',
        justification: 'component_not_present',
      },
    ],
  };
  await page.goto(`${url}/accounts/${account}/policies?show=vex`);
  await press(page, page.getByRole('button', { name: 'Add a document' }));
  const form = page.getByRole('dialog');
  await press(page, form.getByRole('button', { name: 'Add a document' }));
  await form.getByText('Choose a file, or paste its text.').waitFor();
  await form.getByLabel('Or its text').fill(JSON.stringify(document));
  await check('vex-form');
  await keep('vex-form');
  await press(page, form.getByRole('button', { name: 'Add a document' }));
  await form.waitFor({ state: 'detached' });
  const row = page.getByRole('row', { name: new RegExp(id.slice(-8)) });
  await press(page, row.getByRole('link').first());
  const opened = page.getByRole('dialog', { name: id, exact: true });
  await opened.getByText('The component is not there').waitFor();
  await check('vex-document');
  await keep('vex-document');
  await press(page, opened.getByRole('button', { name: 'Withdraw…' }));
  const sure = page.getByRole('dialog', { name: `Withdraw ${id}` });
  await sure.getByText('Its one statement counts no more').waitFor();
  await check('vex-withdraw');
  await press(page, sure.getByRole('button', { name: 'Withdraw', exact: true }));
  await sure.waitFor({ state: 'detached' });
  await opened.getByText('withdrawn', { exact: true }).waitFor();
  await page.keyboard.press('Escape');
  await opened.waitFor({ state: 'detached' });
  await row.getByText('withdrawn', { exact: true }).waitFor();
}

/** As the keyboard does: what cannot be focused cannot be pressed. */
async function press(page: Page, what: Locator): Promise<void> {
  await what.focus();
  await page.keyboard.press('Enter');
}
