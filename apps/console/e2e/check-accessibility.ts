/** Runs axe on what is shown. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

/** Adds a line to `violations` for each rule that axe finds broken (WCAG 2.2 A and AA, and its best practices). */
export async function checkAccessibility(page: Page, name: string, violations: string[]): Promise<void> {
  const found = await new AxeBuilder({ page }).analyze();
  for (const violation of found.violations) {
    const [node] = violation.nodes;
    violations.push(
      `axe, ${name}: ${violation.id} (${violation.nodes.length}): ${violation.help}; ${node?.target.join(' ')} ${node?.failureSummary?.replaceAll(/\s+/g, ' ')}`,
    );
  }
}
