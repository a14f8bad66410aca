/** Walks through every page of a running console, in both themes and both languages, as a person would. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { checkAccessibility } from './check-accessibility.ts';
import { type Stop, stopsOf } from './stops.ts';
import { walkAccess } from './walk-access.ts';
import { walkActions } from './walk-actions.ts';
import { CHAIN_STOPS, walkChains } from './walk-chains.ts';
import { CONTENT_STOPS, walkContents } from './walk-contents.ts';
import { FINDING_STOPS, walkFindings } from './walk-findings.ts';
import { walkHoles } from './walk-holes.ts';
import { walkLife } from './walk-life.ts';

export type WalkOptions = {
  /** Where the server listens, without a trailing slash. */
  url: string;
  user: string;
  password: string;
  screenshotsDir: string;
  /** Path of a Chromium; /usr/bin/chromium when left out. */
  executablePath?: string;
  /** Names of stops: only these are visited, and nothing is done. */
  only?: readonly string[];
  /** The account to walk through; the person's first when left out. */
  account?: string;
};

export type WalkReport = { pages: number; screenshots: string[]; violations: string[]; consoleErrors: string[] };

const THEMES = ['light', 'dark'] as const;
const DESK = { width: 1280, height: 800 };
const IN_CHINESE = [
  ['exceptions', 'policies?show=exceptions'],
  ['trust', 'policies?show=trust'],
  ['vex', 'policies?show=vex'],
  ['running', 'workloads?show=running'],
  ['clusters', 'workloads?show=clusters'],
  ['authority', 'workloads?show=authority'],
  ['webhooks', 'settings?show=webhooks'],
] as const;
/** Stops that are visited in Chinese as well; where they lie depends on data. */
const LOOKED_UP: ReadonlySet<string> = new Set([
  'advisory',
  'advisory-packages',
  'updates',
  'update',
  'compare',
  ...FINDING_STOPS,
  ...CHAIN_STOPS,
  ...CONTENT_STOPS,
]);
const PHONE = { width: 390, height: 844 };

/**
 * Signs in, opens every page, checks what it says, runs axe on it and keeps a picture.
 *
 * @throws Error when a page does not show what it must, when axe finds a violation, or when the browser's console has errors
 */
export async function walkConsole(options: WalkOptions): Promise<WalkReport> {
  await mkdir(options.screenshotsDir, { recursive: true });
  const browser = await chromium.launch({
    executablePath: options.executablePath ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
  try {
    const report: WalkReport = { pages: 0, screenshots: [], violations: [], consoleErrors: [] };
    for (const theme of THEMES) await walkTheme(browser, theme, options, report);
    const problems = [...report.violations, ...report.consoleErrors];
    if (problems.length > 0) throw new Error(`the console is not clean:\n${problems.join('\n')}`);
    return report;
  } finally {
    await browser.close();
  }
}

async function walkTheme(
  browser: Browser,
  theme: (typeof THEMES)[number],
  options: WalkOptions,
  report: WalkReport,
): Promise<void> {
  const context = await browser.newContext({
    viewport: DESK,
    colorScheme: theme,
    locale: 'en-GB',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  listen(page, report);
  const keep = async (name: string): Promise<void> => {
    const file = join(options.screenshotsDir, `${name}-${theme}.png`);
    await page.screenshot({ path: file });
    report.screenshots.push(file);
  };
  await signIn(page, options, keep, report);
  const account = options.account ?? accountOf(page);
  const { only } = options;
  const stops = (await stopsOf(page, account)).filter((stop) => !only || only.includes(stop.name));
  for (const stop of stops) await visit(page, options.url, stop, keep, report);
  if (theme === 'light' && !only) {
    const check = (name: string): Promise<void> => checkAccessibility(page, name, report.violations);
    const walk = { url: options.url, account, keep, check };
    await walkActions(page, walk);
    await walkLife(page, walk);
    await walkAccess(page, walk);
    await walkFindings(page, walk);
    await walkHoles(page, walk);
    await walkContents(page, walk);
    await walkChains(page, walk);
  }
  await visitOnPhone(page, options.url, account, keep, report);
  const known = stops.filter(({ name }) => LOOKED_UP.has(name)).map(({ name, path }) => [name, path] as const);
  const fixed = only ? [] : IN_CHINESE.map(([name, path]) => [name, `/accounts/${account}/${path}`] as const);
  await visitInChinese(page, options.url, account, [...fixed, ...known], keep, report);
  await context.close();
}

/** A failed resource is named by its address; the refusal before signing in is expected. */
function listen(page: Page, report: WalkReport): void {
  let signedIn = false;
  page.on('response', (response) => {
    if (response.url().endsWith('/api/v1/login') && response.ok()) signedIn = true;
  });
  page.on('pageerror', (error) => report.consoleErrors.push(`${page.url()}: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() !== 'error') return;
    const { url } = message.location();
    if (!signedIn && /\/api\/v1\/(me|login)$/.test(url)) return;
    report.consoleErrors.push(`${page.url()}: ${message.text()} ${url}`);
  });
}

async function signIn(
  page: Page,
  options: WalkOptions,
  keep: (name: string) => Promise<void>,
  report: WalkReport,
): Promise<void> {
  await page.goto(`${options.url}/`);
  await page.getByLabel('User name').fill(options.user);
  await page.getByLabel('Password').fill(`${options.password}-wrong`);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  await checkAccessibility(page, 'sign-in', report.violations);
  await keep('sign-in');
  await page.getByLabel('Password').fill(options.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
}

function accountOf(page: Page): string {
  const found = /\/accounts\/([^/]+)\/overview/.exec(page.url())?.[1];
  if (!found) throw new Error(`signing in led to ${page.url()}, which is no account's overview`);
  return decodeURIComponent(found);
}

async function visit(
  page: Page,
  url: string,
  stop: Stop,
  keep: (name: string) => Promise<void>,
  report: WalkReport,
): Promise<void> {
  await page.goto(url + stop.path);
  for (const text of stop.shows) await page.getByText(text, { exact: false }).locator('visible=true').first().waitFor();
  await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' });
  await checkAccessibility(page, stop.name, report.violations);
  await keep(stop.name);
  report.pages++;
}

async function visitOnPhone(
  page: Page,
  url: string,
  account: string,
  keep: (name: string) => Promise<void>,
  report: WalkReport,
): Promise<void> {
  await page.setViewportSize(PHONE);
  await page.goto(`${url}/accounts/${account}/overview`);
  await page.getByRole('heading', { name: 'What is wrong now' }).waitFor();
  // An expression as text, since this file is also read where there are no browser types.
  const overflow = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  if (overflow > 0) throw new Error(`the overview is ${overflow} pixels too wide for a phone`);
  await checkAccessibility(page, 'overview on a phone', report.violations);
  await keep('overview-phone');
  await page.setViewportSize(DESK);
}

async function visitInChinese(
  page: Page,
  url: string,
  account: string,
  pages: readonly (readonly [name: string, path: string])[],
  keep: (name: string) => Promise<void>,
  report: WalkReport,
): Promise<void> {
  await page.goto(`${url}/accounts/${account}/overview`);
  await page.getByRole('button', { name: '中文' }).click();
  await page.getByRole('heading', { name: '总览', level: 1 }).waitFor();
  await keep('overview-zh');
  for (const [name, path] of pages) {
    await page.goto(url + path);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' });
    await checkAccessibility(page, `${name} in Chinese`, report.violations);
    await keep(`${name}-zh`);
  }
  await page.goto(`${url}/accounts/${account}/overview`);
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
}
