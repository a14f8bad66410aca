/** What an update says otherwise of one hole in one package, in words. */
import type { AdvisoryChangeRow } from '@pratique/contract';
import type { Catalogue } from '../../catalogue/catalogue.ts';

type Row = Pick<AdvisoryChangeRow, 'kind' | 'before' | 'after'>;

export function sayChange(
  { kind, before, after }: Row,
  text: Catalogue['updates'],
  image: Catalogue['image'],
  words: Catalogue['words'],
): string {
  if (kind === 'affected' && after) return after.fixedVersion ? text.fixIn(after.fixedVersion) : image.noFix;
  if (!before) return '';
  if (!after) return text.noLonger;
  const fix = (version: string | null): string => version ?? image.noFix;
  const said = [
    before.severity === after.severity
      ? null
      : text.from(words.severities[before.severity], words.severities[after.severity]),
    before.status === after.status ? null : text.from(image.status[before.status], image.status[after.status]),
    before.fixedVersion === after.fixedVersion ? null : text.fixFrom(fix(before.fixedVersion), fix(after.fixedVersion)),
    before.exploited === after.exploited ? null : after.exploited ? text.nowExploited : text.notExploited,
  ].filter((part) => part !== null);
  return said.join('; ');
}
