/** Chains: the list, the designer, and a chain that is begun with a template, changed in both ways, saved and retired. */
import { ChainVersion } from '@pratique/contract';
import type { Page } from 'playwright-core';
import { z } from 'zod';
import type { Stop } from './stops.ts';
import type { Walk } from './walk-actions.ts';

/** Stops that are visited in Chinese as well. */
export const CHAIN_STOPS = ['chain', 'chain-step'] as const;

/** The first chain, as a whole and with a step that is chosen. */
export async function chainStops(page: Page, account: string): Promise<Stop[]> {
  const at = `/accounts/${encodeURIComponent(account)}`;
  const response = await page.request.get(new URL(`/api/v1${at}/chains`, page.url()).href);
  const [chain] = z.array(ChainVersion).parse(await response.json());
  const gate = chain?.definition.steps.find((step) => step.kind === 'gate');
  const list = { name: 'chains', path: `${at}/chains`, shows: ['New chain', ...(chain ? [chain.name] : [])] };
  if (!chain) return [list];
  const path = `${at}/chains/${chain.name}`;
  return [
    list,
    { name: 'chain', path, shows: ['The server takes this chain.', 'Choose a step in the graph'] },
    ...(gate
      ? [{ name: 'chain-step', path: `${path}?step=${gate.name}`, shows: [`Step ${gate.name}`, 'On denial run'] }]
      : []),
  ];
}

/** @throws Error when an action does not lead where it should */
export async function walkChains(page: Page, walk: Walk): Promise<void> {
  const name = `walk-${Date.now().toString(36)}`;
  await beginWithTemplate(page, walk, name);
  await goByKeyboard(page);
  await breakAndMend(page, walk);
  await changeText(page, name);
  await stayWithChanges(page);
  await saveAndRetire(page, walk, name);
}

const step = (page: Page, name: string) =>
  page.locator('button.step-box').filter({ has: page.locator('strong', { hasText: name }) });
const valid = (page: Page) => page.getByText('The server takes this chain.').waitFor();

async function beginWithTemplate(page: Page, { url, account, keep, check }: Walk, name: string): Promise<void> {
  await page.goto(`${url}/accounts/${account}/policies?show=chains`);
  await page.getByRole('button', { name: 'New chain' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('Name').fill(name);
  await form.getByLabel('Dry run').check();
  await form.getByLabel('Repositories').fill('nothing/is-pushed-here');
  await check('new chain');
  await keep('chain-new');
  await form.getByRole('button', { name: 'Open in the designer' }).click();
  await page.getByRole('heading', { name, level: 1 }).waitFor();
  await page.getByText('Not saved yet.').waitFor();
  await valid(page);
}

async function goByKeyboard(page: Page): Promise<void> {
  await step(page, 'scan').focus();
  await page.keyboard.press('ArrowRight');
  await page.getByRole('heading', { name: 'Step gate' }).waitFor();
  await page.waitForURL(/[?&]step=gate/);
}

async function breakAndMend(page: Page, { keep, check }: Walk): Promise<void> {
  await page.getByLabel('Kind of the new step').selectOption('sign');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('heading', { name: 'Step sign' }).waitFor();
  const gate = page.getByRole('group', { name: 'Runs after' }).getByLabel('gate');
  await gate.uncheck();
  await page.getByText('the step sign must need a gate').first().waitFor();
  await check('a chain that is wrong');
  await keep('chain-wrong');
  await gate.check();
  await valid(page);
}

async function changeText(page: Page, name: string): Promise<void> {
  const text = page.getByLabel('YAML', { exact: true });
  const before = await text.inputValue();
  await text.fill(`${before}  - [`);
  await page.getByText('is not valid YAML').first().waitFor();
  await page.getByText('The text is not a chain yet').waitFor();
  await text.fill(`${before}  - { name: ask, kind: approval, needs: [gate], with: { approvals: 2 } }\n`);
  await valid(page);
  await step(page, 'ask').click();
  const many = page.getByLabel('How many must approve');
  if ((await many.inputValue()) !== '2') throw new Error('the form does not say what the text says');
  await many.fill('3');
  if (!(await text.inputValue()).includes('approvals: 3')) throw new Error('the text does not say what the form says');
  if (!(await text.inputValue()).startsWith(`name: ${name}`)) throw new Error('the text lost the name of its chain');
}

async function stayWithChanges(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Images' }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('heading', { name: 'Step ask' }).waitFor();
}

async function saveAndRetire(page: Page, { keep, check }: Walk, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Version 1, defined by').waitFor();
  await page.reload();
  await step(page, 'ask').waitFor();
  await check('a chain that was saved');
  await keep('chain-saved');
  await page.getByRole('button', { name: 'Retire' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Retire' }).click();
  await page.waitForURL(/policies\?show=chains/);
  await page.getByRole('link', { name: 'default', exact: true }).waitFor();
  if ((await page.getByRole('link', { name }).count()) > 0) throw new Error('a chain that was retired is listed');
}
