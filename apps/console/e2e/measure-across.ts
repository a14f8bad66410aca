/** Measures how fast the findings across images answer with 50,000 of them loaded. */
import type { FindingRow, FindingRows } from '@pratique/contract';
import type { Page } from 'playwright-core';

/** Milliseconds from the act to the frame that shows it; what the server takes to answer is not in it. */
export type AcrossFigures = {
  loaded: number;
  rowsDrawn: number;
  scrollMs: number;
  chooseMs: number;
  sortMs: number;
  whyMs: number;
  typeMs: number;
};

const PAGE = 200;

/**
 * Opens the page and scrolls until all findings are loaded, then acts on them.
 *
 * @param url of the findings of an account
 * @param made how many rows to answer with in the server's place; 0: those that it has
 * @throws Error when rows are drawn that are out of view
 */
export async function measureAcross(page: Page, url: string, made = 50_000): Promise<AcrossFigures> {
  if (made > 0)
    await page.route('**/findings?*', (route) => route.fulfill({ json: pageOf(new URL(route.request().url()), made) }));
  await page.goto(url);
  const table = page.getByRole('group', { name: 'Findings' });
  await table.getByRole('row').nth(1).waitFor();
  const loaded = await loadAll(page);
  const rowsDrawn = await table.getByRole('row').count();
  if (rowsDrawn > 100) throw new Error(`${rowsDrawn} rows are drawn of which most are out of view`);
  const scrollMs = await timed(page, 'scroll');
  const whyMs = await timed(page, 'why');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  const typeMs = await timed(page, 'type');
  const chooseMs = await timed(page, 'choose');
  const sortMs = await timed(page, 'sort');
  if (made > 0) await page.unroute('**/findings?*');
  return { loaded, rowsDrawn, scrollMs, chooseMs, sortMs, whyMs, typeMs };
}

/** @returns the number of rows that the table says it has */
async function loadAll(page: Page): Promise<number> {
  let before = 0;
  for (let still = 0; still < 20; ) {
    const rows = await page.evaluate(() => {
      const scroller = document.querySelector('.table-scroller');
      scroller?.scrollTo(0, scroller.scrollHeight);
      return Math.round((scroller?.scrollHeight ?? 0) / 32) - 1;
    });
    still = rows === before ? still + 1 : 0;
    before = rows;
    await page.waitForTimeout(50);
  }
  return before;
}

async function timed(page: Page, act: 'scroll' | 'why' | 'type' | 'choose' | 'sort'): Promise<number> {
  return page.evaluate(async (what) => {
    const begun = performance.now();
    if (what === 'scroll') document.querySelector('.table-scroller')?.scrollTo(0, 640_000);
    else if (what === 'why') document.querySelector<HTMLElement>('.table-scroller tbody a')?.click();
    else if (what === 'choose') document.querySelector<HTMLElement>('.facet')?.click();
    else if (what === 'sort') document.querySelectorAll<HTMLElement>('.data-table thead button')[1]?.click();
    else {
      const input = document.querySelector<HTMLInputElement>('.facets input[type=search]');
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(input, 'overflow');
      input?.dispatchEvent(new Event('input', { bubbles: true }));
    }
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    return Math.round(performance.now() - begun);
  }, act);
}

function pageOf(asked: URL, count: number): FindingRows {
  const from = Number(asked.searchParams.get('after') ?? 0);
  const to = Math.min(count, from + PAGE);
  return {
    findings: Array.from({ length: to - from }, (_, index) => rowOf(from + index)),
    next: to < count ? String(to) : null,
  };
}

const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const;

function rowOf(index: number): FindingRow {
  const name = `package-${index % 997}`;
  return {
    id: `CVE-2026-${100_000 + index}`,
    aliases: [],
    title: `A buffer overflow in the part that reads what others have written, number ${index}`,
    severity: SEVERITIES[index % 4] ?? 'low',
    status: 'affected',
    fixedVersion: index % 3 === 0 ? '1.1' : null,
    exploited: index % 200 === 0,
    priority: 86 - (index % 80),
    firstSeen: new Date(1_790_000_000_000 - index * 60_000).toISOString(),
    excepted: 'none',
    package: {
      ...{ type: 'deb', name, version: '1.0', purl: `pkg:deb/debian/${name}@1.0?n=${index}` },
      ...{ sourceName: name, sourceVersion: '1.0', architecture: 'amd64', distribution: 'Debian 12' },
    },
    images: 1 + (index % 40),
    runningImages: index % 3,
  };
}
