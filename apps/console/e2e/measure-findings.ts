/** Measures how fast the findings table answers with 50,000 findings loaded. */
import type { ImageScan } from '@pratique/contract';
import type { Page } from 'playwright-core';

export type FindingsFigures = {
  findings: number /** Milliseconds from the key to the frame that shows its effect. */;
  filterMs: number;
  sortMs: number;
  scrollMs: number;
  rowsDrawn: number;
};

/**
 * Opens the findings of an image with the scan's answer replaced by a large one.
 *
 * @param path the image page's address, of an image that was scanned
 * @throws Error when more rows are drawn than are in view
 */
export async function measureFindings(page: Page, path: string, count = 50_000): Promise<FindingsFigures> {
  await page.route('**/image/scan?*', (route) => route.fulfill({ json: largeScan(count) }));
  await page.goto(path);
  const table = page.getByRole('group', { name: 'Findings' });
  await table.getByText('CVE-2026-100000').waitFor({ timeout: 60_000 });
  const rowsDrawn = await table.getByRole('row').count();
  if (rowsDrawn > 100) throw new Error(`${rowsDrawn} rows are drawn of which most are out of view`);
  const filterMs = await timed(page, 'filter');
  await table.getByText('CVE-2026-149999').waitFor();
  await page.getByRole('searchbox').fill('');
  await table.getByText('CVE-2026-100000').waitFor();
  const sortMs = await timed(page, 'sort');
  const scrollMs = await timed(page, 'scroll');
  await page.unroute('**/image/scan?*');
  return { findings: count, filterMs, sortMs, scrollMs, rowsDrawn };
}

/** Acts in the page and waits for the frame after it: what the reader feels between key and screen. */
async function timed(page: Page, act: 'filter' | 'sort' | 'scroll'): Promise<number> {
  return page.evaluate(async (what) => {
    const begun = performance.now();
    if (what === 'filter') {
      const input = document.querySelector<HTMLInputElement>('input[type=search]');
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(input, '149999');
      input?.dispatchEvent(new Event('input', { bubbles: true }));
    } else if (what === 'sort') document.querySelectorAll<HTMLElement>('.data-table thead button')[2]?.click();
    else document.querySelector('.table-scroller')?.scrollTo(0, 800_000);
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    return performance.now() - begun;
  }, act);
}

function largeScan(count: number): ImageScan {
  const severities = ['critical', 'high', 'medium', 'low'] as const;
  return {
    image: { reference: 'measured', digest: null, distribution: null },
    packages: [],
    missing: [],
    uncovered: [],
    ...{ secrets: null, malware: null, unexamined: null, baseline: null },
    findings: Array.from({ length: count }, (_, index) => ({
      id: `CVE-2026-${100_000 + index}`,
      aliases: [],
      package: {
        name: `package-${index % 997}`,
        version: '1.0',
        type: 'deb',
        purl: `pkg:deb/debian/package-${index % 997}@1.0?n=${index}`,
      },
      severity: severities[index % 4] ?? 'low',
      status: 'affected',
      fixedVersion: index % 3 === 0 ? '1.1' : null,
      exploited: false,
      priority: { score: index % 101, factors: [] },
      title: null,
      evidence: {
        source: 'debian',
        advisory: `CVE-2026-${100_000 + index}`,
        comparison: '1.0 < 1.1 (deb)',
        severitySource: 'nvd',
        snapshot: `sha256:${'0'.repeat(64)}`,
      },
    })),
  };
}
