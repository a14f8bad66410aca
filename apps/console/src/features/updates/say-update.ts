/** The sentence at the head of an update, and the one that the overview tells of it. */
import type { AdvisoryUpdate, AdvisoryUpdateDetail } from '@pratique/contract';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import type { Format } from '../../format/format.ts';

type Sums = Pick<AdvisoryUpdateDetail, 'newlyAffected' | 'newlyCleared' | 'affected' | 'cleared' | 'changed' | 'holes'>;

/** An update that only rates holes otherwise affects nobody anew. */
export function sayUpdate(update: Sums, text: Catalogue['updates'], { number }: Format): string {
  if (update.affected + update.cleared === 0) return text.onlyChanged(number(update.holes), update.holes);
  return text.says(
    text.affects(number(update.newlyAffected.images), update.newlyAffected.images),
    text.clears(number(update.newlyCleared.images), update.newlyCleared.images),
  );
}

/** Those since yesterday. @param now milliseconds */
export function sinceYesterday<T extends Pick<AdvisoryUpdate, 'at'>>(updates: readonly T[], now: number): T[] {
  return updates.filter((update) => now - Date.parse(update.at) < 86_400_000);
}
