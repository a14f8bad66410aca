/** The sentence at the head of an advisory: whom it touches, how badly, and what to do. */
import type { AdvisoryPage } from '@pratique/contract';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import type { Format } from '../../format/format.ts';

type Known = Pick<
  AdvisoryPage,
  'touches' | 'holders' | 'severity' | 'exploited' | 'standing' | 'records' | 'formerly' | 'packages'
>;

export function sayAdvisory(page: Known, text: Catalogue['advisory'], format: Format): string {
  const { number } = format;
  const { holders } = page;
  if (page.touches === 'cleared') return text.cleared(number(page.formerly), page.formerly);
  if (page.touches === 'none') return text.untouched;
  const touched = text.touched(number(holders.images), holders.images);
  const running =
    holders.containers === 0 ? text.notRunning : text.running(number(holders.containers), holders.containers);
  return text.sentences(touched, running, whatToDo(page, text));
}

/** A fix is known where a source names a version without it. */
export function whatToDo({ exploited, standing, records }: Known, text: Catalogue['advisory']): string {
  if (standing === 'rejected') return text.doNothing;
  const fixed = records.some((record) => record.fixedVersions.length > 0);
  if (fixed) return exploited ? text.updateNow : text.update;
  return exploited ? text.noFixExploited : text.noFix;
}

/** `97.3 %`; what rounds to nothing is below a tenth, not nothing. */
export function percent(share: number, format: Format): string {
  const value = share * 100;
  return value > 0 && value < 0.1 ? `< ${format.number(0.1)} %` : `${format.number(value)} %`;
}

/** Only addresses of the web, whatever a source wrote; null for all others. */
export function webAddress(url: string): string | null {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  return parsed && (parsed.protocol === 'https:' || parsed.protocol === 'http:') ? parsed.href : null;
}
